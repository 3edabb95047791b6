// Numbers and times for somebody tired: grouped, in the reader's language and zone, and the zone said.
import { language, t } from './words/index.svelte'

export function number(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? '–' : value.toLocaleString(language.now, { maximumFractionDigits: digits })
}

/** 1 284 332 as "1.28 million" is read at a glance; the exact figure is the tooltip's. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  if (Math.abs(value) < 10) return number(value, 1)
  return value < 100_000 ? number(value) : value.toLocaleString(language.now, { notation: 'compact', maximumFractionDigits: 1 })
}

export function perMille(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : (value / 1000).toLocaleString(language.now, { style: 'percent', maximumFractionDigits: 1 })
}

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–'
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const step = Math.min(units.length - 1, value > 0 ? Math.floor(Math.log10(value) / 3) : 0)
  return (value / 1000 ** step).toLocaleString(language.now, { style: 'unit', unit: units[step], maximumFractionDigits: 1 })
}

const dateOf = (at: string | number) => new Date(typeof at === 'number' ? at * 1000 : at)
const isToday = (date: Date) => date.toDateString() === new Date().toDateString()

/** Short where it is today; the date too where it is not. */
export function time(at: string | number | null | undefined, withSeconds = false): string {
  if (at === null || at === undefined || at === '') return '–'
  const date = dateOf(at)
  if (Number.isNaN(date.getTime())) return String(at)
  const clock: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(withSeconds ? { second: '2-digit' } : {}) }
  return date.toLocaleString(language.now, isToday(date) ? clock : { day: 'numeric', month: 'short', ...(date.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' }), ...clock })
}

export function timeInFull(at: string | number): string {
  const date = dateOf(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toLocaleString(language.now, { dateStyle: 'full', timeStyle: 'long', hourCycle: 'h23' })
}

/** The reader's zone, as he would say it: "CET, Europe/Brussels". */
export function zone(): string {
  const format = new Intl.DateTimeFormat(language.now, { timeZoneName: 'short' })
  const name = format.formatToParts(new Date()).find((part) => part.type === 'timeZoneName')?.value ?? ''
  const place = format.resolvedOptions().timeZone
  return place && place !== name ? `${name}, ${place.replaceAll('_', ' ')}` : name
}

/** Two units at most: "2 h 5 min". */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–'
  const unit = (value: number, name: string) => value.toLocaleString(language.now, { style: 'unit', unit: name, unitDisplay: 'short' })
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return unit(s, 'second')
  if (s < 3600) return unit(Math.floor(s / 60), 'minute')
  if (s < 172800) return unit(Math.floor(s / 3600), 'hour') + (s % 3600 >= 60 ? ' ' + unit(Math.floor((s % 3600) / 60), 'minute') : '')
  return unit(Math.floor(s / 86400), 'day')
}

export function ago(at: string | number | null | undefined): string {
  if (!at) return '–'
  return t('time.ago', { time: duration((Date.now() - dateOf(at).getTime()) / 1000) })
}

export function between(from: string, to: string | null): string {
  return duration(((to ? dateOf(to).getTime() : Date.now()) - dateOf(from).getTime()) / 1000)
}

/** Names of countries are the browser's. The hub's words for "not known" have none. */
export function country(code: string): string {
  if (!/^[A-Z]{2}$/.test(code) || code === 'XX' || code === 'ZZ') return t('country.unknown')
  try {
    return new Intl.DisplayNames(language.now, { type: 'region' }).of(code) ?? code
  } catch {
    return code
  }
}
