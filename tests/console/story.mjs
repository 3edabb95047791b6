// From the first start to closed incidents before a real hub: node story.mjs URL CODE PASSWORD FOLDER. Screenshots go to FOLDER. The administrator's first language is Dutch; he lets
// in a colleague for each other language, who has an incident of his own. "attack LANGUAGE" is said when somebody looks at what is now: an attack may begin; "calm LANGUAGE" when
// the incident has an owner: it may end.
import { mkdirSync } from 'node:fs'
import { COLOURS, end, faults, goWithin, open, paint, settle, shoot, tooWide, visit } from './browser.mjs'

const [address, first, PASSWORD, folder] = process.argv.slice(2)
const FIRST = 'nl'
const LANGUAGES = [FIRST, 'fr', 'de', 'en']
const nameOf = (language) => (language === FIRST ? 'agnes' : `colleague-${language}`)
const PAGES = ['incidents?status=all', 'events', 'sites', 'protection', 'people?part=audit', 'health', 'me']
mkdirSync(folder, { recursive: true })
const wrong = []

class Teller {
  number = 0

  constructor(page, language) {
    Object.assign(this, { page, language })
  }

  /** A picture: in the first language in both themes. What accessibility and colours ask is the same in every language; whether words fit is not. */
  async keep(name) {
    const { page, language } = this
    const file = `${folder}/${language}-${String(++this.number).padStart(2, '0')}-${name}`
    const found = []
    for (const scheme of language === FIRST ? ['dark', 'light'] : ['light']) {
      await paint(page, scheme)
      await shoot(page, `${file}-${scheme}.png`)
      if (language === FIRST) found.push(...(await faults(page, scheme === 'light' ? undefined : COLOURS)))
    }
    found.push(...(await tooWide(page)))
    const is = await page.evaluate(() => document.documentElement.lang)
    if (is !== language) found.push(`the page is in ${is}`)
    for (const each of found) wrong.push(`${language}, ${name}: ${each}`)
  }

  async comeIn(code) {
    const { page, language } = this
    await page.goto(address)
    if (language !== FIRST) await page.locator('.foot button').first().click()
    await page.locator('input[name=code]').fill(code)
    await page.locator('input[name=name]').fill(nameOf(language))
    await page.locator('input[name=password]').fill(PASSWORD)
    await page.locator('input[name=again]').fill(PASSWORD)
    await this.keep(language === FIRST ? 'first-start' : 'enrolment')
    await page.locator('button.first').click()
    await page.locator('nav a[href="/incidents"]').waitFor()
  }

  async outAndIn() {
    const { page, language } = this
    await page.locator('.who button').click()
    await page.locator('input[name=name]').fill(nameOf(language))
    await page.locator('input[name=password]').fill(PASSWORD)
    await this.keep('login')
    await page.locator('button.first').click()
    await page.locator('nav a[href="/incidents"]').waitFor()
    await page.locator('select').first().selectOption(language)
  }

  async incident() {
    const { page, language } = this
    await goWithin(page, '/')
    await page.locator('#served').waitFor()
    await page.locator('.live.good').waitFor()
    await this.keep('calm')
    console.log(`attack ${language}`)
    const incident = page.locator('main a[href^="/incidents/"]').first()
    await incident.waitFor({ timeout: 120_000 })
    await this.keep('attacked')
    await incident.click()
    await page.locator('#timeline').waitFor()
    await this.keep('incident')
    const moves = page.locator('main header .row .button')
    for (const [at, status] of [[0, 'acknowledged'], [1, 'closed']]) {
      await moves.nth(at).click()
      await page.locator('dialog textarea').fill(`console, ${language}: ${status}`)
      await this.keep(`dialog-${status}`)
      await page.locator('dialog footer .button').last().click()
      await page.locator('dialog').waitFor({ state: 'detached' })
      await page.getByText(`console, ${language}: ${status}`).first().waitFor()
      // Minutes around it, not the half hours that the hub has of them.
      const minutes = page.locator('section[aria-labelledby=course] tbody tr')
      await minutes.last().waitFor({ state: 'attached' })
      if ((await minutes.count()) > 25) wrong.push(`${language}: an incident of seconds is drawn in ${await minutes.count()} minutes`)
      if (status === 'acknowledged') console.log(`calm ${language}`)
      await this.keep(status)
    }
  }

  async otherPages() {
    const { page } = this
    for (const path of PAGES) {
      await goWithin(page, `/${path}`)
      await settle(page)
      await page.locator('h1').first().waitFor()
      await page.waitForFunction(() => !document.querySelector('.wait'))
      await this.keep(path.split('?')[0])
      if (await page.locator('[role=alert]').count()) wrong.push(`${path}: ${await page.locator('[role=alert]').first().innerText()}`)
    }
  }

  /** In the page, as administrators do it: the code is shown once. */
  async letIn(language) {
    const { page } = this
    await goWithin(page, '/people')
    await page.locator('.page-head .button.first').last().click()
    await page.locator('dialog input').first().fill(nameOf(language))
    await page.locator('dialog select').selectOption(language)
    for (const role of ['operator', 'auditor']) await page.locator(`dialog input[value=${role}]`).check()
    await page.locator('dialog footer .button').last().click()
    await page.locator('dialog').waitFor({ state: 'detached' })
    await page.getByText(nameOf(language)).first().waitFor()
    return page.locator('.code-text').innerText()
  }
}

const browser = await open()
async function tell(language, code) {
  const { page, context, complaints } = await visit(browser, { locale: language, viewport: { width: 1360, height: 900 } }, /Failed to load resource/)
  page.setDefaultTimeout(60_000)
  const teller = new Teller(page, language)
  try {
    await teller.comeIn(code)
    await teller.outAndIn()
    await teller.incident()
    await teller.otherPages()
    const codes = {}
    if (language === FIRST) for (const each of LANGUAGES.slice(1)) codes[each] = await teller.letIn(each)
    return codes
  } catch (error) {
    await page.screenshot({ path: `${folder}/${language}-failed.png`, fullPage: true })
    wrong.push(`${language}: ${error.stack}`)
    return {}
  } finally {
    wrong.push(...complaints.map((each) => `${language}: ${each}`))
    await context.close()
  }
}
for (const [language, code] of Object.entries(await tell(FIRST, first))) await tell(language, code)
await browser.close()
end(wrong)
