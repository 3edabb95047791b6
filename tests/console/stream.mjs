// The hub goes away and comes back: the page says so, and has new figures by itself.
import { serve } from '../../console/dev/server.mjs'
import { dist, end, open, visit } from './browser.mjs'

let server = await serve(0, dist)
const port = server.address().port
const browser = await open()
const { page, complaints } = await visit(browser, {}, /Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/)
await page.goto(`http://localhost:${port}/?state=calm`)
await page.getByText('Live', { exact: true }).waitFor()
const figure = () => page.locator('.page-head time').first().getAttribute('datetime')
const before = await figure()
await page.waitForFunction((was) => document.querySelector('.page-head time')?.getAttribute('datetime') !== was, before, { timeout: 10_000 })
server.closeAllConnections()
await new Promise((resolve) => server.close(resolve))
await page.getByText('Reconnecting…').waitFor({ timeout: 10_000 })
await page.getByText('The figures are not current').waitFor()
const old = await figure()
server = await serve(port, dist)
await page.getByText('Live', { exact: true }).waitFor({ timeout: 30_000 })
await page.waitForFunction((was) => document.querySelector('.page-head time')?.getAttribute('datetime') !== was, old, { timeout: 10_000 })
await browser.close()
end(complaints)
