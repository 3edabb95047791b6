// The contrast of colours that the console puts on each other, in both themes (WCAG 2.2, 1.4.3 and 1.4.11), computed from styles/tokens.css.
import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../console/src/styles/tokens.css', import.meta.url), 'utf8')
const tokens = new Map([...text.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(([, name, light, dark]) => [name, [light, dark]]))
const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const luminance = (colour) => [1, 3, 5].map((at) => channel(parseInt(colour.slice(at, at + 2), 16) / 255)).reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0)
const contrast = (a, b) => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

const grounds = ['ground', 'surface', 'sunken', 'raised']
const tones = ['good', 'warn', 'bad', 'calm']
const pairs = [
  ...grounds.flatMap((ground) => [['ink', ground, 7], ['soft', ground, 4.5], ['accent', ground, 4.5], ['focus', ground, 3], ['edge', ground, 3]]),
  ...tones.flatMap((tone) => [[tone, `${tone}-wash`, 4.5], ['ink', `${tone}-wash`, 7], ['soft', `${tone}-wash`, 4.5], [tone, 'surface', 4.5]]),
  ['accent', 'accent-wash', 4.5], ['ink', 'accent-wash', 7], ['on-accent', 'accent', 4.5], ['surface', 'bad', 4.5],
  ...['allow', 'log', 'challenge', 'queue', 'limit', 'block', 'drop'].map((each) => [each, 'surface', 3]),
]
let isBad = false
for (const [front, back, least] of pairs) {
  if (!tokens.has(front) || !tokens.has(back)) {
    console.log(`no token ${tokens.has(front) ? back : front}`)
    isBad = true
    continue
  }
  for (const theme of [0, 1]) {
    const is = contrast(tokens.get(front)[theme], tokens.get(back)[theme])
    if (is >= least) continue
    console.log(`${['light', 'dark'][theme]}: ${front} on ${back} is ${is.toFixed(2)}, less than ${least}`)
    isBad = true
  }
}
process.exit(isBad ? 1 : 0)
