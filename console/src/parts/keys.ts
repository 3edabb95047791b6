// Help by key for a YAML text: where in it somebody stands, and what the schema knows of that place. The schema is the hub's (GET /config/schema), made from
// the tables by which the shield reads the file. Block and flow, as people write configurations: what this cannot follow gets no help, and is checked all the same.

/** JSON Schema as the shield writes it. */
export interface Schema {
  description?: string
  type?: string | string[]
  enum?: string[]
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  $ref?: string
  $defs?: Record<string, Schema>
  'x-value'?: string
  'x-default'?: string
  'x-words'?: string[]
  'x-restart'?: boolean
}

export interface Place {
  /** Names of the mappings that it is in, the outermost first. */
  path: string[]
  /** The key it is at; empty where none is written yet. */
  name: string
  /** Behind the colon of that key, or an item of a list: a value is meant. */
  isValue: boolean
  isFlow: boolean
  /** The word around it, as it would be replaced. */
  from: number
  to: number
  typed: string
  /** The keys that its mapping has already. */
  taken: Set<string>
}
export interface Offer {
  name: string
  help: string
  /** What is put in the text. */
  text: string
  schema?: Schema
}

interface Frame {
  column: number
  name: string
  /** Of a flow: [ or {; a block has none. */
  flow: string
  taken: Set<string>
}
const KEY = /^("(?:[^"\\]|\\.)*"|'[^']*'|[\w./*-]+)\s*:(?=\s|$)/
const DASHES = /^(?:-\s+|-$)*/
const AHEAD_MAX = 20_000
const nameOf = (written: string) => written.replace(/^(["'])(.*)\1$/, '$2')

/** Keys open at the end of what was fed: columns of blocks, brackets of flows. */
class Walk {
  frames: Frame[] = []
  #scalar = -1

  get isFlow() {
    return !!this.frames.at(-1)?.flow
  }
  #close(column: number) {
    while (this.frames.length && this.frames.at(-1)!.column > column) this.frames.pop()
  }
  /** The block that holds keys at COLUMN, whose list items begin at DASH (-1: none). */
  block(column: number, dash: number): Frame {
    this.#close(dash >= 0 ? dash : column)
    const last = this.frames.at(-1)
    if (last?.column === column) return last
    const frame = { column, name: '', flow: '', taken: new Set<string>() }
    this.frames.push(frame)
    return frame
  }
  line(line: string) {
    const indent = line.search(/\S/)
    if (indent < 0 || (line[indent] === '#' && !this.isFlow)) return
    if (this.#scalar >= 0 && indent > this.#scalar) return
    this.#scalar = -1
    let at = indent
    if (!this.isFlow) {
      const dashes = DASHES.exec(line.slice(indent))![0]
      at += dashes.length
      const key = KEY.exec(line.slice(at))
      if (!key) return this.flow(line, at)
      const frame = this.block(at, dashes ? indent : -1)
      frame.name = nameOf(key[1]!)
      frame.taken.add(frame.name)
      if (/^\s*[|>][-+\d]*\s*(#.*)?$/.test(line.slice(at + key[0].length))) this.#scalar = at
      at += key[0].length
    }
    this.flow(line, at)
  }
  /** Brackets, texts and keys of LINE from AT on. */
  flow(line: string, at: number) {
    for (const found of line.slice(at).matchAll(/"(?:[^"\\]|\\.)*"?|'[^']*'?|(?<=^|\s)#.*|[[{\]},:]|[^\s"'#[\]{},:][^\s[\]{},:]*(?::(?=[^\s[\]{},])[^\s[\]{},]*)*/g)) {
      const last = this.frames.at(-1)
      const sign = found[0]
      if (sign[0] === '#') return
      if (sign === '{' || sign === '[') this.frames.push({ column: Infinity, name: '', flow: sign, taken: new Set() })
      else if ((sign === '}' || sign === ']') && last?.flow) this.frames.pop()
      else if (sign === ',' && last?.flow) last.name = ''
      else if (last?.flow === '{' && !last.name && /^\s*:/.test(line.slice(at + found.index + sign.length))) {
        last.name = nameOf(sign)
        last.taken.add(last.name)
      }
    }
  }
}

/** What the lines after it say in the same block. */
function takeAfter(rest: string, column: number, taken: Set<string>) {
  for (const line of rest.split('\n')) {
    const indent = line.search(/\S/)
    if (indent < 0 || line[indent] === '#' || indent > column) continue
    const key = indent === column ? KEY.exec(line.slice(indent)) : null
    if (!key) return
    taken.add(nameOf(key[1]!))
  }
}

/** Null in a comment. */
export function placeOf(text: string, at: number): Place | null {
  const begin = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at)
  const line = text.slice(begin, end)
  const before = line.slice(0, at - begin)
  if (/(^|\s)#/.test(before.replace(/"[^"]*"?|'[^']*'?/g, ''))) return null
  const walk = new Walk()
  for (const each of text.slice(0, begin).split('\n')) walk.line(each)

  const indent = line.trim() ? line.search(/\S/) : before.length
  const dashes = DASHES.exec(line.slice(indent))![0]
  const column = indent + dashes.length
  const from = at - /[\w.*-]*$/.exec(before.slice(Math.min(column, before.length)))![0].length
  const to = at + /^[\w.*-]*/.exec(text.slice(at, end))![0].length
  const key = walk.isFlow ? null : KEY.exec(line.slice(column))
  const isAtKey = !!key && before.length < column + key[0].length
  if (!walk.isFlow && (!key || isAtKey)) {
    const frame = walk.block(column, dashes ? indent : -1)
    takeAfter(text.slice(end + 1, end + AHEAD_MAX), column, frame.taken)
    frame.name = key ? nameOf(key[1]!) : ''
    if (!key) walk.flow(before, column)
  } else {
    walk.line(before)
  }
  const last = walk.frames.at(-1)
  // The cursor is in the middle of a flow's key: it ends behind it.
  const isFlowKey = last?.flow === '{' && !last.name && /^["']?\s*:(?=\s|$)/.test(text.slice(to, end))
  return {
    path: walk.frames.slice(0, -1).map((frame) => frame.name).filter(Boolean),
    name: isFlowKey ? text.slice(from, to) : (last?.name ?? ''),
    isValue: !isAtKey && (last?.flow === '[' || !!last?.name),
    isFlow: walk.isFlow,
    from,
    to,
    typed: text.slice(from, at),
    taken: last?.taken ?? new Set(),
  }
}

/** A node and what it stands for: references followed, items of lists, each alternative. */
function* shapesOf(root: Schema, node: Schema | undefined, depth = 0): Generator<Schema> {
  if (!node || depth > 8) return
  yield node
  if (node.$ref) yield* shapesOf(root, node.$ref === '#' ? root : root.$defs?.[node.$ref.replace('#/$defs/', '')], depth + 1)
  for (const each of node.anyOf ?? []) yield* shapesOf(root, each, depth + 1)
  if (node.items) yield* shapesOf(root, node.items, depth + 1)
}
const mappingOf = (root: Schema, node: Schema | undefined) => [...shapesOf(root, node)].find((each) => each.properties)

/** The mapping at PATH; undefined where the schema knows none there. */
export function mappingAt(root: Schema, path: string[]): Schema | undefined {
  let at: Schema | undefined = root
  for (const name of path) at = mappingOf(root, at?.properties?.[name])
  return at
}
/** What the key at PLACE is: of an item of a list, the list. */
export function keyAt(root: Schema, place: Place): { name: string; schema: Schema } | undefined {
  const path = place.name ? [...place.path, place.name] : place.path
  const name = path.at(-1)
  const schema = name === undefined ? undefined : mappingAt(root, path.slice(0, -1))?.properties?.[name]
  return schema && name ? { name, schema } : undefined
}

/** Words that may stand for SCHEMA, where there are any. */
export function wordsOf(root: Schema, schema: Schema): string[] {
  const words = new Set<string>()
  for (const each of shapesOf(root, schema)) {
    for (const word of [...(each.enum ?? []), ...(each.type === 'boolean' ? ['true', 'false'] : []), ...(each['x-words'] ?? [])]) words.add(word)
    if (each.properties) break
  }
  return [...words]
}

function textOf(root: Schema, name: string, schema: Schema, indent: string, isFlow: boolean): string {
  const inner = mappingOf(root, schema)
  if (isFlow || !inner) return `${name}: `
  const isList = [...shapesOf(root, schema)].some((each) => each.items && mappingOf(root, each.items) === inner)
  return `${name}:\n${indent}  ${isList ? '- ' : ''}`
}

/** What fits at PLACE: keys that its mapping does not have yet, or words for a value. Those that begin as what is typed come first. */
export function offersAt(root: Schema, place: Place, indent: string, isBare: boolean): Offer[] {
  const mapping = place.isValue ? undefined : mappingAt(root, place.path)
  // Where no mapping can be, an item of a list stands: what it is, the list's key says.
  const key = mapping ? undefined : keyAt(root, place)
  const typed = place.typed.toLowerCase()
  const keys = Object.entries(mapping?.properties ?? {}).filter(([name]) => !place.taken.has(name) || name === place.name)
  const all: Offer[] = key
    ? wordsOf(root, key.schema).map((name) => ({ name, help: '', text: name }))
    : keys.map(([name, schema]) => ({ name, help: schema.description ?? '', schema, text: isBare ? name : textOf(root, name, schema, indent, place.isFlow) }))
  const rank = (offer: Offer) => (offer.name.toLowerCase().startsWith(typed) ? 0 : 1)
  return all.filter((offer) => offer.name.toLowerCase().includes(typed)).sort((a, b) => rank(a) - rank(b))
}
