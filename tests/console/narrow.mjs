// A real hub on a telephone: node narrow.mjs URL NAME PASSWORD REQUEST_ID SITE FOLDER. Each page, what opens over pages, and the menu, 390 px wide in both themes. Screenshots go to FOLDER.
import { mkdirSync } from 'node:fs'
import { end, faults, goWithin, open, paint, settle, shoot, visit } from './browser.mjs'

const [address, name, password, request, site, folder] = process.argv.slice(2)
const PAGES = { now: '/', incidents: '/incidents?status=all', incident: '/incidents/1', events: '/events?count=20', explain: '/explain', explained: `/explain/${request}`, sites: '/sites', site: `/sites/site/${site}`, configuration: '/configuration', proposals: '/configuration/proposals', history: '/configuration/history', protection: '/protection', people: '/people', approvals: '/people?part=approvals', audit: '/people?part=audit', health: '/health', me: '/me', nowhere: '/nowhere' }
/** Where a dialog is opened, and by which of its buttons. */
const DIALOGS = { incident: 'main header .row .button', site: '.page-head .button, main header .button', people: '.page-head .button.first', me: '#tokens >> xpath=ancestor::section >> .button' }
mkdirSync(folder, { recursive: true })
const wrong = []
const browser = await open()
const { page, complaints } = await visit(browser, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }, /Failed to load resource/)
page.setDefaultTimeout(30_000)

/** What can be pressed is to be seen without scrolling sideways; of tabs, the chosen one. */
const beyond = () => page.evaluate(() => [...document.querySelectorAll("main button, main [aria-current='page']")]
  .filter((each) => !each.closest('.tabs') || each.matches("[aria-pressed='true'], [aria-current='page']"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.getAttribute('aria-label') || each.textContent.trim()).slice(0, 3))

async function look(what) {
  for (const scheme of ['light', 'dark']) {
    await paint(page, scheme)
    await shoot(page, `${folder}/narrow-${what}-${scheme}.png`)
    const wide = await page.evaluate(() => innerWidth)
    if (wide > 390) wrong.push(`${what}: a telephone shows it ${wide} px wide`)
    for (const each of await beyond()) wrong.push(`${what}: beyond the edge is ${each}`)
    for (const each of await faults(page)) wrong.push(`${what}, ${scheme}: ${each}`)
  }
  await paint(page, 'light')
}

async function dialog(what, button) {
  await page.locator(button).first().click()
  await page.locator('dialog[open]').waitFor()
  await look(`${what}-dialog`)
  await page.keyboard.press('Escape')
  await page.locator('dialog').waitFor({ state: 'detached' })
}

async function pages() {
  await page.goto(address)
  await page.locator('input[name=name]').waitFor()
  await look('login')
  await page.locator('.foot button').first().click()
  await look('enrolment')
  await page.locator('.foot button').first().click()
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button.first').click()
  await page.locator('#served').waitFor()
  for (const [what, path] of Object.entries(PAGES)) {
    await goWithin(page, path)
    await settle(page)
    await page.locator('h1').first().waitFor()
    await page.waitForFunction(() => !document.querySelector('.wait'))
    await settle(page)
    await look(what)
    if (DIALOGS[what]) await dialog(what, DIALOGS[what])
  }
  await page.locator('.burger').click()
  await look('menu')
}

await pages().catch(async (error) => {
  await page.screenshot({ path: `${folder}/narrow-failed.png` })
  wrong.push(String(error.stack))
})
await browser.close()
end([...wrong, ...complaints])
