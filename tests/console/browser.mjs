// Debian's Chromium, which reaches no host but this one, and what is wrong with a page: accessibility (axe-core), scripts, policy, width.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const require = createRequire(new URL('../../console/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1']

export const dist = fileURLToPath(new URL('../../build/console', import.meta.url))
export const open = () => chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS })

/** A page, and what it complained of: errors of scripts, refusals of the policy, calls to other hosts. EXPECTED is no complaint. */
export async function visit(browser, options = {}, expected = /$^/) {
  const context = await browser.newContext({ locale: 'en', timezoneId: 'Europe/Brussels', viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  const complaints = []
  page.on('console', (message) => /error|warning/.test(message.type()) && !expected.test(message.text()) && complaints.push(`console: ${message.text()}`))
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`))
  page.on('request', (request) => !/^http:\/\/(localhost|127\.0\.0\.1):/.test(request.url()) && !request.url().startsWith('data:') && complaints.push(`calls ${request.url()}`))
  return { page, context, complaints }
}

/** The same page in the other theme can differ in its colours only. */
export const COLOURS = { runOnly: { type: 'rule', values: ['color-contrast'] } }

const doors = new WeakMap()
/** The browser's own door to a page: one, and it stays open, because with the first that is shut a page's made-up authenticators are gone. */
export async function doorOf(page) {
  if (!doors.has(page)) doors.set(page, await page.context().newCDPSession(page))
  return doors.get(page)
}

/** Axe runs by the browser's own door: the page's policy lets no script run but its own. */
export async function faults(page, what = { runOnly: TAGS }) {
  const door = await doorOf(page)
  if (!(await page.evaluate(() => 'axe' in window))) await door.send('Runtime.evaluate', { expression: axe })
  const said = await door.send('Runtime.evaluate', {
    awaitPromise: true, returnByValue: true,
    expression: `axe.run({ ...${JSON.stringify(what)}, resultTypes: ['violations'], preload: false, iframes: false }).then((found) => found.violations.map((each) => each.id + ': ' + each.nodes.map((node) => node.html.slice(0, 160) + ' ' + node.failureSummary.replaceAll('\\n', ' ').slice(0, 200)).join('; ')))`,
  })
  if (!Array.isArray(said.result.value)) throw new Error(`axe said ${JSON.stringify(said)}`)
  return [...said.result.value, ...(await tooWide(page))]
}

/** To PATH as a link there would: the page and what was put into it stay. */
export const goWithin = (page, path) => page.evaluate((to) => (history.pushState(null, '', to), dispatchEvent(new PopStateEvent('popstate'))), path)

/** What fades is over, and what a canvas shows is drawn. */
export const settle = (page) => page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(then, 30)))))

/** The page as it is, from its top; of a long list its beginning. */
export async function shoot(page, path) {
  const { width, height } = await page.evaluate(() => ({ width: innerWidth, height: document.documentElement.scrollHeight }))
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width, height: Math.min(height, 3000) } })
}

/** In the other theme, at rest. */
export async function paint(page, colorScheme) {
  await page.emulateMedia({ colorScheme })
  await settle(page)
}

export async function tooWide(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  return wide > 0 ? [`${wide} px wider than the window`] : []
}

/** Chooses a password with the code of a new account, on the page of who is not in. */
export async function enrol(page, code, name, password) {
  await page.locator('input[name=name]').waitFor()
  const other = page.getByRole('button', { name: 'I have an enrolment code' })
  if (await other.count()) await other.click() // not at a first start, whose fields are the same
  for (const [field, text] of [['code', code], ['name', name], ['password', password], ['again', password]]) await page.locator(`input[name=${field}]`).fill(text)
}

/** Ends the check: what is wrong is printed, and is the exit status. */
export function end(wrong) {
  for (const each of wrong) console.log(each)
  process.exit(wrong.length ? 1 : 0)
}
