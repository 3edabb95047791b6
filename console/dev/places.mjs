// A town in an hour of attack, and in a calm one.
const MINUTE = 60_000
export const ago = (ms) => new Date(Date.now() - ms).toISOString().replace(/\.\d+Z$/, 'Z')
export const ahead = (ms) => ago(-ms)
const all = (text) => ({ en: text[0], nl: text[1], fr: text[2], de: text[3] })

export const decisions = (allow, log, challenge, queue, limit, block, drop) => ({ allow, log, challenge, queue, limit, block, drop })

const served = {
  calm: { state: 'served', per_mille: 998, vantage: 'probe', at_most: false, sentence: all(['Of the citizens who usually come, 99.8 % were served in time, as seen by the shield and from outside.', 'Van de burgers die gewoonlijk komen, is 99,8 % op tijd geholpen, gezien door het schild en van buitenaf.', 'Des citoyens qui viennent d’habitude, 99,8 % ont été servis à temps, vus par le bouclier et de l’extérieur.', 'Von den Bürgern, die sonst kommen, wurden 99,8 % rechtzeitig bedient, vom Schild und von außen gesehen.']) },
  attack: { state: 'degraded', per_mille: 941, vantage: 'shield', at_most: true, sentence: all(['Of the citizens who usually come, at most 94.1 % were served in time; nobody looked from outside.', 'Van de burgers die gewoonlijk komen, is hoogstens 94,1 % op tijd geholpen; niemand keek van buitenaf.', 'Des citoyens qui viennent d’habitude, au plus 94,1 % ont été servis à temps ; personne n’a regardé de l’extérieur.', 'Von den Bürgern, die sonst kommen, wurden höchstens 94,1 % rechtzeitig bedient; niemand sah von außen.']) },
  unknown: { state: 'unknown', per_mille: null, vantage: 'none', at_most: false, sentence: all(['How many citizens were served is not known.', 'Hoeveel burgers zijn geholpen, is niet bekend.', 'On ne sait pas combien de citoyens ont été servis.', 'Wie viele Bürger bedient wurden, ist nicht bekannt.']) },
}
export const servedIn = (state) => served[state] ?? served.calm

const site = (name, tenant, rest = {}) => ({
  name, tenant, hosts: [name], reachable: { state: 'served', since: ago(9 * 86_400_000) }, mode: 'block', observing: false, origin: { state: 'up', up: 2, total: 2 },
  certificate: { not_after: ahead(71 * 86_400_000), days: 71, self_signed: false }, level: 'normal', rate_per_s: 12, bypass: null, maintenance: null, ...rest,
})
export function sitesIn(state) {
  if (state === 'empty') return []
  const isBad = state === 'attack'
  return [
    site('www.commune.example', 'commune', isBad ? { reachable: { state: 'degraded', since: ago(11 * MINUTE) }, level: 'attack', rate_per_s: 4812, origin: { state: 'degraded', up: 1, total: 2 } } : { rate_per_s: 38 }),
    site('eloket.commune.example', 'commune', isBad ? { level: 'elevated', rate_per_s: 210 } : {}),
    site('tickets.brewery.example', 'culture', { mode: 'detect', observing: true, rate_per_s: 3, certificate: { not_after: ahead(6 * 86_400_000), days: 6, self_signed: false } }),
    site('zwembad.commune.example', 'commune', { reachable: { state: 'maintenance', since: ago(2 * 3_600_000) }, maintenance: { until: ahead(3_600_000), message: 'Back at noon' }, rate_per_s: 0 }),
    site('intranet-of-the-intermunicipal-waste-company.example', 'waste', { reachable: { state: state === 'unknown' ? 'unknown' : 'unreachable', since: ago(4 * MINUTE) }, origin: { state: 'down', up: 0, total: 1 }, certificate: { not_after: ago(86_400_000), days: -1, self_signed: false }, rate_per_s: null }),
    site('forms.region.example', 'region', { certificate: { not_after: ahead(300 * 86_400_000), days: 300, self_signed: true }, rate_per_s: 7 }),
  ]
}

const titles = {
  attack: all(['www.commune.example is under attack', 'www.commune.example wordt aangevallen', 'www.commune.example est attaqué', 'www.commune.example wird angegriffen']),
  outage: all(['The server waste-1 does not answer', 'De server waste-1 antwoordt niet', 'Le serveur waste-1 ne répond pas', 'Der Server waste-1 antwortet nicht']),
  certificate: all(['The certificate of tickets.brewery.example needs attention', 'Het certificaat van tickets.brewery.example vraagt aandacht', 'Le certificat de tickets.brewery.example demande votre attention', 'Das Zertifikat von tickets.brewery.example braucht Aufmerksamkeit']),
}
const brief = (id, family, severity, status, rest = {}) => ({
  id, family, status, severity, opened: ago(11 * MINUTE), last: ago(4000), contained: null, closed: null, sites: ['www.commune.example'], sites_more: 0, owner: null, waves: 1,
  served: servedIn('attack'), sentence: titles[family] ?? titles.attack, version: 3, ...rest,
})
export function incidentsIn(state) {
  if (state === 'empty') return []
  const old = Array.from({ length: 24 }, (_, i) => brief(40 - i, i % 5 === 3 ? 'certificate' : 'attack', ['medium', 'low', 'high'][i % 3], 'closed', { opened: ago((i + 2) * 4 * 86_400_000), last: ago((i + 2) * 4 * 86_400_000 - 40 * MINUTE), contained: ago((i + 2) * 4 * 86_400_000 - 41 * MINUTE), closed: ago((i + 1) * 4 * 86_400_000), owner: 'agnes', served: i % 4 ? servedIn('calm') : servedIn('unknown') }))
  const certificate = brief(43, 'certificate', 'medium', 'acknowledged', { opened: ago(26 * 3_600_000), owner: 'agnes', sites: ['tickets.brewery.example'], served: servedIn('unknown') })
  return state === 'attack' ? [brief(45, 'attack', 'high', 'new', { waves: 2 }), brief(44, 'outage', 'critical', 'new', { opened: ago(4 * MINUTE), sites: ['intranet-of-the-intermunicipal-waste-company.example'], served: servedIn('unknown') }), certificate, ...old] : [certificate, ...old]
}

const wave = (i, high) => Math.round(high * (0.7 + 0.3 * Math.sin(i / 3) + 0.15 * Math.sin(i * 1.7)))
export function ratesIn(state) {
  const begin = Math.floor(Date.now() / 1000) * 1000
  return Array.from({ length: 60 }, (_, i) => {
    const hit = state === 'attack' && i > 48 ? Math.min(1, (i - 48) / 4) : 0
    return { at: new Date(begin - (59 - i) * 1000).toISOString(), ...(state === 'empty' ? decisions(0, 0, 0, 0, 0, 0, 0) : decisions(wave(i, 64), wave(i, 2), Math.round(hit * 148), Math.round(hit * 22), Math.round(hit * wave(i, 3400)), wave(i, 1) + Math.round(hit * 902), Math.round(hit * 511))) }
  })
}
export const countries = [['RU', 41822], ['CN', 20144], ['BR', 9120], ['US', 7702], ['NL', 4210], ['IN', 3994], ['VN', 2871], ['ID', 2003], ['DE', 1650], ['BE', 312], ['XX', 210]].map(([country, count]) => ({ country, count }))
export const networks = [[14061, 'DigitalOcean', 22012], [4134, 'Chinanet', 15530], [24940, 'Hetzner Online', 6120], [5432, null, 220]].map(([asn, name, count]) => ({ asn, name, count }))

export function nowIn(state) {
  const isBad = state === 'attack'
  return {
    at: ago(0), served: servedIn(state === 'empty' ? 'unknown' : state), level: isBad ? 'attack' : 'normal', level_reasons: isBad ? ['requests', 'new-sources', 'pressure'] : [], rates: ratesIn(state), rates_grain_s: 1,
    sites: sitesIn(state), sites_more: 0,
    countries: isBad ? countries : [], networks: isBad ? networks : [], incidents: incidentsIn(state).filter((each) => each.status !== 'closed'),
    packets: isBad ? { dropped_per_s: 1_284_332 } : state === 'empty' ? null : { dropped_per_s: 3 }, hub: { lag_s: state === 'unknown' ? 41 : 0, edge: state === 'unknown' ? 'down' : 'up' },
  }
}
