// Help by key in the editor, without a mouse: node help.mjs before the made-up hub, or node help.mjs URL NAME PASSWORD FOLDER before a real one.
import { mkdirSync } from 'node:fs'
import { serve } from '../../console/dev/server.mjs'
import { dist, end, faults, open, visit } from './browser.mjs'

const [url, name, password, folder] = process.argv.slice(2)
const server = url ? null : await serve(0, dist)
const address = url ?? `http://localhost:${server.address().port}`
const browser = await open()
const wrong = []
const { page, complaints } = await visit(browser, { viewport: { width: 1360, height: 900 } }, /Failed to load resource/)
page.setDefaultTimeout(20_000)
const field = page.locator('.editor textarea')
const must = (is, what) => is || wrong.push(what)
const text = () => field.inputValue()
const help = () => page.locator('.help').innerText()
async function keys(...all) {
  for (const key of all) await page.keyboard.press(key)
}
/** What a screen reader says of the choice: the element that the field points to. */
const chosen = () => page.evaluate(() => document.getElementById(document.querySelector('.editor textarea').getAttribute('aria-activedescendant') ?? '')?.textContent ?? '')
async function look(what) {
  for (const each of await faults(page)) wrong.push(`${what}: ${each}`)
  if (folder) await page.screenshot({ path: `${folder}/help-${what}.png`, fullPage: true })
}

try {
  if (folder) mkdirSync(folder, { recursive: true })
  if (url) {
    await page.goto(address)
    await page.locator('input[name=name]').fill(name)
    await page.locator('input[name=password]').fill(password)
    await page.locator('button.first').click()
    await page.locator('nav a[href="/incidents"]').waitFor()
  }
  await page.goto(`${address}/configuration${url ? '' : '?state=calm'}`)
  await field.waitFor()
  await page.locator('.help').waitFor()
  const before = await text()

  // A new site, from keys that are offered: each is looked for, chosen and taken, and its words after it.
  await field.focus()
  await keys('Control+End', 'Enter', 'Home')
  await page.keyboard.type('defaults:')
  await keys('Enter')
  await page.keyboard.type('  wa')
  await keys('Control+ ')
  await page.getByRole('listbox').waitFor()
  must((await chosen()).startsWith('waf'), `chosen is ${await chosen()}`)
  must(/waf/.test(await help()), `help says ${await help()}`)
  await look('keys')
  await keys('Enter')
  must((await text()).endsWith('defaults:\n  waf:\n    '), `the text ends ${JSON.stringify((await text()).slice(-40))}`)
  await keys('Alt+ArrowDown')
  await page.getByRole('listbox').waitFor()
  const first = await chosen()
  await keys('ArrowDown')
  must((await chosen()) !== first, 'the arrow chooses nothing else')
  await keys('ArrowUp')
  must((await chosen()) === first, 'the arrow does not lead back')
  await page.keyboard.type('mod')
  must((await chosen()).startsWith('mode'), `of "mod", chosen is ${await chosen()}`)
  await keys('Enter', 'Control+ ')
  await page.getByRole('option', { name: 'block' }).waitFor()
  must(/one of off, detect, block/.test(await help()) && /Default\s+(off|detect)/.test(await help()), `help to a value says ${await help()}`)
  await look('words')
  await page.keyboard.type('bl')
  await keys('Enter')
  must((await text()).endsWith('defaults:\n  waf:\n    mode: block'), `the text ends ${JSON.stringify((await text()).slice(-50))}`)
  await page.getByRole('listbox').waitFor({ state: 'detached' }).catch(() => wrong.push('the list stays'))

  // Limits of a number or a duration are told; where nothing can be chosen that is said, with what may stand there.
  await field.fill('hub:\n  keep:\n    events: ')
  await keys('Control+End', 'Control+ ')
  await page.locator('p[role=status]', { hasText: 'nothing to choose here' }).waitFor({ state: 'attached' })
  must(/events/.test(await help()) && /a duration from .+ to .+ with its unit/.test(await help()), `help to a duration says ${await help()}`)
  await keys('Escape')
  await field.fill('workers: ')
  await keys('Control+End', 'Control+ ')
  must((await chosen()) === 'auto ' || (await chosen()).trim() === 'auto', `of workers, chosen is ${await chosen()}`)
  must(/next restart/.test(await help()), `that a change needs a restart is not said: ${await help()}`)
  // Escape closes, and what was typed stays; another line is another place.
  await keys('Escape')
  await page.getByRole('listbox').waitFor({ state: 'detached' }).catch(() => wrong.push('Escape does not close it'))
  must((await text()) === 'workers: ', 'Escape changes the text')
  await keys('Enter', 'Control+ ')
  await page.getByRole('listbox').waitFor()
  must(!(await page.getByRole('option', { name: 'workers' }).count()), 'a key is offered that is there')
  await keys('ArrowLeft')
  await page.getByRole('listbox').waitFor({ state: 'detached' }).catch(() => wrong.push('another line keeps the list'))
  // With a mouse, or a finger: the button, and an option.
  await field.fill('si')
  await page.getByRole('button', { name: 'What fits here' }).click()
  await page.getByRole('listbox').getByRole('option', { name: 'sites' }).click()
  must((await text()) === 'sites:\n  - ' && (await page.evaluate(() => document.activeElement.tagName)) === 'TEXTAREA', `after the click: ${JSON.stringify(await text())}`)
  must((await help()).includes('sites'), `help in a list says ${await help()}`)
  await field.fill(before)
} catch (error) {
  if (folder) await page.screenshot({ path: `${folder}/help-failed.png`, fullPage: true })
  wrong.push(String(error.stack))
}
await browser.close()
server?.close()
end([...wrong, ...complaints])
