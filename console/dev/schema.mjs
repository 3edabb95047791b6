// A few keys, as GET /config/schema has them all.
const mode = { description: 'What becomes of requests that rules find: nothing is looked at, it is written down, or it is refused.', 'x-value': 'one of off, detect, block', 'x-default': 'detect', default: 'detect', enum: ['off', 'detect', 'block'] }
const waf = { description: 'The rules that requests are held against.', 'x-value': 'a mapping', type: 'object', properties: { mode, rules: { description: 'Rules of one’s own.', 'x-value': 'text of at most 1024 bytes without control characters', type: ['string', 'number', 'boolean'] } }, additionalProperties: false, required: [] }
const name = { description: 'The site’s name: in events, in reports, on the command line. Usually its first host.', 'x-value': 'text of 1 to 253 bytes without control characters', type: ['string', 'number', 'boolean'], minLength: 1, maxLength: 253 }
const hosts = { description: 'The hosts it answers for. By default its name.', 'x-value': 'a host name, "*.name" or an address, or a list of them', anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] }
const maintenance = { description: 'Visitors see a page that says so.', 'x-value': 'true or false', 'x-default': 'false', default: false, type: 'boolean' }
const keepTime = (description) => ({ description, 'x-value': 'a duration from 1h to 3650d with its unit (ms, s, m, h or d)', 'x-default': '180d', default: '180d', type: ['string', 'integer'] })
const endpoint = { 'x-value': 'an address and a port (127.0.0.1:443 or [::1]:443)', type: 'string' }
const keep = { description: 'How long what is kept.', 'x-value': 'a mapping', type: 'object', properties: { events: keepTime('Single lines of events.'), addresses: keepTime('Addresses of people in them.') }, required: [] }

export const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'bouclier.yaml',
  type: 'object',
  properties: {
    workers: { description: 'Threads that serve.', 'x-value': 'a number from 1 to 256 or auto', 'x-default': 'auto', 'x-words': ['auto'], 'x-restart': true, type: ['integer', 'string'], minimum: 1, maximum: 256 },
    listen: { description: 'Where requests come in.', 'x-value': 'a mapping, or an address and a port (127.0.0.1:443 or [::1]:443), or a list of them', anyOf: [endpoint, { type: 'array', items: endpoint }] },
    hub: { description: 'The hub: its console, its incidents, its people.', 'x-value': 'a mapping', type: 'object', properties: { keep, listen: { description: 'Where the console is.', ...endpoint, 'x-default': '127.0.0.1:8444' } }, required: [] },
    defaults: { description: 'What a site has that it does not say itself.', $ref: '#/$defs/defaults' },
    sites: { description: 'The sites.', type: 'array', items: { $ref: '#/$defs/site' } },
  },
  required: [],
  $defs: {
    site: { type: 'object', properties: { name, hosts, waf, maintenance, routes: { description: 'Parts of the site that are handled in their own way.', type: 'array', items: { $ref: '#/$defs/route' } } }, required: ['name'] },
    defaults: { type: 'object', properties: { waf, maintenance }, required: [] },
    route: { type: 'object', properties: { path: { description: 'Where the route begins, by whole segments.', 'x-value': 'text of 1 to 1024 bytes without control characters', type: 'string' }, waf }, required: ['path'] },
  },
}
