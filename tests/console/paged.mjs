// More incidents than a page has, before a real hub: node paged.mjs URL CODE COUNT. The list brings them by itself, each once, to the last; the filters have as many.
import { end, enrol, faults, goWithin, open, visit } from './browser.mjs'

const [address, code, count] = process.argv.slice(2)
const PASSWORD = 'a long sentence is a good password'
const wrong = []
const must = (is, what) => is || wrong.push(what)
const browser = await open()
const { page, complaints } = await visit(browser, {}, /Failed to load resource/)
page.setDefaultTimeout(30_000)
const rows = () => page.evaluate(() => [...document.querySelectorAll('main li > a')].map((each) => each.getAttribute('href')))
let asked = 0
page.on('request', (request) => /\/incidents\?.*after=/.test(request.url()) && asked++)

/** To the end of the list by its own key, as often as there is more. */
async function toTheEnd() {
  await page.locator('main li > a').first().waitFor()
  await page.locator('main li > a').first().focus()
  for (let turn = 0; turn < 40 && (await page.locator('.more button').count()); turn++) {
    const had = (await rows()).length
    await page.keyboard.press('End')
    await page.waitForFunction((was) => document.querySelectorAll('main li > a').length > was || !document.querySelector('.more button'), had)
  }
  return rows()
}

async function pages() {
  await page.goto(address)
  await enrol(page, code, 'agnes', PASSWORD)
  await page.locator('button.first').click()
  await page.locator('#served').waitFor()
  await page.locator('main li > a').first().waitFor()
  must((await page.locator('.entry').count()) <= 5, `what is now shows ${await page.locator('.entry').count()} incidents`)
  must(/\(1\d\d\)/.test(await page.locator('main a[href="/incidents"]').innerText()), 'what is now does not say how many there are')
  await goWithin(page, '/incidents?status=all')
  const all = await toTheEnd()
  must(all.length === Number(count), `${all.length} incidents, and there are ${count}`)
  must(new Set(all).size === all.length, 'an incident is there twice')
  must(asked >= 5, `only ${asked} pages were asked for`)
  wrong.push(...(await faults(page)))
  await page.locator('main li > a').last().click()
  await page.locator('#timeline').waitFor()
  await page.goBack()
  await page.locator('main li > a').first().waitFor()
  await page.getByRole('button', { name: 'Closed' }).click()
  await page.locator('main li').first().waitFor({ state: 'detached' })
}

await pages().catch(async (error) => wrong.push(String(error.stack), await page.locator('body').innerText().catch(() => '')))
await browser.close()
end([...wrong, ...complaints])
