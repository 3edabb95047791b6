// node pages.mjs STATE...: every page in these states of the made-up hub (console/dev), in both themes, wide, and while it is attacked on a telephone too.
import { serve } from '../../console/dev/server.mjs'
import { COLOURS, dist, end, faults, goWithin, open, paint, settle, visit } from './browser.mjs'

const inside = ['/', '/incidents', '/incidents/45', '/events', '/explain', '/explain/3f9c0a7e51d24b86a90be4c7d2f81b35', '/sites', '/sites/site/www.commune.example', '/configuration', '/configuration?insert=sites%3A%0A++-+name%3A+www.commune.example%0A', '/configuration/proposals', '/configuration/history', '/protection', '/people', '/people?part=approvals', '/people?part=audit', '/health', '/me', '/nowhere']
const silent = ['/explain', '/nowhere', '/me']
/** What a browser says of answers that are errors, which these states are about. */
const expected = /Failed to load resource|EventSource/

const server = await serve(0, dist)
const address = `http://localhost:${server.address().port}`
const browser = await open()
const wrong = []
/** What the made-up hub has no answer for is asked by mistake. */
console.error = (...words) => wrong.push(words.join(' '))

/** A frame may still show the other theme; what stays is a fault. */
async function coloursOf(page) {
  const found = await faults(page, COLOURS)
  if (!found.length) return found
  await page.waitForTimeout(500)
  return faults(page, COLOURS)
}

async function look(page, state, path) {
  const found = []
  await paint(page, 'light')
  if (page.url().startsWith(address)) await goWithin(page, path)
  else await page.goto(`${address}${path}?state=${state}`)
  await settle(page)
  await page.locator('h1').first().waitFor({ state: 'attached' })
  // What is fetched later is part of the page: its answers, the chart, the map. Of `loading` nothing comes.
  if (state !== 'loading') await page.waitForFunction(() => !document.querySelector('.wait'), null, { timeout: 10_000 }).catch(() => found.push('waits for ever'))
  await settle(page)
  found.push(...(await faults(page)))
  await paint(page, 'dark')
  found.push(...(await coloursOf(page)).map((each) => `dark: ${each}`))
  if (state === 'error' && !silent.includes(path) && !(await page.locator('[role=alert]').count())) found.push('no word of the error')
  return found
}

async function round(state, width) {
  const { page, context, complaints } = await visit(browser, { viewport: { width, height: 900 } }, expected)
  for (const path of state === 'login' || state === 'first-start' ? ['/'] : inside)
    for (const each of [...(await look(page, state, path)), ...complaints.splice(0)]) wrong.push(`${state} ${width} ${path}: ${each}`)
  await context.close()
}

const rounds = process.argv.slice(2).flatMap((state) => (state === 'attack' ? [[state, 1280], [state, 390]] : [[state, 1280]]))
/** Two windows at once: a page waits more than it works. */
await Promise.all([0, 1].map(async () => {
  for (let next = rounds.shift(); next; next = rounds.shift()) await round(...next)
}))
await browser.close()
end(wrong)
