// What the hub answers, as docs/api/openapi.yaml has it. Members that a page can do without are optional: an older hub is shown all the same.
export type Language = 'nl' | 'fr' | 'de' | 'en'
export type Sentence = Partial<Record<Language, string>>
export type Decision = 'allow' | 'log' | 'challenge' | 'queue' | 'limit' | 'block' | 'drop'
export type Level = 'normal' | 'elevated' | 'attack'
export type Status = 'new' | 'acknowledged' | 'contained' | 'closed'
export type Severity = 'low' | 'medium' | 'high' | 'critical'
export type Series = { kind: string; points: [number, number][] }

export interface Person {
  name: string
  display: string
  language: Language
  roles: string[]
  tenants: string[]
  /** A code from an app, or a passkey. */
  second_factor: boolean
  /** The code from an app. */
  totp: boolean
  last_seen?: string | null
  enrolled?: boolean
  disabled?: boolean
}
export interface Session {
  person: Person
  permits: string[]
  csrf: string
  expires: string
  must: string[]
}
export interface Stranger {
  first_start: boolean
  methods: string[]
  name: string
}

export interface Served {
  state: 'served' | 'degraded' | 'unreachable' | 'unknown'
  per_mille: number | null
  vantage: 'shield' | 'probe' | 'none'
  at_most: boolean
  sentence?: Sentence
}
export type Decisions = Record<Decision, number>
export type Rate = { at: string } & Decisions
export interface Site {
  name: string
  tenant: string
  hosts?: string[]
  reachable: { state: string; since: string | null }
  mode: 'off' | 'detect' | 'block'
  observing: boolean
  origin: { state: 'up' | 'degraded' | 'down' | 'none'; up: number; total: number }
  certificate: { not_after: string | null; days: number | null; self_signed: boolean } | null
  level: Level
  rate_per_s: number | null
  bypass?: { until: string; reason: string } | null
  maintenance?: { until: string | null; message: string } | null
}
export type SiteWhole = Site & { status: Record<string, unknown> }
export interface Brief {
  id: number
  family: string
  status: Status
  severity: Severity
  opened: string
  last: string
  contained: string | null
  closed: string | null
  sites: string[]
  sites_more: number
  owner: string | null
  waves: number
  served?: Served | null
  sentence: Sentence
  version: number
}
export interface Now {
  at: string
  served: Served
  level: Level
  level_reasons: string[]
  rates: Rate[]
  rates_grain_s: number
  sites: Site[]
  sites_more: number
  countries: { country: string; count: number }[]
  networks: { asn: number; name: string | null; count: number }[]
  incidents: Brief[]
  packets: { dropped_per_s: number } | null
  hub: { lag_s: number; edge: 'up' | 'down' }
}

export interface Moment {
  time: string
  what: string
  who: string
  text: string
}
export interface Incident {
  id: number
  title: string
  severity_sentence: string
  citizens_sentence: string
  family: string
  status: Status
  severity: Severity
  subject: string
  owner: string
  opened: string
  last_seen: string
  contained: string | null
  closed: string | null
  goes_on: boolean
  waves: number
  kinds: string[]
  sites: { name: string; tenant: string }[]
  sites_more: number
  vectors: { name: string; unit: 'requests' | 'packets'; count: number; peak: number; share: number }[]
  rule_families: { family: number; lines: number }[]
  countries: { country: string; lines: number }[]
  countries_other: number
  networks: { asn: number; name?: string; lines: number }[]
  networks_other: number
  decisions: Partial<Record<Decision, number>>
  level: Level
  level_moves: number
  bans: number
  citizens: Record<'expected' | 'seen' | 'served' | 'late' | 'not_seen' | 'refused' | 'minutes' | 'minutes_unreachable' | 'minutes_degraded' | 'site_minutes' | 'blind_minutes', number> & {
    vantage: 'outside' | 'shield' | 'unknown'
    served_share: number | null
    line_dropped: boolean
  }
  timeline: Moment[]
  timeline_left_out: number
  notes: { time: string; who: string; text: string }[]
}
export interface IncidentAnswer {
  incident: Incident
  version: number
  served?: Served
  sentences: Partial<Record<Language, { title: string; severity: string; citizens: string }>>
  related: Brief[]
}
export interface Totals {
  from: string | number
  to: string | number
  grain: string
  series: Series[]
}

export type Line = Record<string, unknown> & { '@timestamp': string; 'event.dataset': string }
export interface EventsAnswer {
  events: Line[]
  next: string | null
  is_cut: boolean
  is_over: boolean
}
export interface ExplainedRule {
  id: number
  msg?: string
  phase?: number
  severity?: number
  target?: string
  length?: number
  masked?: boolean
  data?: string
  value?: string
  transformations?: string[]
  sum: boolean
  points?: number
  score?: string
  exclusion?: { rule: number; path: string; exact: boolean; method?: string; parameter?: string }
  no_exclusion?: string
}
export interface Explained {
  from: string
  request_id?: string
  time?: string
  site?: string
  method?: string
  host?: string
  path?: string
  decision?: Decision
  would?: string
  reason?: string
  fault?: string
  status?: number
  text: string
  yaml?: string
  note?: string
  cut: boolean
  rules: ExplainedRule[]
  scores: Record<string, { sum: number; said?: number; threshold: number }>
}

export interface Ban {
  network: string
  reason: string
  until: string
  times: number
}
export interface Protection {
  levels: { site: string; level: Level; reasons: string[]; forced: boolean; floor: string | null }[]
  guards: { site: string; mode: 'on' | 'observe' }[]
  bans: Ban[]
  bans_more: number
  lists?: { name: string; kind: string; entries: number }[]
  admitted: { reference: string; until: string }[]
  bypass: { site: string; until: string; reason: string }[]
  maintenance: { site: string; until: string | null; message: string; allow: string[] }[]
  challenges: { site: string; count: number }[]
}

export interface Complaint {
  file?: string
  line: number
  column: number
  text: string
  suggestion?: string | null
}
export interface ConfigFile {
  path: string
  text: string
}
export interface Proposal {
  id: number
  path: string
  author: string
  at?: string
  why: string
  state: 'waits' | 'approved' | 'rejected' | 'applied' | 'went-back'
  diff: string
  complaints: Complaint[]
  needs_approval: boolean
}
export interface Version {
  number: number
  at: string
  how: string
  who: string
  why: string
  is_now?: boolean
  diff?: string
  confirm_until?: string | null
}

export interface Approval {
  id: number
  what: string
  author: string
  at: string
  why?: string
  object?: string
  detail?: unknown
  status?: string
  decided_by?: string
}
export interface AuditEntry {
  number: number
  at: string
  who: string
  what: string
  object: string
  detail: string
  /** What the detail says, as a code, and what is to be put in. */
  said?: string | null
  arguments: string[]
  hash: string
}
export interface Probe {
  name: string
  heard: string | null
  minute: string | null
  asked: number
  reached: number
  taken: number
  refused: number
  silent: boolean
}
export interface AlertPath {
  path: string
  state: 'ok' | 'failing' | 'unused'
  last_ok: string | null
  last_error: string | null
  waiting: number
}
export interface Health {
  processes: { name: string; state: string; pid?: number; since?: string | null; deaths?: number; memory_bytes?: number }[]
  journal: { lag_lines: number | null; lag_s: number; missing: number; damaged: number; lost: number } | null
  disk: { what: string; free_bytes: number; total_bytes: number }[]
  certificates: { site: string; not_after: string; days: number; self_signed: boolean }[]
  kernel_filter: Record<string, unknown> | null
  alerts: AlertPath[]
  store: Record<string, unknown> | null
  version: string
}
export interface Passkey {
  id: string
  name: string
  made?: string
  used?: string | null
}
export interface Token {
  id: string
  name: string
  scopes: string[]
  tenants: string[]
  expires: string
  used?: string | null
  token?: string
}
