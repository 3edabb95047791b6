// What the hub tells by itself, by Server-Sent Events. Whoever looks at old figures is told that they are old.
import { api } from './api'
import type { Brief, Health, Now } from './types'

let now = $state.raw<Now | null>(null)
let state = $state<'starting' | 'live' | 'reconnecting'>('starting')
let incidents = $state.raw<Map<number, Brief>>(new Map())
let health = $state.raw<Health | null>(null)
let source: EventSource | undefined
let timer: ReturnType<typeof setTimeout> | undefined
let pause_ms = 1000

export const live = {
  get now() {
    return now
  },
  get state() {
    return state
  },
  /** The newest word on each incident that moved since the page was opened. */
  get incidents() {
    return incidents
  },
  get health() {
    return health
  },
}

function read<T>(event: Event, then: (value: T) => void) {
  try {
    then(JSON.parse((event as MessageEvent).data) as T)
  } catch (error) {
    console.error('stream', error)
  }
}

function open() {
  source = new EventSource(api.streamPath)
  source.addEventListener('open', () => {
    state = 'live'
    pause_ms = 1000
  })
  source.addEventListener('now', (event) => read<Now>(event, (value) => (now = value)))
  source.addEventListener('incident', (event) => read<Brief>(event, (value) => (incidents = new Map(incidents).set(value.id, value))))
  source.addEventListener('health', (event) => read<Health>(event, (value) => (health = value)))
  source.addEventListener('error', retry)
}

/** The browser tries again by itself after a broken connection, but not after an answer that is no stream: a hub that restarts. */
function retry() {
  state = 'reconnecting'
  if (source?.readyState !== EventSource.CLOSED) return
  timer = setTimeout(async () => {
    // A session that is over is noticed here; and where the hub has no room for one more stream, this window still has figures.
    await api.now().then((value) => void (source && (now = value)), () => undefined)
    if (source) open()
  }, pause_ms)
  pause_ms = Math.min(pause_ms * 2, 15_000)
}

export function startLive() {
  stopLive()
  state = 'starting'
  open()
}

export function stopLive() {
  clearTimeout(timer)
  source?.close()
  source = undefined
  now = null
  incidents = new Map()
}
