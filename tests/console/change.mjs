// A change of the configuration by two people: node change.mjs URL PASSWORD TEXT_FILE FOLDER. "oscar" proposes what is in TEXT_FILE, "petra" approves, "oscar" applies, confirms and asks to
// go back. Screenshots go to FOLDER.
import { mkdirSync, readFileSync } from 'node:fs'
import { end, faults, open, visit } from './browser.mjs'

const [address, password, file, folder] = process.argv.slice(2)
const text = readFileSync(file, 'utf8')
mkdirSync(folder, { recursive: true })

const browser = await open()
const wrong = []
const people = {}
let number = 0
let last
async function enter(name) {
  const { page, complaints } = await visit(browser, { viewport: { width: 1360, height: 900 } }, /Failed to load resource/)
  page.setDefaultTimeout(30_000)
  people[name] = { page, complaints }
  last = page
  await page.goto(address)
  await page.locator('input[name=name]').fill(name)
  await page.locator('input[name=password]').fill(password)
  await page.locator('button.first').click()
  await page.locator('nav a[href="/incidents"]').waitFor()
  return page
}
async function keep(page, name) {
  last = page
  await page.screenshot({ path: `${folder}/change-${String(++number).padStart(2, '0')}-${name}.png`, fullPage: true })
  for (const each of await faults(page)) wrong.push(`${name}: ${each}`)
}
const press = (page, name) => page.getByRole('button', { name, exact: true }).click()
const answer = (page) => page.locator('dialog footer .button').last().click().then(() => page.locator('dialog').waitFor({ state: 'detached' }))

try {
  const oscar = await enter('oscar')
  await oscar.goto(`${address}/configuration`)
  const field = oscar.locator('.editor textarea')
  await field.fill(text.replace('"origins"', '"orgins"'))
  await oscar.locator('.complaints').waitFor()
  await keep(oscar, 'complaints')
  await field.fill(text)
  await oscar.locator('.badge', { hasText: 'Valid' }).waitFor()
  await press(oscar, 'Propose the change')
  await oscar.locator('dialog input').fill('a false alarm at the search')
  await answer(oscar)
  await oscar.getByText('somebody else has to approve it').waitFor()
  if (await oscar.getByRole('button', { name: 'Apply', exact: true }).count()) wrong.push('he may apply what nobody approved')
  await keep(oscar, 'proposed')

  const petra = await enter('petra')
  await petra.goto(`${address}/configuration/proposals`)
  await petra.getByText('exclusions').first().waitFor()
  await press(petra, 'Approve')
  await petra.locator('dialog input').fill('looked at it')
  await answer(petra)
  await keep(petra, 'approved')

  await oscar.reload()
  await press(oscar, 'Apply')
  await answer(oscar)
  await oscar.goto(`${address}/configuration/history`)
  await oscar.getByText('oscar, approved by petra').waitFor()
  await keep(oscar, 'unconfirmed')
  await press(oscar, 'Confirm: keep it')
  await oscar.getByText('is undone by itself').waitFor({ state: 'detached' })
  await oscar.getByRole('button', { name: 'Return to this version' }).last().click()
  await oscar.locator('dialog input').first().fill('as it was')
  await answer(oscar)
  await oscar.waitForURL('**/configuration/proposals')
  await oscar.getByText('as it was').waitFor()
  await keep(oscar, 'back')
} catch (error) {
  await last.screenshot({ path: `${folder}/change-failed.png`, fullPage: true })
  wrong.push(String(error.stack))
}
await browser.close()
end([...wrong, ...Object.values(people).flatMap((each) => each.complaints)])
