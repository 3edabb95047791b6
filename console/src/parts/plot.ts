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

const fade = (colour: string, alpha: number) => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`)

/** Each line on top of those before it: the sum is read as well as the parts. */
function stack(lines: Line[]): (number | null)[][] {
  const below = new Array<number>(lines[0]?.values.length ?? 0).fill(0)
  return lines.map((line) => line.values.map((value, i) => (below[i] += value ?? 0)))
}

export function dataOf(times: number[], lines: Line[], isStacked: boolean): uPlot.AlignedData {
  // uPlot fills from each line to zero: the highest is drawn first.
  const values = isStacked ? stack(lines).reverse() : lines.map((line) => line.values)
  return [times, ...values] as uPlot.AlignedData
}

export function draw(place: HTMLElement, times: number[], lines: Line[], options: { height: number; isStacked: boolean; language: string }): uPlot {
  const shown = options.isStacked ? [...lines].reverse() : lines
  const [soft, grid] = [tokenOf('soft'), tokenOf('grid')]
  const font = `12px ${getComputedStyle(document.body).fontFamily}`
  const short = new Intl.NumberFormat(options.language, { notation: 'compact', maximumFractionDigits: 1 })
  const axis = { stroke: soft, font, grid: { stroke: grid, width: 1 }, ticks: { show: false } }
  const span_s = (times.at(-1) ?? 0) - (times[0] ?? 0)
  const clock = new Intl.DateTimeFormat(options.language, span_s > 172800 ? { day: 'numeric', month: 'short' } : { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(span_s < 600 ? { second: '2-digit' } : {}) })
  return new uPlot({
    width: Math.max(200, place.clientWidth), height: options.height,
    padding: [10, 22, 0, 0],
    cursor: { show: false }, legend: { show: false },
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    axes: [
      { ...axis, space: 90, size: 28, grid: { show: false }, values: (_, at) => at.map((each) => clock.format(each * 1000)) },
      { ...axis, size: 52, space: 34, values: (_, at) => at.map((each) => short.format(each)) },
    ],
    series: [{}, ...shown.map((line) => {
      const colour = tokenOf(line.token)
      return { label: line.label, stroke: colour, width: options.isStacked ? 1 : 2, fill: options.isStacked ? colour : fade(colour, 0.14), points: { show: false } }
    })],
  }, dataOf(times, lines, options.isStacked), place)
}
