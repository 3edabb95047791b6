// Where in a YAML text somebody stands, and what is offered there: parts/keys.ts, before a schema of a few keys.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { schema } from '../../console/dev/schema.mjs'

const require = createRequire(new URL('../../console/node_modules/vite/package.json', import.meta.url))
const { transform } = require('esbuild')
const { code } = await transform(readFileSync(fileURLToPath(new URL('../../console/src/parts/keys.ts', import.meta.url)), 'utf8'), { loader: 'ts', format: 'esm' })
const { keyAt, offersAt, placeOf } = await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)

/** The text, its cursor as |; the key whose help is shown; what is offered. */
const table = [
  ['|', undefined, 'defaults hub listen sites workers'],
  ['wor|', undefined, 'workers'],
  ['wor|kers: 2', 'workers', 'workers'],
  ['workers: |', 'workers', 'auto'],
  ['workers: 2\n|', undefined, 'defaults hub listen sites'],
  ['|\nworkers: 2\nlisten: "0.0.0.0:443"\n', undefined, 'defaults hub sites'],
  ['# wor|', null, ''],
  ['listen: "a # b" |', 'listen', ''],
  ['hub:\n  |', 'hub', 'keep listen'],
  ['hub:\n  keep:\n    events: 1d\n  |', 'hub', 'listen'],
  ['hub:\n  keep:\n    |', 'keep', 'addresses events'],
  ['hub: { | }', 'hub', 'keep listen'],
  ['hub: { keep: { events: 180d, | } }', 'keep', 'addresses'],
  ['hub: { keep: { eve|nts: 180d } }', 'events', 'events'],
  ['hub: { keep: { events: 18|0d } }', 'events', ''],
  ['sites:\n  - |', 'sites', 'hosts maintenance name routes waf'],
  ['sites:\n- |', 'sites', 'hosts maintenance name routes waf'],
  ['sites:\n- name: a\n  |', 'sites', 'hosts maintenance routes waf'],
  ['sites:\n- name: a\n|', undefined, 'defaults hub listen workers'],
  ['sites:\n  - name: a\n    waf:\n      mode: |', 'mode', 'off detect block'],
  ['sites:\n  - name: a\n    waf:\n      mode: b|', 'mode', 'block'],
  ['sites:\n  - name: a\n    waf: { mode: |', 'mode', 'off detect block'],
  ['sites:\n  - name: a\n    waf: { mode: block }\n    |', 'sites', 'hosts maintenance routes'],
  ['sites:\n  - name: a\n    maintenance: |', 'maintenance', 'true false'],
  ['sites:\n  - name: a\n    hosts:\n      - |', 'hosts', ''],
  ['sites:\n  - name: a\n    routes:\n      - path: /a\n        |', 'routes', 'waf'],
  ['sites:\n  - name: a\n    waf:\n      rules: |\u0000\n        mode: x\n        : y\n      |', 'waf', 'mode'],
  ['sites:\n  - name: a\n  - name: b\n    |', 'sites', 'hosts maintenance routes waf'],
  ['defaults:\n  |', 'defaults', 'maintenance waf'],
  ['{"sites": [{"name": "a", "waf": {"mode": "b|"}}]}', 'mode', 'block'],
  ['{"sites": [{"name": "a",\n  "wa|"}]}', 'sites', 'waf'],
  ['{"sites": [{"name": "a"}], "|": 1}', undefined, 'defaults hub listen workers'],
  ['nothing:\n  here:\n    |', undefined, ''],
  ['}}]]\n  - [ {\n|', undefined, 'defaults hub listen sites workers'],
]
let wrong = 0
for (const [shown, key, offers] of table) {
  const marked = shown.replace('|\u0000', '\u0001')
  const at = marked.indexOf('|')
  const text = (marked.slice(0, at) + marked.slice(at + 1)).replace('\u0001', '|')
  const place = placeOf(text, at)
  const got = place && keyAt(schema, place)?.name
  const names = place ? offersAt(schema, place, '', false).map((each) => each.name) : []
  const sorted = place?.isValue ? names : [...names].sort()
  if (got === key && sorted.join(' ') === offers) continue
  wrong++
  console.log(JSON.stringify(shown), 'is at', got, 'not', key, '; offers', JSON.stringify(sorted.join(' ')), JSON.stringify(place && { ...place, taken: [...place.taken] }))
}
// What is put in: a mapping opens, a list begins, a quoted or a finished key gets its name only.
for (const [name, indent, isBare, text] of [['hub', '', false, 'hub:\n  '], ['sites', '  ', false, 'sites:\n    - '], ['workers', '', false, 'workers: '], ['hub', '', true, 'hub']]) {
  const offer = offersAt(schema, placeOf(name, name.length), indent, isBare).find((each) => each.name === name)
  if (offer?.text !== text) console.log(name, 'puts in', JSON.stringify(offer?.text), ++wrong)
}
// Any place in any text has an answer.
const whole = readFileSync(fileURLToPath(new URL('../../packaging/bouclier.yaml', import.meta.url)), 'utf8')
for (let at = 0; at <= whole.length; at++) offersAt(schema, placeOf(whole, at) ?? placeOf('', 0), '', false)
process.exit(wrong ? 1 : 0)
