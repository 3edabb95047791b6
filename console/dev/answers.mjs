// What each path answers. Shapes are those of docs/api/openapi.yaml.
import { ago, ahead, countries, decisions, incidentsIn, networks, nowIn, servedIn, sitesIn } from './places.mjs'

const MINUTE = 60_000
const permits = ['see', 'search', 'explain', 'acknowledge', 'operate', 'propose', 'approve', 'people', 'audit', 'administer', 'tokens']
const person = { name: 'agnes', display: 'Agnes Peeters', language: 'en', roles: ['administrator'], tenants: ['*'], second_factor: false, totp: false }
export const session = () => ({ person, permits, csrf: 'csrf-of-the-fixture', expires: ahead(8 * 3_600_000), must: [] })
export const stranger = (state) => ({ error: { code: 'not-logged-in', text: 'Log in first.' }, first_start: state === 'first-start', methods: ['password', 'passkey', 'certificate', 'oidc'], name: 'hub.commune.example' })

const moved = new Map()
function briefOf(state, id) {
  const found = incidentsIn(state).find((each) => each.id === Number(id))
  return found && { ...found, ...moved.get(found.id) }
}
export function incident(state, id) {
  const brief = briefOf(state, id)
  if (!brief) return null
  const isUnknown = brief.served.per_mille === null
  const timeline = [['opened', '', ''], ['level', '', 'normal to elevated: requests'], ['site', '', 'eloket.commune.example'], ['level', '', 'elevated to attack: requests, new sources'], ['severity', '', 'medium to high: citizens had to wait'], ['second-wave', '', 'after 14 minutes of silence'], ...(moved.get(brief.id)?.timeline ?? [])]
  return {
    version: brief.version, served: brief.served,
    sentences: Object.fromEntries(['en', 'nl', 'fr', 'de'].map((each) => [each, { title: brief.sentence[each], severity: { en: 'High: for 7 min citizens had to wait, or were not all served.', nl: 'Hoog: gedurende 7 min moesten burgers wachten of werd niet iedereen geholpen.', fr: 'Élevée : pendant 7 min, des citoyens ont dû attendre ou n’ont pas tous été servis.', de: 'Hoch: 7 min lang mussten Bürger warten, oder nicht alle wurden bedient.' }[each], citizens: brief.served.sentence[each] }])),
    related: incidentsIn(state).filter((each) => each.status === 'closed').slice(0, 2),
    incident: {
      title: brief.sentence.en, severity_sentence: '', citizens_sentence: brief.served.sentence.en, id: brief.id, family: brief.family, status: brief.status, severity: brief.severity, subject: brief.family === 'attack' ? '' : 'waste-1', owner: brief.owner ?? '',
      opened: brief.opened, last_seen: brief.last, contained: brief.contained, closed: brief.closed, quiet_until: null, held_until: null, goes_on: brief.status === 'new', waves: brief.waves, kinds: brief.family === 'attack' ? ['flood', 'application'] : [],
      sites: brief.sites.map((name) => ({ name, tenant: 'commune' })), sites_more: 0, tenants: ['commune'], tenants_more: 0,
      vectors: [['request-flood', 'requests', 1_612_040, 4_920, 861], ['application', 'requests', 182_113, 944, 97], ['tls-handshake', 'requests', 78_002, 510, 42], ['udp-reflection', 'packets', 91_002_330, 1_310_222, 1000]].map(([name, unit, count, peak, share]) => ({ name, unit, count, peak, share })),
      rule_families: [{ family: 942, lines: 812 }], countries: countries.slice(0, 9).map((each) => ({ country: each.country, lines: each.count })), countries_other: 522, networks: networks.map((each) => ({ asn: each.asn, lines: each.count })), networks_other: 3,
      decisions: decisions(40_112, 812, 71_330, 9_120, 1_502_100, 410_233, 220_001), level: 'attack', level_moves: 4, bans: 2,
      citizens: { vantage: isUnknown ? 'unknown' : 'shield', served_share: brief.served.per_mille, ...(isUnknown ? { expected: 0, seen: 0, served: 0, late: 0, not_seen: 0 } : { expected: 2310, seen: 2201, served: 2174, late: 180, not_seen: 109 }), refused: 2_203_664, site_minutes: 11, probed_minutes: 0, blind_minutes: 0, probes: 0, reached: 0, minutes: isUnknown ? 0 : 11, minutes_unreachable: 0, minutes_degraded: isUnknown ? 0 : 7, line_dropped: isUnknown },
      timeline: timeline.map(([what, who, text], i) => ({ time: ago((11 - i * 1.6) * MINUTE), what, who, text })), timeline_left_out: 3,
      notes: [{ time: ago(3 * MINUTE), who: 'agnes', text: 'Called the carrier; they see it too.' }, ...(moved.get(brief.id)?.notes ?? [])], related: [40], fingerprint: 'request-flood/942',
    },
  }
}
export function move(state, id, what, body) {
  const brief = briefOf(state, id)
  if (!brief) return null
  if (body.version && body.version !== brief.version) return 'changed-meanwhile'
  const was = moved.get(brief.id) ?? {}
  const to = { acknowledge: { status: 'acknowledged', owner: person.name }, contain: { status: 'contained', contained: ago(0) }, close: { status: 'closed', contained: ago(1000), closed: ago(0) }, reopen: { status: 'new', closed: null, contained: null }, owner: { owner: body.owner }, note: {} }[what]
  const text = body.note ?? body.text
  moved.set(brief.id, { ...was, ...to, version: brief.version + 1, notes: [...(was.notes ?? []), ...(text ? [{ time: ago(0), who: person.name, text }] : [])] })
  return incident(state, id)
}
export const totals = (id) => ({
  from: ago(40 * MINUTE), to: ago(0), grain: 'minute',
  series: [['allow', 3000, 0], ['challenge', 8000, 18], ['limit', 150_000, 22], ['block', 50_000, 24], ['drop', 20_000, 30]].map(([name, high, since]) => ({ kind: `decisions.${name}`, points: Array.from({ length: 40 }, (_, i) => [Math.floor(Date.now() / MINUTE) * 60 - (40 - i) * 60, i < since ? 0 : Math.round(high * (0.8 + 0.2 * Math.sin(i + Number(id))))]).filter(([, count]) => count) })),
})
/** Two hundred that are long over, for whoever looks at all. */
const old = (state) => (state === 'attack' ? Array.from({ length: 200 }, (_, i) => ({ ...incidentsIn(state).at(-1), id: 1000 + i, status: 'closed', closed: ago((i + 2) * 60 * MINUTE) })) : [])
export const incidents = (state, status, after) => {
  const rows = [...incidentsIn(state), ...(status === 'all' ? old(state) : [])].map((each) => ({ ...each, ...moved.get(each.id) })).filter((each) => status === 'all' || (status === 'open' ? each.status === 'new' || each.status === 'acknowledged' : each.status === status))
  const begin = Number(after ?? 0)
  return { incidents: rows.slice(begin, begin + 10), next: begin + 10 < rows.length ? String(begin + 10) : null }
}

const kinds = [['limit', 'rate-limit', 429, 'GET', '/'], ['block', 'rules', 403, 'POST', '/contact'], ['allow', null, 200, 'GET', '/afspraak'], ['challenge', 'challenged', 503, 'GET', '/zoeken'], ['drop', 'banned', null, 'GET', '/'], ['allow', 'origin-timeout', 504, 'GET', '/attesten/nationaliteit']]
function line(i) {
  if (i % 13 === 7) return { '@timestamp': ago(i * 1700), 'event.dataset': 'bouclier.notice', 'event.action': 'level', 'bouclier.site': 'www.commune.example', 'bouclier.detail': 'elevated to attack: requests, new sources', 'event.sequence': 9000 - i }
  const [decision, reason, status, method, path] = kinds[i % kinds.length]
  return {
    '@timestamp': new Date(Date.now() - i * 1700).toISOString(), 'event.dataset': 'bouclier.request', 'bouclier.node': 'shield-1', 'bouclier.tenant': 'commune', 'bouclier.site': 'www.commune.example', 'bouclier.decision': decision, ...(reason ? { 'bouclier.reasons': [reason] } : {}),
    ...(reason === 'rules' ? { 'bouclier.rules': [{ id: 942100, phase: 2, severity: 2, target: 'ARGS:message', length: 41, data: 'union select', msg: 'SQL Injection Attack Detected via libinjection' }] } : {}),
    'source.ip': decision === 'allow' ? '198.51.100.0' : `203.0.113.${i % 250}`, ...(status ? { 'http.response.status_code': status } : {}), 'event.duration': 18_230_112, 'bouclier.request_id': '3f9c0a7e51d24b86a90be4c7d2f81b35', 'bouclier.worker': i % 2, 'url.scheme': 'https', 'url.domain': 'www.commune.example', 'url.path': path, 'http.request.method': method, 'http.version': '2', 'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64)', 'tls.client.ja4': 't13d1516h2_8daaf6152771_b186095e22b6', 'event.sequence': 9000 - i,
  }
}
export function events(state, query) {
  if (/\($|=$/.test(query.get('q') ?? '')) return { error: { code: 'bad-query', text: 'a value is missing', column: query.get('q').length + 1 } }
  if (state === 'empty' || (query.get('q') ?? '').includes('nothing')) return { events: [], next: null, is_cut: false, is_over: true }
  const begin = Number(query.get('after') ?? 0)
  return { events: Array.from({ length: 40 }, (_, i) => line(begin + i)), next: begin < 120 ? String(begin + 40) : null, is_cut: begin === 80, is_over: begin >= 120 }
}
export const explained = (id) => ({
  from: 'journal', request_id: id, time: ago(90_000), site: 'www.commune.example', method: 'POST', host: 'www.commune.example', path: '/contact', decision: 'block', reason: 'rules', status: 403, cut: false,
  text: 'The request was refused: the rules gave it 10 points, and 5 are enough.\nRule 942100 saw SQL in the field "message".', note: 'The hub has no rule set: transformations are not told.',
  yaml: 'sites:\n  - name: www.commune.example\n    waf:\n      exclude:\n        - { rule: 942100, path: /contact, parameter: message }\n',
  rules: [{ id: 942100, msg: 'SQL Injection Attack Detected via libinjection', phase: 2, severity: 2, target: 'ARGS:message', length: 41, data: 'union select', transformations: ['urlDecodeUni', 'removeNulls'], sum: false, points: 5, score: 'inbound', exclusion: { rule: 942100, path: '/contact', exact: true, parameter: 'message' } }, { id: 942190, msg: 'Detects MSSQL code execution and information gathering attempts', phase: 2, severity: 2, target: 'ARGS:message', data: 'union select', sum: false, points: 5, score: 'inbound' }, { id: 949110, msg: 'Inbound Anomaly Score Exceeded', phase: 2, sum: true }],
  scores: { inbound: { sum: 10, said: 10, threshold: 5 }, outbound: { sum: 0, threshold: 4 } },
})

export const sites = (state) => ({ sites: sitesIn(state) })
export const site = (state, name) => {
  const found = sitesIn(state).find((each) => each.name === name)
  return !found ? null : { ...found, status: { level: found.level, connections: 412, queued: 22, waf: found.mode, ruleset: 'crs', guard: 'on', cache_hit_per_mille: 712 } }
}
export const protection = (state) => ({
  levels: sitesIn(state).map((each) => ({ site: each.name, level: each.level, reasons: each.level === 'normal' ? [] : ['requests', 'new-sources'], forced: each.level === 'elevated', floor: each.name.startsWith('eloket') ? 'elevated' : null })),
  guards: sitesIn(state).map((each) => ({ site: each.name, mode: each.observing ? 'observe' : 'on' })),
  bans: state === 'empty' ? [] : [['203.0.113.7', 'budget', 3], ['198.51.100.0/24', 'Botnet of tonight, ticket 4471', 1], ['2001:db8:77::/48', 'rules', 2]].map(([network, reason, times]) => ({ network, reason, until: ahead(40 * MINUTE), times, cut: false })), bans_more: state === 'attack' ? 1204 : 0,
  admitted: state === 'empty' ? [] : [{ reference: '3f9c0a7e51d24b86a90be4c7d2f81b35', until: ahead(3_600_000) }],
  bypass: state === 'attack' ? [{ site: 'forms.region.example', until: ahead(20 * MINUTE), reason: 'wrong rule, ticket 4470' }] : [],
  maintenance: state === 'empty' ? [] : [{ site: 'zwembad.commune.example', until: ahead(3_600_000), message: 'Back at noon', allow: [] }],
  challenges: state === 'empty' ? [] : [{ site: 'www.commune.example', count: 71_330 }],
})
export const health = (state) => ({
  processes: state === 'empty' ? [] : ['keeper', 'edge', 'resolve', 'packet', 'hub', 'send'].map((name, i) => ({ name, state: state === 'attack' && name === 'send' ? 'down' : 'up', pid: 811 + i, since: ago(9 * 86_400_000), deaths: name === 'edge' ? 1 : 0, memory_bytes: 9_000_000 * (i + 1) ** 2 })),
  journal: state === 'empty' ? null : { lag_lines: state === 'attack' ? 4120 : 0, lag_s: state === 'attack' ? 2 : 0, missing: 0, damaged: 0, lost: state === 'attack' ? 12 : 0 },
  disk: state === 'empty' ? [] : [{ what: 'journal', free_bytes: 61e9, total_bytes: 100e9 }, { what: 'hub', free_bytes: state === 'attack' ? 3e9 : 31e9, total_bytes: 40e9 }],
  certificates: sitesIn(state).map((each) => ({ site: each.name, ...each.certificate })), kernel_filter: state === 'empty' ? null : { mode: 'enforce', interface: 'eth0', dropped: 91_002_330, passed: 1_022_331_002, bans: 1207 },
  alerts: state === 'empty' ? [] : [{ path: 'mail:desk@commune.example', state: 'ok', last_ok: ago(7 * 3_600_000), last_error: null, waiting: 0 }, { path: 'webhook:chat', state: state === 'attack' ? 'failing' : 'unused', last_ok: null, last_error: state === 'attack' ? 'connection refused by 192.0.2.9:443' : null, waiting: state === 'attack' ? 3 : 0 }],
  store: state === 'empty' ? null : { writing: true, error: '', lines: 10_400_233, incidents_followed: 3, incidents_left: 0 }, version: '0.6.0',
})

export const probes = (state) => ({ probes: state === 'empty' ? [] : [{ name: 'neighbour-town', heard: ago(20_000), minute: ago(60_000), taken: 1400, refused: 0, asked: 1400, reached: state === 'attack' ? 1361 : 1400, silent: false }, { name: 'province', heard: null, minute: null, taken: 0, refused: 0, asked: 0, reached: 0, silent: true }] })

const text = `# The town's shield
listen: ["0.0.0.0:443", "[::]:443"]
hub:
  keep: { events: 180d, addresses: 30d }
sites:
  - name: www.commune.example
    origins: [http://10.0.0.11:8080, http://10.0.0.12:8080]
    waf: { ruleset: crs, mode: block }   # since March
    maintenance: "off"
`
const complaintsOf = (said) => (said.includes('modee') ? [{ file: '/etc/bouclier/bouclier.yaml', line: said.split('\n').findIndex((each) => each.includes('modee')) + 1, column: 27, text: 'no such key "modee"', suggestion: 'mode' }] : [])
export const config = () => ({ generation: 12, files: [{ path: '/etc/bouclier/bouclier.yaml', text }, { path: '/etc/bouclier/sites.d/culture/tickets.yaml', text: 'name: tickets.brewery.example\norigins: [http://10.0.3.2:80]\nguard: observe\n' }] })
export const check = (body) => ({ ok: !complaintsOf(body.text).length, complaints: complaintsOf(body.text) })
const diff = '--- /etc/bouclier/bouclier.yaml\n+++ /etc/bouclier/bouclier.yaml\n@@ -6,3 +6,3 @@\n   - name: www.commune.example\n     origins: [http://10.0.0.11:8080, http://10.0.0.12:8080]\n-    waf: { ruleset: crs, mode: detect }\n+    waf: { ruleset: crs, mode: block }   # since March\n'
const made = []
export const proposals = (state) => ({ proposals: state === 'empty' ? [] : [...made, { id: 8, path: '/etc/bouclier/bouclier.yaml', author: 'bruno', at: ago(50 * MINUTE), why: 'A month without a false alarm: block from now on.', state: 'waits', diff, complaints: [], needs_approval: true }, { id: 7, path: '/etc/bouclier/bouclier.yaml', author: 'agnes', at: ago(86_400_000), why: 'Second origin', state: 'approved', diff, complaints: [], needs_approval: true }, { id: 6, path: '/etc/bouclier/bouclier.yaml', author: 'agnes', at: ago(4 * 86_400_000), why: 'Shorter retention', state: 'applied', diff, complaints: [], needs_approval: true }] })
export const propose = (body) => (made.unshift({ id: 9 + made.length, path: body.path, author: 'agnes', at: ago(0), why: body.why, state: 'waits', diff, complaints: [], needs_approval: false }), made[0])
export const history = (state) => ({ versions: state === 'empty' ? [] : [{ number: 12, at: ago(86_400_000), how: 'proposal', who: 'agnes', why: 'Second origin', is_now: true, diff }, { number: 11, at: ago(4 * 86_400_000), how: 'proposal', who: 'bruno', why: 'Shorter retention', diff }, { number: 10, at: ago(40 * 86_400_000), how: 'reload', who: '', why: '' }] })

export const people = (state) => ({ people: state === 'empty' ? [] : [{ ...person, second_factor: true, last_seen: ago(5000) }, { name: 'bruno', display: 'Bruno Lambert', language: 'fr', roles: ['operator'], tenants: ['commune', 'culture'], second_factor: true, totp: true, last_seen: ago(3 * 3_600_000) }, { name: 'claus', display: 'Claus Weber', language: 'de', roles: ['auditor', 'viewer'], tenants: ['*'], second_factor: false, totp: false, last_seen: null }] })
export const approvals = (state) => ({ approvals: state === 'empty' ? [] : [{ id: 3, what: 'roles', author: 'bruno', why: 'She replaces me in July', at: ago(2 * 3_600_000), object: 'claus', detail: { roles: ['operator'] } }, { id: 2, what: 'proposal', author: 'agnes', why: 'Second origin', at: ago(3 * 3_600_000), object: '7' }] })
export const audit = (state, after) => {
  const begin = Number(after ?? 0)
  const row = (i) => ({ number: 1211 - i, at: ago(i * 9 * MINUTE), who: ['agnes', 'bruno', 'agnes/token:grafana'][i % 3], what: ['session.begin', 'ban', 'incident.acknowledge', 'proposal.apply'][i % 4], object: ['', '203.0.113.7', '45', '7'][i % 4], detail: ['by password', 'botnet (1h)', '', 'nobody else could look at it'][i % 4], said: ['way', null, null, 'nobody-looked'][i % 4], arguments: i % 4 ? [] : ['password'], hash: `9f2c${String(7_000_000 + i)}ab41d0e7c5`.padEnd(64, '0') })
  return state === 'empty' ? { entries: [], next: null } : { entries: Array.from({ length: 30 }, (_, i) => row(begin + i)), next: begin < 60 ? String(begin + 30) : null }
}
export const passkeys = (state) => ({ passkeys: state === 'empty' ? [] : [{ id: 'q1w2', name: 'Blue key', made: ago(40 * 86_400_000), used: ago(86_400_000) }] })
export const tokens = (state) => ({ tokens: state === 'empty' ? [] : [{ id: '1', name: 'grafana', scopes: ['see'], tenants: ['*'], expires: ahead(60 * 86_400_000), used: ago(60_000) }] })
export { nowIn as now, servedIn }
