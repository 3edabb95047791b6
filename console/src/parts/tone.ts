// Which tone a state has. Words always stand beside it.
export type Tone = 'good' | 'warn' | 'bad' | 'calm' | 'info'

const tones: Record<string, Tone> = {
  served: 'good', degraded: 'warn', unreachable: 'bad', unknown: 'calm',
  normal: 'good', elevated: 'warn', attack: 'bad',
  up: 'good', down: 'bad', reachable: 'good', yes: 'good', no: 'bad', ok: 'good', running: 'good', failing: 'bad', failed: 'bad', error: 'bad', waiting: 'warn', untried: 'calm', restarting: 'warn', stopped: 'calm', maintenance: 'info', none: 'calm', unused: 'calm', waits: 'info',
  new: 'bad', acknowledged: 'warn', contained: 'info', closed: 'calm',
  critical: 'bad', high: 'bad', medium: 'warn', low: 'calm',
  over: 'calm', open: 'info', approved: 'good', rejected: 'calm', applied: 'good', 'went-back': 'warn', refused: 'bad', pending: 'info',
  allow: 'good', log: 'calm', challenge: 'info', queue: 'info', limit: 'warn', block: 'bad', drop: 'bad',
}

export const toneOf = (state: string | null | undefined): Tone => (state && tones[state]) || 'calm'
