// What the console says, in four languages. English is the shape (words/en.ts); the others are typed by it, and fetched when they are asked for.
import type en from './en'
import type { Language, Sentence } from '../types'

export type Words = Record<keyof typeof en, string>
export type Key = keyof typeof en
type Values = Record<string, string | number>

export const languages: Record<Language, string> = { nl: 'Nederlands', fr: 'Français', de: 'Deutsch', en: 'English' }
const load: Record<Language, () => Promise<{ default: Words }>> = {
  nl: () => import('./nl'),
  fr: () => import('./fr'),
  de: () => import('./de'),
  en: () => import('./en'),
}
const KEPT = 'bouclier-language'

let words = $state.raw<Words>({} as Words)
let current = $state<Language>('en')

export const language = {
  get now() {
    return current
  },
}

function isLanguage(value: string | null | undefined): value is Language {
  return !!value && value in languages
}

/** What the reader chose here, or else the first of his browser's languages that we have. */
export function preferred(): Language {
  const kept = localStorage.getItem(KEPT)
  if (isLanguage(kept)) return kept
  return navigator.languages.map((each) => each.slice(0, 2)).find(isLanguage) ?? 'en'
}

export async function speak(wanted: Language, isChosen = false) {
  words = (await load[wanted]()).default
  current = wanted
  document.documentElement.lang = wanted
  if (isChosen) localStorage.setItem(KEPT, wanted)
}

export const hasChosen = () => localStorage.getItem(KEPT) !== null

/** The text of KEY, its {places} filled. With a number called `n`, KEY.one is preferred where the language counts so. */
export function t(key: Key, values: Values = {}): string {
  let text: string | undefined
  if (typeof values.n === 'number' && new Intl.PluralRules(current).select(values.n) === 'one') text = words[`${key}.one` as Key]
  text ??= words[key] ?? key
  return text.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name]
    return value === undefined ? place : typeof value === 'number' ? value.toLocaleString(current) : value
  })
}

/** Is there a text of that name: for names that come from outside. */
export const has = (key: string): key is Key => Object.hasOwn(words, key)

/** The word for something that the hub names, such as a decision; the hub's own where a newer hub knows one more. */
export function word(group: string, name: string | null | undefined): string {
  return name ? (words[`${group}.${name}` as Key] ?? name.replaceAll('-', ' ')) : '–'
}

/** A sentence that the hub wrote, in the reader's language. */
export function sentence(said: Sentence | undefined | null): string {
  return said?.[current] ?? said?.en ?? ''
}
