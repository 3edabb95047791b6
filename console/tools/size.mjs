// What a browser fetches, compressed as the hub sends it: node tools/size.mjs [FOLDER]. The first view is what is there before anything is asked for:
// the page, its script and styles, one language (the largest), and the page of the hub's present state. Prints JSON.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const folder = process.argv[2] ?? 'dist'
const all = (at) => readdirSync(at).flatMap((name) => (statSync(join(at, name)).isDirectory() ? all(join(at, name)) : [join(at, name)]))
const sizeOf = (path) => (/\.woff2$/.test(path) ? statSync(path).size : gzipSync(readFileSync(path), { level: 9 }).length)

const files = all(folder).map((path) => ({ name: path.slice(folder.length + 1), bytes: sizeOf(path) }))
const html = readFileSync(join(folder, 'index.html'), 'utf8')
const isLanguage = (name) => /^assets\/(nl|fr|de|en)-/.test(name)
const isFirst = ({ name }) => name === 'index.html' || html.includes(name) || /^assets\/Now-/.test(name)
const sum = (some) => some.reduce((total, each) => total + each.bytes, 0)
const languages = files.filter((each) => isLanguage(each.name))

console.log(JSON.stringify({
  first: sum(files.filter(isFirst)) + Math.max(...languages.map((each) => each.bytes)),
  // One reader has one language.
  all: sum(files.filter((each) => !isLanguage(each.name))) + Math.max(...languages.map((each) => each.bytes)),
  everything: sum(files),
  files: Object.fromEntries(files.sort((a, b) => b.bytes - a.bytes).map((each) => [each.name, each.bytes])),
}))
