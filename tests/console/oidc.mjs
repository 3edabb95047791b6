// Who is not let in through a real provider reads why at the login page, in his language: node oidc.mjs URL FOLDER. The provider is oidc-provider with its own pages.
import { mkdirSync } from 'node:fs'
import { end, faults, open, visit } from './browser.mjs'

const [address, folder] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const browser = await open()
const wrong = []
/** In a browser of his own, in French: THERE leads him back, and he reads SAID. */
async function refused(what, there, said) {
  // The provider's pages are its own affair.
  const { page, context } = await visit(browser, { locale: 'fr' })
  page.setDefaultTimeout(20_000)
  try {
    await page.goto(address)
    await there(page)
    await page.waitForURL(`${address}/`)
    await page.getByRole('alert').getByText(said).waitFor()
    for (const each of await faults(page)) wrong.push(`${what}: ${each}`)
    await page.screenshot({ path: `${folder}/oidc-${what}.png` })
    await page.reload()
    await page.locator('input[name=password]').waitFor()
    if (await page.getByRole('alert').count()) wrong.push(`${what}: it is said again`)
  } catch (error) {
    await page.screenshot({ path: `${folder}/oidc-failed.png`, fullPage: true })
    wrong.push(`${what} at ${page.url()}: ${error.stack}`)
  }
  await context.close()
}
const toProvider = (page) => page.locator('a[href="/api/v1/session/oidc"]').click()

await refused('nobody', async (page) => {
  await toProvider(page)
  await page.locator('input[name=login]').fill('stranger')
  await page.locator('input[name=password]').fill('x')
  await page.locator('button[type=submit]').click()
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' })
  await page.locator('button[type=submit]').click()
}, 'il n’y a pas de compte pour vous ici')
await refused('cancelled', async (page) => {
  await toProvider(page)
  await page.locator('a[href$="/abort"]').click()
}, 'la connexion y a été annulée ou refusée')
await refused('lost', (page) => page.goto(`${address}/api/v1/session/oidc/return?code=x&state=y`), 'n’a pas commencé dans ce navigateur')
await browser.close()
end(wrong)
