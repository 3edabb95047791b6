// The one door to the hub: paths, the CSRF header, and errors as codes that pages translate.
import type { Schema } from './parts/keys'
import type * as T from './types'

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    text: string,
    readonly said: Record<string, unknown> = {},
  ) {
    super(text)
  }
}

const base = '/api/v1'
let csrf = ''
let whenStranger = (_said: Record<string, unknown>) => {}

/** Each answer that says who is asking is the newest word on the CSRF token. */
export function keepCsrf(token: string) {
  csrf = token
}
export function onStranger(then: typeof whenStranger) {
  whenStranger = then
}

async function refusalOf(answer: Response): Promise<Refusal> {
  const body = await answer.json().catch(() => ({}))
  const error = body.error ?? {}
  return new Refusal(answer.status, error.code ?? `http-${answer.status}`, error.text ?? answer.statusText, { ...body, ...error })
}

async function ask<R>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<R> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-Bouclier-CSRF'] = csrf
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const answer = await fetch(base + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, credentials: 'same-origin' }).catch((error) => {
    if (error.name === 'AbortError') throw error
    throw new Refusal(0, 'no-connection', String(error.message))
  })
  if (!answer.ok) {
    const refusal = await refusalOf(answer)
    if (refusal.code === 'not-logged-in') whenStranger(refusal.said)
    throw refusal
  }
  return (answer.status === 204 ? undefined : await answer.json()) as R
}

const get = <R>(path: string, signal?: AbortSignal) => ask<R>('GET', path, undefined, signal)
const post = <R>(path: string, body: unknown = {}) => ask<R>('POST', path, body)
const at = (...parts: (string | number)[]) => '/' + parts.map((part) => encodeURIComponent(part)).join('/')

/** Leaves out what is empty: the hub's defaults are better than ours. */
function query(asked: Record<string, string | number | null | undefined>) {
  const pairs = Object.entries(asked).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return pairs.length ? '?' + new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])) : ''
}

export type IncidentMove = 'acknowledge' | 'contain' | 'close' | 'reopen'
export interface EventsAsked {
  q?: string
  from?: string
  to?: string
  after?: string | null
  count?: number
}

export const api = {
  session: () => get<T.Session>('/session'),
  login: (name: string, password: string, totp?: string) => post<T.Session>('/session', { name, password, ...(totp ? { totp } : {}) }),
  logout: () => ask<void>('DELETE', '/session', {}),
  firstStart: (code: string, name: string, password: string) => post<T.Session>('/first-start', { code, name, password }),
  enrol: (code: string, name: string, password: string) => post<T.Session>('/first-start', { code, name, password }),
  passkeyAsked: (name?: string) => post<unknown>('/session/passkey/options', name ? { name } : {}),
  passkeyLogin: (credential: unknown) => post<T.Session>('/session/passkey', { credential }),
  certificateLogin: () => post<T.Session>('/session/certificate'),
  breakGlass: (name: string, code: string, why: string) => post<T.Session>('/session/break-glass', { name, code, why }),
  oidcPath: base + '/session/oidc',

  changeMe: (change: { display?: string; language?: string; password?: { old: string; new: string } }) => ask<unknown>('PATCH', '/me', change),
  totpBegin: () => post<{ secret: string; uri: string }>('/me/totp'),
  totpConfirm: (code: string) => post<unknown>('/me/totp/confirm', { code }),
  totpEnd: (password: string) => ask<void>('DELETE', '/me/totp', { password }),
  passkeys: () => get<{ passkeys: T.Passkey[] }>('/me/passkeys'),
  passkeyBegin: () => post<unknown>('/me/passkeys/options'),
  passkeyAdd: (credential: unknown, name: string) => post<unknown>('/me/passkeys', { credential, name }),
  passkeyRemove: (id: string) => ask<void>('DELETE', at('me', 'passkeys', id), {}),
  tokens: () => get<{ tokens: T.Token[] }>('/me/tokens'),
  tokenAdd: (token: { name: string; scopes: string[]; expires: string; tenants?: string[] }) => post<T.Token>('/me/tokens', token),
  tokenRemove: (id: string) => ask<void>('DELETE', at('me', 'tokens', id), {}),

  people: () => get<{ people: T.Person[] }>('/people'),
  personAdd: (person: Partial<T.Person>) => post<{ code?: string; approval?: number }>('/people', person),
  personChange: (name: string, change: Partial<T.Person>) => ask<{ approval?: number } | undefined>('PATCH', at('people', name), change),
  personRemove: (name: string) => ask<void>('DELETE', at('people', name), {}),
  approvals: () => get<{ approvals: T.Approval[] }>('/approvals'),
  approvalMove: (id: number, move: 'approve' | 'reject', why: string) => post<unknown>(at('approvals', id, move), { why }),
  audit: (after?: string | null) => get<{ entries: T.AuditEntry[]; next: string | null }>('/audit' + query({ after, count: 50 })),
  auditVerify: () => get<{ intact: boolean; entries: number; broken_at: number | null }>('/audit/verify'),

  now: (signal?: AbortSignal) => get<T.Now>('/now', signal),
  incidents: (status: string, after?: string | null) => get<{ incidents: T.Brief[]; next: string | null }>('/incidents' + query({ status, after, count: 30 })),
  incident: (id: string) => get<T.IncidentAnswer>(at('incidents', id)),
  incidentMove: (id: number, move: IncidentMove, version: number, note: string) => post<T.IncidentAnswer>(at('incidents', id, move), { version, ...(note ? { note } : {}) }),
  incidentOwner: (id: number, version: number, owner: string) => post<T.IncidentAnswer>(at('incidents', id, 'owner'), { version, owner }),
  incidentNote: (id: number, text: string) => post<T.IncidentAnswer>(at('incidents', id, 'note'), { text }),
  incidentTotals: (id: string) => get<T.Totals>(at('incidents', id, 'totals')),

  events: (asked: EventsAsked, signal?: AbortSignal) => get<T.EventsAnswer>('/events' + query({ ...asked }), signal),
  exportPath: (asked: EventsAsked) => base + '/events/export' + query({ q: asked.q, from: asked.from, to: asked.to }),
  explain: (id: string) => get<T.Explained>(at('requests', id)),

  sites: () => get<{ sites: T.Site[] }>('/sites'),
  site: (name: string) => get<T.SiteWhole>(at('sites', name)),
  protection: () => get<T.Protection>('/protection'),
  ban: (network: string, duration: string, why: string) => post<unknown>('/bans', { network, for: duration, why }),
  unban: (network: string, why: string) => ask<unknown>('DELETE', at('bans', network) + query({ why }), {}),
  level: (site: string, level: string, why: string) => post<unknown>(at('sites', site, 'level'), { level, why }),
  bypass: (site: string, duration: string, why: string) => post<unknown>(at('sites', site, 'bypass'), { for: duration, why }),
  bypassEnd: (site: string, why: string) => ask<unknown>('DELETE', at('sites', site, 'bypass') + query({ why }), {}),
  maintenance: (site: string, duration: string, why: string, message: string) => post<unknown>(at('sites', site, 'maintenance'), { for: duration, why, ...(message ? { message } : {}) }),
  maintenanceEnd: (site: string, why: string) => ask<unknown>('DELETE', at('sites', site, 'maintenance') + query({ why }), {}),

  config: () => get<{ files: T.ConfigFile[]; generation: number }>('/config'),
  configSchema: () => get<Schema>('/config/schema'),
  configCheck: (path: string, text: string) => post<{ ok: boolean; complaints: T.Complaint[] }>('/config/check', { path, text }),
  proposals: () => get<{ proposals: T.Proposal[] }>('/proposals'),
  propose: (path: string, text: string, why: string) => post<T.Proposal>('/proposals', { path, text, why }),
  proposalMove: (id: number, move: 'approve' | 'reject' | 'apply', body: Record<string, string> = {}) => post<unknown>(at('proposals', id, move), body),
  history: () => get<{ versions: T.Version[] }>('/config/history'),
  rollback: (to: number, why: string, confirm?: string) => post<{ to?: number; proposal?: number }>('/config/rollback', { to, why, ...(confirm ? { confirm } : {}) }),
  confirm: () => post<unknown>('/config/confirm'),

  health: () => get<T.Health>('/health'),
  probes: () => get<{ probes: T.Probe[] }>('/probes'),
  alertTest: (path: string) => post<unknown>('/alerts/test', { path }),
  streamPath: base + '/stream',
}
