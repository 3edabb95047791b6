// An account before a real hub, with an authenticator that Chromium makes up: node account.mjs URL NAME CODE BREAK-GLASS-CODE. URL has a name for a host.
// "kill" is said when the hub is to be killed, and with it the code of emergency access, of which only the hub knows.
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { doorOf, end, enrol as fillEnrolment, faults, goWithin, open, visit } from './browser.mjs'

const [address, name, code, emergency] = process.argv.slice(2)
const PASSWORD = 'a long sentence is a good password'
const wrong = []
const must = (is, what) => is || wrong.push(what)
const browser = await open()
const { page, context, complaints } = await visit(browser, {}, /Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/)
page.setDefaultTimeout(30_000)

/** What an authenticator app shows at a step of thirty seconds (RFC 6238). */
function totp(secret, step) {
  const letters = [...secret.replaceAll(' ', '')].map((each) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(each).toString(2).padStart(5, '0')).join('')
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const sum = createHmac('sha1', Buffer.from(letters.match(/.{8}/g).map((each) => parseInt(each, 2)))).update(counter).digest()
  return String((sum.readUInt32BE(sum[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
const step = () => Math.floor(Date.now() / 30_000)
const curl = (token) => execFileSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', `Authorization: Bearer ${token}`, `${address}/api/v1/now`]).toString()
const isIn = () => page.locator('nav a[href="/incidents"]').waitFor()
const isOut = () => page.locator('input[name=name]').waitFor()
const leave = async () => (await page.getByRole('button', { name: 'Log out' }).click(), await isOut())
const submit = async () => (await page.locator('dialog footer .button').last().click(), await page.locator('dialog').waitFor({ state: 'detached' }))
async function password(word = PASSWORD) {
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=password]').fill(word)
  await page.locator('button.first').click()
}

async function enrol() {
  await page.goto(address)
  await fillEnrolment(page, 'AAAA-BBBB-CCCC', name, PASSWORD)
  await page.locator('button.first').click()
  await page.locator('[role=alert]').waitFor()
  must(/^The code/.test(await page.locator('[role=alert]').innerText()), 'of a wrong code something else is said')
  await page.locator('input[name=code]').fill(code)
  await page.locator('button.first').click()
  await isIn()
}

async function passkey() {
  const door = await doorOf(page)
  await door.send('WebAuthn.enable')
  await door.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } })
  await goWithin(page, '/me')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.locator('dialog input').fill('Blue key')
  await submit()
  await page.getByText('Blue key').waitFor()
  await leave()
  const sent = page.waitForRequest((request) => request.method() === 'POST' && request.url().endsWith('/session/passkey'))
  await page.getByRole('button', { name: 'Passkey' }).click()
  await isIn()
  const again = await fetch(`${address}/api/v1/session/passkey`, { method: 'POST', headers: { 'Content-Type': 'application/json', Origin: address }, body: (await sent).postData() })
  must(again.status >= 400 && again.status < 500, `a passkey's answer said again is answered ${again.status}`)
}

async function secondFactor() {
  await goWithin(page, '/me')
  await page.getByRole('button', { name: 'Set up the second factor' }).click()
  const secret = await page.locator('.secret').innerText()
  const now = step()
  await page.locator('dialog input').fill(totp(secret, now))
  wrong.push(...(await faults(page)))
  await submit()
  await page.locator('#totp + .badge.good').waitFor()
  await leave()
  await password('not this one, but a long one')
  await page.getByText('Name or password is not correct.').waitFor()
  await password()
  await page.locator('input[name=totp]').fill(totp(secret, now - 40))
  await page.locator('button.first').click()
  await page.locator('[role=alert]').waitFor()
  // The code that set it up is used, and the next one is good already: a clock may be one step wrong.
  await page.locator('input[name=totp]').fill(totp(secret, now + 1))
  await page.locator('button.first').click()
  await isIn()
}

async function token() {
  await goWithin(page, '/me')
  await page.getByRole('button', { name: 'Create a token' }).click()
  await page.locator('dialog input').first().fill('grafana')
  await submit()
  const made = await page.locator('.made').innerText()
  must(curl(made) === '200', 'a token is refused')
  await page.getByRole('button', { name: 'Remove: grafana' }).click()
  await submit()
  await page.getByText('You have no token.').waitFor()
  must(curl(made) === '401', 'a token that ended is let in')
  must((await page.getByText(made).count()) === 0, 'a token that ended is still shown')
}

/** The session ends elsewhere: whoever still looks is asked to log in, and is where he was. */
async function ended() {
  await goWithin(page, '/health')
  await page.locator('h1').waitFor()
  const other = await context.newPage()
  await other.goto(address)
  await other.getByRole('button', { name: 'Log out' }).click()
  await other.locator('input[name=name]').waitFor()
  await other.close()
  await page.bringToFront()
  await goWithin(page, '/protection')
  await isOut()
  must(page.url().endsWith('/protection'), `who logs in anew is at ${page.url()}`)
  await page.getByRole('button', { name: 'Passkey' }).click()
  await page.getByRole('heading', { name: 'Protection', level: 1 }).waitFor()
}

async function killed() {
  await goWithin(page, '/')
  await page.getByText('Live', { exact: true }).waitFor()
  console.log('kill')
  await page.getByText('Reconnecting…').waitFor()
  await page.getByText('Live', { exact: true }).waitFor()
  const figure = () => page.locator('.page-head time').first().getAttribute('datetime')
  const old = await figure()
  await page.waitForFunction((was) => document.querySelector('.page-head time')?.getAttribute('datetime') !== was, old)
}

async function breakGlass() {
  const { page: stranger, context: his, complaints: heard } = await visit(browser, {}, /Failed to load resource/)
  await stranger.goto(address)
  await stranger.getByRole('button', { name: 'Emergency access' }).click()
  for (const [field, text] of [['code', emergency], ['name', 'carla'], ['why', 'nobody else is here']]) await stranger.locator(`input[name=${field}]`).fill(text)
  await stranger.locator('button.first').click()
  await stranger.locator('nav a[href="/people"]').waitFor()
  await goWithin(stranger, '/people?part=audit')
  await stranger.getByText('nobody else is here').first().waitFor()
  complaints.push(...heard)
  await his.close()
}

try {
  for (const part of [enrol, passkey, secondFactor, token, ended, breakGlass, killed]) await part().catch((error) => Promise.reject(new Error(`${part.name}: ${error.stack}`)))
} catch (error) {
  wrong.push(String(error.message), await page.locator('body').innerText().catch(() => ''))
}
await browser.close()
end([...wrong, ...complaints])
