// node pages.mjs THEME STATE: every page in that state of the made-up hub (console/dev), wide and on a telephone.
import { serve } from '../../console/dev/server.mjs'
import { dist, end, faults, open, visit } from './browser.mjs'

const [theme, state] = process.argv.slice(2)
const inside = ['/', '/incidents', '/incidents/45', '/events', '/explain', '/explain/3f9c0a7e51d24b86a90be4c7d2f81b35', '/sites', '/sites/site/www.commune.example', '/configuration', '/configuration?insert=sites%3A%0A++-+name%3A+www.commune.example%0A', '/configuration/proposals', '/configuration/history', '/protection', '/people', '/people?part=approvals', '/people?part=audit', '/health', '/me', '/nowhere']
const paths = state === 'login' || state === 'first-start' ? ['/'] : inside
/** What a browser says of answers that are errors, which these states are about. */
const expected = /Failed to load resource|EventSource/

const server = await serve(0, dist)
const address = `http://localhost:${server.address().port}`
const browser = await open()
const wrong = []
for (const width of state === 'attack' ? [1280, 390] : [1280]) {
  const { page, complaints } = await visit(browser, { colorScheme: theme, viewport: { width, height: 900 } }, expected)
  for (const path of paths) {
    await page.goto(`${address}${path}${path.includes('?') ? '&' : '?'}state=${state}`)
    await page.locator('h1').first().waitFor({ state: 'attached' })
    // What is fetched later is part of the page: its answers, the chart, the map. Of `loading` nothing comes.
    if (state !== 'loading') await page.waitForFunction(() => !document.querySelector('.wait'), null, { timeout: 10_000 }).catch(() => wrong.push(`${path}: waits for ever`))
    await page.waitForTimeout(150)
    for (const each of [...(await faults(page)), ...complaints.splice(0)]) wrong.push(`${theme} ${state} ${width} ${path}: ${each}`)
    if (state === 'error' && !['/explain', '/nowhere', '/me'].includes(path) && !(await page.locator('[role=alert]').count())) wrong.push(`${path}: no word of the error`)
  }
}
await browser.close()
end(wrong)
