// Decisions, from the calmest to the hardest: the order of every chart and list of them.
import type { Decision, Rate, Totals } from '../types'
import { word } from '../words/index.svelte'
import type { Line } from './plot'

export const decisions: Decision[] = ['allow', 'log', 'challenge', 'queue', 'limit', 'block', 'drop']

export const linesOfRates = (rates: Rate[]): Line[] =>
  decisions.map((each) => ({ label: word('decision', each), token: each, values: rates.map((rate) => rate[each] ?? 0) }))

export const secondsOf = (at: string | number) => (typeof at === 'number' ? at : Date.parse(at) / 1000)

const STEPS: Record<string, number> = { minute: 60, hour: 3600, day: 86400 }
const POINTS_MAX = 2000

/** Totals leave out what is zero: a chart without it would draw a line through silence. What is still to come is left out. */
function timesOf({ from, to, grain, series }: Totals): number[] {
  const step = STEPS[grain] ?? 60
  const said = series.flatMap((each) => each.points.map(([at]) => at))
  if (!said.length) return []
  const begin = Math.min(Math.floor(secondsOf(from) / step) * step, ...said)
  const end = Math.max(Math.min(secondsOf(to), Date.now() / 1000), ...said)
  const count = Math.min(POINTS_MAX, Math.floor((end - begin) / step) + 1)
  return [...new Set([...Array.from({ length: count }, (_, i) => begin + i * step), ...said])].sort((a, b) => a - b)
}

/** Series of kinds that have a decision in their name, as the hub's totals have them; others are not for this chart. */
export function linesOfTotals(totals: Totals): { times: number[]; lines: Line[] } {
  const { series } = totals
  const times = timesOf(totals)
  const place = new Map(times.map((at, i) => [at, i]))
  const lines = decisions.map((decision) => {
    const values = new Array<number>(times.length).fill(0)
    for (const each of series) if (decisionOf(each.kind) === decision) for (const [at, count] of each.points) values[place.get(at)!] += count
    return { label: word('decision', decision), token: decision as string, values }
  })
  return { times, lines }
}

/** So much before and after an incident is shown of it: as long as it was itself, within these. */
const AROUND_S = { least: 600, most: 1800 }

/** The totals around an incident; DURING is the incident's own time among them. */
export function courseOf(totals: Totals, incident: { opened: string; last_seen: string }) {
  const step = STEPS[totals.grain] ?? 60
  const [opened, last] = [secondsOf(incident.opened), secondsOf(incident.last_seen)]
  const around = Math.min(AROUND_S.most, Math.max(AROUND_S.least, last - opened))
  const { times, lines } = linesOfTotals(totals)
  const isNear = times.map((at) => at + step > opened - around && at <= last + around)
  const near = <V>(values: V[]) => values.filter((_, i) => isNear[i])
  return { times: near(times), lines: lines.map((line) => ({ ...line, values: near(line.values) })), step, during: [Math.floor(opened / step) * step, (Math.floor(last / step) + 1) * step] as [number, number] }
}

export function decisionOf(kind: string): Decision | undefined {
  return kind.split(/[.:/ ]/).find((part): part is Decision => (decisions as string[]).includes(part))
}
