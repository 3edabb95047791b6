// Every language says everything, with the same places to fill; and the console asks for nothing that none of them says.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const require = createRequire(new URL('../../console/node_modules/vite/package.json', import.meta.url))
const { transform } = require('esbuild')
const source = fileURLToPath(new URL('../../console/src', import.meta.url))
const wrong = []

async function wordsOf(language) {
  const { code } = await transform(readFileSync(join(source, 'words', `${language}.ts`), 'utf8'), { loader: 'ts', format: 'esm' })
  return (await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)).default
}
const placesOf = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort().join()

const english = await wordsOf('en')
for (const language of ['nl', 'fr', 'de']) {
  const words = await wordsOf(language)
  for (const key of new Set([...Object.keys(english), ...Object.keys(words)])) {
    if (!(key in words) || !(key in english)) wrong.push(`${language}: ${key} is only in one language`)
    else if (!words[key].trim()) wrong.push(`${language}: ${key} is empty`)
    // "1 message" needs no number to fill where "{n} message" has one.
    else if (!key.endsWith('.one') && placesOf(words[key]) !== placesOf(english[key])) wrong.push(`${language}: ${key} fills {${placesOf(words[key])}}, English {${placesOf(english[key])}}`)
  }
  const same = Object.keys(english).filter((key) => english[key] === words[key] && english[key].split(' ').length > 2)
  for (const key of same) wrong.push(`${language}: ${key} is English: ${english[key]}`)
}

const files = (at) => readdirSync(at).flatMap((name) => (statSync(join(at, name)).isDirectory() ? files(join(at, name)) : [join(at, name)]))
const code = files(source).filter((path) => /\.(svelte|ts)$/.test(path) && !/words\/(en|nl|fr|de)\.ts$/.test(path)).map((path) => readFileSync(path, 'utf8')).join('\n')
for (const [, key] of code.matchAll(/\bt\('([^']+)'/g)) if (!(key in english)) wrong.push(`nobody says ${key}`)
const groups = new Set([...code.matchAll(/\bword\('([\w-]+)'|group="([\w-]+)"|\bt\(`([\w-]+)\./g)].map((found) => found[1] ?? found[2] ?? found[3]))
for (const key of Object.keys(english)) {
  const isAsked = code.includes(`'${key}'`) || code.includes(`'${key.replace(/\.one$/, '')}'`) || groups.has(key.split('.')[0])
  if (!isAsked) wrong.push(`nobody asks for ${key}`)
}
for (const each of wrong) console.log(each)
process.exit(wrong.length ? 1 : 0)
