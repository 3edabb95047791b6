// Serves the built console and made-up answers: dev/README.md. node dev/server.mjs [PORT] [FOLDER]
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as answers from './answers.mjs'
import { schema } from './schema.mjs'

export const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2', '.svg': 'image/svg+xml' }
const states = ['calm', 'attack', 'unknown', 'empty', 'error', 'loading', 'offline', 'login', 'first-start']

/** [method, path as an expression, (state, found, body, query) => answer]. Null is 404, a text an error's code. */
const table = [
  ['GET', /^now$/, (state) => answers.now(state)],
  ['GET', /^incidents$/, (state, _, __, query) => answers.incidents(state, query.get('status'), query.get('after'))],
  ['GET', /^incidents\/(\d+)$/, (state, [id]) => answers.incident(state, id)],
  ['GET', /^incidents\/(\d+)\/totals$/, (_, [id]) => answers.totals(id)],
  ['POST', /^incidents\/(\d+)\/(acknowledge|contain|close|reopen|owner|note)$/, (state, [id, what], body) => answers.move(state, id, what, body)],
  ['GET', /^events$/, (state, _, __, query) => answers.events(state, query)],
  ['GET', /^requests\/([0-9a-f]{32})$/, (_, [id]) => answers.explained(id)],
  ['GET', /^sites$/, (state) => answers.sites(state)],
  ['GET', /^sites\/([^/]+)$/, (state, [name]) => answers.site(state, decodeURIComponent(name))],
  ['GET', /^protection$/, (state) => answers.protection(state)],
  ['POST', /^(bans|sites\/[^/]+\/(level|bypass|maintenance)|alerts\/test|config\/(rollback|confirm)|proposals\/\d+\/\w+|approvals\/\d+\/\w+|me\/totp\/confirm)$/, () => ({})],
  ['DELETE', /^(bans\/[^/]+|sites\/[^/]+\/(bypass|maintenance)|people\/\w+|me\/(passkeys|tokens)\/\w+|me\/totp)$/, () => undefined],
  ['PATCH', /^(me|people\/\w+)$/, () => ({})],
  ['GET', /^health$/, (state) => answers.health(state)],
  ['GET', /^probes$/, (state) => answers.probes(state)],
  ['GET', /^config$/, () => answers.config()],
  ['GET', /^config\/schema$/, () => schema],
  ['POST', /^config\/check$/, (_, __, body) => answers.check(body)],
  ['GET', /^proposals$/, (state) => answers.proposals(state)],
  ['POST', /^proposals$/, (_, __, body) => answers.propose(body)],
  ['GET', /^config\/history$/, (state) => answers.history(state)],
  ['GET', /^people$/, (state) => answers.people(state)],
  ['POST', /^people$/, () => ({ code: 'K7QF-2M9X-RT41' })],
  ['GET', /^approvals$/, (state) => answers.approvals(state)],
  ['GET', /^audit$/, (state, _, __, query) => answers.audit(state, query.get('after'))],
  ['GET', /^audit\/verify$/, () => ({ intact: true, entries: 1211, broken_at: null })],
  ['GET', /^me\/passkeys$/, (state) => answers.passkeys(state)],
  ['GET', /^me\/tokens$/, (state) => answers.tokens(state)],
  ['POST', /^me\/tokens$/, (_, __, body) => ({ ...body, id: '2', tenants: ['*'], token: 'bclt_9f8e7d6c5b4a39281706f5e4d3c2b1a0' })],
  ['POST', /^me\/totp$/, () => ({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/Bouclier:agnes?secret=JBSWY3DPEHPK3PXP' })],
]

function tell(answer, status, body) {
  answer.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  answer.end(status === 204 ? undefined : JSON.stringify(body))
}
const refuse = (answer, status, code) => tell(answer, status, { error: { code, text: `The fixture says ${code}.` } })

function stream(answer, state) {
  answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  const say = () => answer.write(`event: now\ndata: ${JSON.stringify(answers.now(state))}\n\n`)
  answer.write('retry: 2000\n\n')
  say()
  const timer = setInterval(say, 2000)
  answer.on('close', () => clearInterval(timer))
}

function logIn(answer, path, body) {
  const begin = (status) => (answer.setHeader('set-cookie', 'state=calm; Path=/; SameSite=Strict'), tell(answer, status, answers.session()))
  if (path === 'session' && body.password !== 'correct horse battery') return refuse(answer, 401, 'wrong-credentials')
  return path === 'session' && !body.totp && body.name === 'two' ? refuse(answer, 401, 'second-factor-needed') : begin(200)
}

function api(request, answer, url, state, body) {
  const path = url.pathname.slice('/api/v1/'.length)
  if (request.method === 'DELETE' && path === 'session') return answer.setHeader('set-cookie', 'state=login; Path=/; SameSite=Strict'), tell(answer, 204)
  if (state === 'login' || state === 'first-start') return request.method === 'POST' ? logIn(answer, path, body) : tell(answer, 401, answers.stranger(state))
  if (path === 'session') return tell(answer, 200, answers.session())
  if (request.method !== 'GET' && request.headers['x-bouclier-csrf'] !== answers.session().csrf) return refuse(answer, 403, 'bad-csrf')
  if (state === 'loading') return // never answers
  if (path === 'stream') return state === 'error' || state === 'offline' ? refuse(answer, 503, 'busy') : stream(answer, state)
  if (state === 'error') return refuse(answer, 503, 'store-failed')
  if (path === 'events/export') return answer.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-disposition': 'attachment; filename="events.jsonl"' }), answer.end('{"bouclier.export":{"lines":0,"is_whole":true}}\n')
  for (const [method, shape, then] of table) {
    const found = method === request.method && shape.exec(path)
    if (!found) continue
    const said = then(state, found.slice(1), body, url.searchParams)
    if (said === null) return refuse(answer, 404, 'not-found')
    if (typeof said === 'string') return refuse(answer, 409, said)
    return tell(answer, said === undefined ? 204 : said.error ? 400 : 200, said)
  }
  console.error('fixture: no answer for', request.method, path)
  refuse(answer, 404, 'not-found')
}

function file(answer, folder, path) {
  const wanted = join(folder, normalize(path))
  const there = wanted.startsWith(folder) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(folder, 'index.html')
  answer.writeHead(200, { 'content-type': types[extname(there)] ?? 'application/octet-stream' })
  createReadStream(there).pipe(answer)
}

export function serve(port, folder, initial = 'calm') {
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url, 'http://localhost')
    const wanted = url.searchParams.get('state')
    const state = states.includes(wanted) ? wanted : (/\bstate=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? initial)
    answer.setHeader('content-security-policy', policy)
    answer.setHeader('x-content-type-options', 'nosniff')
    if (states.includes(wanted)) answer.setHeader('set-cookie', `state=${wanted}; Path=/; SameSite=Strict`)
    if (!url.pathname.startsWith('/api/')) return file(answer, folder, url.pathname)
    const parts = []
    for await (const part of request) parts.push(part)
    api(request, answer, url, state, parts.length ? JSON.parse(Buffer.concat(parts).toString()) : {})
  })
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[3] ?? fileURLToPath(new URL('../dist', import.meta.url))
  const server = await serve(Number(process.argv[2] ?? 8460), folder)
  console.log(`http://localhost:${server.address().port}/?state=attack`)
}
