// Decisions, from the calmest to the hardest: the order of every chart and list of them.
import type { Decision, Rate, Series } from '../types'
import { word } from '../words/index.svelte'
import type { Line } from './plot'

export const decisions: Decision[] = ['allow', 'log', 'challenge', 'queue', 'limit', 'block', 'drop']

export const linesOfRates = (rates: Rate[]): Line[] =>
  decisions.map((each) => ({ label: word('decision', each), token: each, values: rates.map((rate) => rate[each] ?? 0) }))

export const secondsOf = (at: string | number) => (typeof at === 'number' ? at : Date.parse(at) / 1000)

/** Series of kinds that have a decision in their name, as the hub's totals have them; others are not for this chart. */
export function linesOfSeries(series: Series[]): { times: number[]; lines: Line[] } {
  const times = [...new Set(series.flatMap((each) => each.points.map(([at]) => at)))].sort((a, b) => a - b)
  const place = new Map(times.map((at, i) => [at, i]))
  const lines = decisions.map((decision) => {
    const values = new Array<number>(times.length).fill(0)
    for (const each of series) if (decisionOf(each.kind) === decision) for (const [at, count] of each.points) values[place.get(at)!] += count
    return { label: word('decision', decision), token: decision as string, values }
  })
  return { times, lines }
}

export function decisionOf(kind: string): Decision | undefined {
  return kind.split(/[.:/ ]/).find((part): part is Decision => (decisions as string[]).includes(part))
}
