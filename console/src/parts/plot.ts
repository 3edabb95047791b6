// uPlot, fetched when the first chart is shown. It draws on a canvas and sets its styles from the script, which the policy allows.
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface Line {
  label: string
  token: string
  values: (number | null)[]
}

const tokenOf = (name: string) => {
  // Tokens are light-dark(): only a property that takes a colour says which of the two it is.
  const probe = document.createElement('i')
  probe.style.color = `var(--${name})`
  document.body.append(probe)
  const colour = getComputedStyle(probe).color
  probe.remove()
  return colour
}

/** Each line on top of those before it: the sum is read as well as the parts. */
function stack(lines: Line[]): (number | null)[][] {
  const below = new Array<number>(lines[0]?.values.length ?? 0).fill(0)
  return lines.map((line) => line.values.map((value, i) => (below[i] += value ?? 0)))
}

export function dataOf(times: number[], lines: Line[]): uPlot.AlignedData {
  // uPlot fills from each line to zero: the highest is drawn first.
  return [times, ...stack(lines).reverse()] as uPlot.AlignedData
}

interface Options {
  height: number
  step: number
  during?: [number, number]
  language: string
}

/** Requests are whole: 1, 2, 5, 10, 20, 50 ... of them. */
const whole = Array.from({ length: 36 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3))

function clockOf(times: number[], { step, language }: Options) {
  const span_s = (times.at(-1) ?? 0) - (times[0] ?? 0)
  return new Intl.DateTimeFormat(language, span_s > 172800 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(step < 60 ? { second: '2-digit' } : {}) })
}

/** Behind the bars: when that was what the chart is about. */
function shade(plot: uPlot, [from, to]: [number, number], colour: string) {
  const { left, top, width, height } = plot.bbox
  const [begin, end] = [from, to].map((at) => Math.min(left + width, Math.max(left, plot.valToPos(at, 'x', true))))
  plot.ctx.fillStyle = colour
  plot.ctx.fillRect(begin, top, Math.max(2, end - begin), height)
}

export function draw(place: HTMLElement, times: number[], lines: Line[], options: Options): uPlot {
  const { step, during } = options
  const [soft, grid, band] = [tokenOf('soft'), tokenOf('grid'), tokenOf('during')]
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const short = new Intl.NumberFormat(options.language, { notation: 'compact', maximumFractionDigits: 1 })
  const axis = { stroke: soft, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
  const clock = clockOf(times, options)
  // What is counted in a minute has no slope: a bar from its begin to its end.
  const paths = uPlot.paths.bars!({ size: [times.length > 120 ? 1 : 0.86, Infinity], align: 1 })
  return new uPlot({
    width: Math.max(200, place.clientWidth), height: options.height,
    padding: [10, 32, 0, 0],
    cursor: { show: false }, legend: { show: false },
    scales: { x: { range: (_, from, to) => [from, to + step] }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    axes: [
      { ...axis, space: step < 60 ? 90 : 64, size: 28, incrs: [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400, 172800, 604800, 2592000].filter((each) => each >= step), grid: { show: false }, values: (_, at) => at.map((each) => clock.format(each * 1000)) },
      { ...axis, size: 52, space: 34, incrs: whole, values: (_, at) => at.map((each) => short.format(each)) },
    ],
    series: [{}, ...[...lines].reverse().map((line) => {
      const colour = tokenOf(line.token)
      return { label: line.label, stroke: colour, width: 0, fill: colour, paths, points: { show: false } }
    })],
    hooks: during ? { drawClear: [(plot) => shade(plot, during, band)] } : {},
  }, dataOf(times, lines), place)
}
