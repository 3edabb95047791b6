// From the first start to a closed incident, in one language: node story.mjs URL CODE LANGUAGE FOLDER [PATH]. Screenshots go to FOLDER. It says "ready" when somebody
// is logged in and looks at what is now: an attack may begin. PATH is where it then goes, which is "/" before a hub.
import { mkdirSync } from 'node:fs'
import { end, faults, open, visit } from './browser.mjs'

const [address, code, language, folder, path = '/'] = process.argv.slice(2)
const NAME = 'agnes'
const PASSWORD = 'Een lange zin is goed, une longue phrase aussi'
mkdirSync(folder, { recursive: true })

const browser = await open()
const { page, complaints } = await visit(browser, { locale: language, viewport: { width: 1360, height: 900 } }, /Failed to load resource/)
page.setDefaultTimeout(60_000)
const wrong = []
let number = 0
async function keep(name) {
  const file = `${folder}/${language}-${String(++number).padStart(2, '0')}-${name}`
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme })
    await page.waitForTimeout(200) // the canvas is drawn anew
    await page.screenshot({ path: `${file}-${scheme}.png`, fullPage: true })
    for (const each of await faults(page)) wrong.push(`${name}, ${scheme}: ${each}`)
  }
}
async function inLanguage() {
  const is = await page.evaluate(() => document.documentElement.lang)
  if (is !== language) wrong.push(`the page is in ${is}`)
}

try {
  // The first start: a code that was printed, a name, a password. There is no other way in.
  await page.goto(address)
  await page.locator('input[name=code]').waitFor()
  await inLanguage()
  await page.locator('input[name=code]').fill(code)
  await page.locator('input[name=name]').fill(NAME)
  await page.locator('input[name=password]').fill(PASSWORD)
  await page.locator('input[name=again]').fill(PASSWORD)
  await keep('first-start')
  await page.locator('button.first').click()
  await page.locator('nav a[href="/incidents"]').waitFor()

  // Out, and in again with what was chosen.
  await page.locator('.who button').click()
  await page.locator('input[name=name]').fill(NAME)
  await page.locator('input[name=password]').fill(PASSWORD)
  await keep('login')
  await page.locator('button.first').click()
  await page.locator('nav a[href="/incidents"]').waitFor()
  await page.locator('select').first().selectOption(language)
  await page.goto(address + path)
  await page.locator('#served').waitFor()
  await page.locator('.live.good').waitFor()
  await keep('calm')
  console.log('ready')

  // An incident is born, and shows itself.
  const incident = page.locator('main a[href^="/incidents/"]').first()
  await incident.waitFor({ timeout: 120_000 })
  await keep('attacked')
  await incident.click()
  await page.locator('#timeline').waitFor()
  await inLanguage()
  await keep('incident')

  // Somebody takes it, says what he does, and closes it.
  const moves = page.locator('main header .row .button')
  for (const [at, status] of [[0, 'acknowledged'], [1, 'closed']]) {
    await moves.nth(at).click()
    await page.locator('dialog textarea').fill(`console, ${language}: ${status}`)
    await keep(`dialog-${status}`)
    await page.locator('dialog footer .button').last().click()
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.getByText(`console, ${language}: ${status}`).first().waitFor()
    await keep(status)
  }
  for (const each of ['incidents?status=all', 'events', 'sites', 'protection', 'people?part=audit', 'health']) {
    await page.goto(`${address}/${each}`)
    await page.locator('h1').first().waitFor()
    await page.waitForFunction(() => !document.querySelector('.wait'))
    await keep(each.split('?')[0])
    if (await page.locator('[role=alert]').count()) wrong.push(`${each}: ${await page.locator('[role=alert]').first().innerText()}`)
  }
} catch (error) {
  await page.screenshot({ path: `${folder}/${language}-failed.png`, fullPage: true })
  wrong.push(String(error.stack))
}
await browser.close()
end([...wrong, ...complaints])
