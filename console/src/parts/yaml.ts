// Enough of YAML to colour it: names, texts, numbers and comments of one line. What a line means, the hub says.
export type Piece = { text: string; kind: 'name' | 'text' | 'value' | 'comment' | '' }

const shape = /(^\s*(?:- )*)([A-Za-z_][\w.-]*|"[^"]*")(:(?=\s|$))|([{,]\s*)([A-Za-z_][\w.-]*)(:(?=\s))|("(?:[^"\\]|\\.)*"|'[^']*')|((?<=\s|^)#.*$)|((?<=[\s[:,]|^)(?:\d[\w.%/]*|true|false|on|off|null)(?=[\s,\]}]|$))/g

export function piecesOf(line: string): Piece[] {
  const pieces: Piece[] = []
  let last = 0
  const put = (text: string | undefined, kind: Piece['kind']) => text && pieces.push({ text, kind })
  for (const found of line.matchAll(shape)) {
    put(line.slice(last, found.index), '')
    last = found.index + found[0].length
    if (found[2]) (put(found[1], ''), put(found[2], 'name'), put(found[3], ''))
    else if (found[5]) (put(found[4], ''), put(found[5], 'name'), put(found[6], ''))
    else if (found[7]) put(found[7], 'text')
    else if (found[8]) put(found[8], 'comment')
    else put(found[9], 'value')
  }
  put(line.slice(last), '')
  return pieces
}
