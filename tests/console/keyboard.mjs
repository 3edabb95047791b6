// Without a mouse: logging in, the skip link, a dialog that keeps and gives back the focus, an incident from new to closed, the editor, the theme.
import { serve } from '../../console/dev/server.mjs'
import { dist, end, open, visit } from './browser.mjs'

const server = await serve(0, dist)
const address = `http://localhost:${server.address().port}`
const browser = await open()
const wrong = []
const { page, complaints } = await visit(browser, {}, /Failed to load resource/)
const must = (is, what) => is || wrong.push(what)
const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('name') || document.activeElement?.tagName)
async function tabTo(text, most = 60) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab')
    if ((await focused()) === text) return true
  }
  wrong.push(`Tab does not reach "${text}"`)
  return false
}
const keys = async (...all) => {
  for (const key of all) await page.keyboard.press(key)
}

// Logging in: a wrong password first, then the second factor.
await page.goto(`${address}/?state=login`)
await page.locator('input[name=name]').waitFor()
await tabTo('name')
await page.keyboard.type('two')
await keys('Tab')
await page.keyboard.type('wrong')
await keys('Enter')
await page.getByText('Name or password is not correct.').waitFor()
await page.locator('input[name=password]').focus()
await keys('Control+A')
await page.keyboard.type('correct horse battery')
await keys('Enter')
await page.locator('input[name=totp]').waitFor()
must((await focused()) === 'totp', 'the code of the second factor has not the focus')
await page.keyboard.type('123456')
await keys('Enter')
await page.getByRole('heading', { name: 'Now', exact: true }).waitFor()

// The skip link is first, and leads into the page.
await page.goto(`${address}/incidents/45?state=attack`)
await page.getByRole('heading', { level: 1 }).waitFor()
await page.locator('button', { hasText: 'Acknowledge' }).waitFor()
await keys('Tab')
must((await focused()) === 'Skip to the content', `first is ${await focused()}`)
await keys('Enter')
must(await page.evaluate(() => document.activeElement?.id === 'main'), 'the skip link leads nowhere')

// A dialog: Escape gives the focus back, and nothing was done; then it is done.
await tabTo('Acknowledge')
await keys('Enter')
await page.locator('dialog[open]').waitFor()
for (let i = 0; i < 12; i++) {
  await keys('Tab')
  must(await page.evaluate(() => document.activeElement === document.body || !!document.activeElement?.closest('dialog')), 'the focus left the dialog')
}
await keys('Escape')
await page.locator('dialog').waitFor({ state: 'detached' })
must((await focused()) === 'Acknowledge', `after the dialog: ${await focused()}`)
for (const [button, status] of [['Acknowledge', 'Acknowledged'], ['Mark as contained', 'Contained'], ['Close', 'Closed']]) {
  await page.locator('header .button', { hasText: button }).first().focus()
  await keys('Enter')
  await page.locator('dialog textarea').focus()
  await page.keyboard.type(`done: ${status}`)
  await page.locator('dialog footer .button').last().focus()
  await keys('Enter')
  await page.locator('main header .badge', { hasText: status }).waitFor()
  await page.getByText(`done: ${status}`).waitFor()
}

// The editor: what is wrong is said while one types, and Enter keeps the indentation.
await page.goto(`${address}/configuration?state=attack`)
await page.locator('textarea').waitFor()
const typed = () => page.locator('textarea').inputValue()
await page.locator('textarea').focus()
await keys('Control+End')
await page.keyboard.type('  - name: new.example')
await keys('Enter')
await page.keyboard.type('modee: block')
must((await typed()).endsWith('  - name: new.example\n    modee: block'), `the editor has ${JSON.stringify((await typed()).slice(-60))}`)
await page.getByText('no such key "modee"').waitFor()
must(await page.locator('button', { hasText: 'Propose the change' }).isDisabled(), 'what is wrong can be proposed')
await page.locator('.complaints button').focus()
await keys('Enter')
must((await focused()) !== undefined && (await page.evaluate(() => document.activeElement?.tagName)) === 'TEXTAREA', 'a complaint does not lead to its place')
await page.locator('textarea').fill((await typed()).replace('modee', 'mode'))
await page.locator('.badge.good', { hasText: 'Valid' }).waitFor()
await page.locator('button', { hasText: 'Propose the change' }).focus()
await keys('Enter')
await page.locator('dialog input').focus()
await page.keyboard.type('a new site')
await keys('Enter')
await page.getByRole('heading', { name: 'Proposals' }).waitFor()
await page.getByText('a new site').waitFor()

// Two hundred incidents: pages come by themselves, each incident once, to the last.
await page.goto(`${address}/incidents?status=all&state=attack`)
const rows = () => page.evaluate(() => [...document.querySelectorAll('main li > a')].map((each) => each.getAttribute('href')))
await page.locator('main li > a').first().focus()
for (let turn = 0; turn < 200 && (await page.locator('.more button').count()); turn++) {
  await keys('End')
  await page.waitForTimeout(50)
}
must((await rows()).length > 200 && new Set(await rows()).size === (await rows()).length, `${(await rows()).length} incidents of more than 200, ${new Set(await rows()).size} different`)

// What nobody knows is said once.
await page.goto(`${address}/?state=unknown`)
await page.locator('#served').waitFor()
const said = await page.locator('.answer').innerText()
must(said.match(/not known/gi)?.length === 1 && !/Share of citizens/.test(said), `that nobody knows is said so: ${said}`)
await page.goto(`${address}/incidents/44?state=attack`)
await page.locator('#citizens').waitFor()
must((await page.locator('.citizens .figures').count()) === 0, 'figures that nobody knows are shown')

// A version that nobody answers for says how it came.
await page.goto(`${address}/configuration/history?state=attack`)
await page.getByText('Reloaded at the machine').waitFor()

// A query with a fault shows where; the next page comes by itself at its end.
await page.goto(`${address}/events?state=attack`)
await page.locator('tbody tr').first().waitFor()
await page.locator('form input').fill('status=')
await keys('Enter')
await page.getByText('The query cannot be read. (column 8)').waitFor()
await page.locator('form input').fill('status=429')
await keys('Enter')
await page.locator('tbody button').first().focus()
await keys('End')
await page.waitForFunction(() => document.querySelectorAll('tbody tr').length > 40)

// The theme and the language stay.
await page.locator('button[aria-label=Dark]').focus()
await keys('Enter')
await page.locator('select[aria-label=Language]').selectOption('nl')
await page.getByRole('heading', { name: 'Gebeurtenissen' }).waitFor()
await page.reload()
await page.getByRole('heading', { name: 'Gebeurtenissen' }).waitFor()
must((await page.evaluate(() => document.documentElement.dataset.theme + document.documentElement.lang)) === 'darknl', 'theme or language is forgotten')

await browser.close()
end([...wrong, ...complaints])
