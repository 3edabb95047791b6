// Details of the audit log in the reader's language: node audit.mjs before the made-up hub, or node audit.mjs URL NAME PASSWORD FOLDER before a real one, where NAME has used a code and a password.
import { mkdirSync } from 'node:fs'
import { serve } from '../../console/dev/server.mjs'
import { dist, end, faults, open, visit } from './browser.mjs'

const [url, name, password, folder] = process.argv.slice(2)
const server = url ? null : await serve(0, dist)
const address = url ?? `http://localhost:${server.address().port}`
const browser = await open()
const wrong = []
const said = { nl: ['Met een wachtwoord', 'Met een eenmalige code'], fr: ['Par mot de passe', 'Par code à usage unique'], de: ['Mit einem Passwort', 'Mit einem Einmalcode'], en: ['With a password', 'With a one-time code'] }
if (folder) mkdirSync(folder, { recursive: true })
for (const [locale, [byPassword, byCode]] of Object.entries(said)) {
  const { page, context, complaints } = await visit(browser, { locale }, /Failed to load resource/)
  page.setDefaultTimeout(20_000)
  // The reader's choice here goes before the account's.
  await page.addInitScript((chosen) => localStorage.setItem('bouclier-language', chosen), locale)
  try {
    if (url) {
      await page.goto(address)
      await page.locator('input[name=name]').fill(name)
      await page.locator('input[name=password]').fill(password)
      await page.locator('button.first').click()
      await page.locator('nav a[href="/incidents"]').waitFor()
    }
    await page.goto(`${address}/people?part=audit${url ? '' : '&state=calm'}`)
    await page.getByText(byPassword, { exact: true }).first().waitFor()
    if (url) await page.getByText(byCode, { exact: true }).first().waitFor()
    // What a person wrote, and what no words are for, stays as it is.
    if (!url) await page.getByText('botnet (1h)').first().waitFor()
    if (await page.getByText('by password', { exact: true }).count()) wrong.push(`${locale}: English stands there`)
    for (const each of await faults(page)) wrong.push(`${locale}: ${each}`)
    if (folder) await page.screenshot({ path: `${folder}/audit-${locale}.png` })
  } catch (error) {
    wrong.push(`${locale}: ${error.stack}`)
  }
  wrong.push(...complaints)
  await context.close()
}
await browser.close()
server?.close()
end(wrong)
