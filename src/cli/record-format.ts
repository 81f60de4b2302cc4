import type { ConsumedRecord } from '../client/partition-reader.ts'
import { CliError } from './cli-error.ts'

/** A record, and how many were printed before it. */
export interface PrintedRecord {
  readonly record: ConsumedRecord
  readonly index: number
  /** What the value is, decoded; undefined where it is printed as it is. */
  readonly decoded?: unknown
}

/** Writes a record; bytes stay what they are. */
export type RecordFormatter = (printed: PrintedRecord) => Buffer

type Piece = (printed: PrintedRecord) => string | Buffer

/** What stands behind a percent sign, and how many characters it takes. */
export interface Directive {
  readonly piece: Piece
  readonly length: number
}

/** Reads a format of text, escapes and what `directive` makes of a percent sign. */
export function parseFormat(
  text: string,
  directive: (text: string, at: number) => Directive,
): RecordFormatter {
  const pieces: Piece[] = []
  let literal: Buffer[] = []
  const flush = (): void => {
    const bytes = Buffer.concat(literal)
    if (bytes.length > 0) pieces.push(() => bytes)
    literal = []
  }
  for (let at = 0; at < text.length;) {
    const character = text[at] as string
    if (character === '%') {
      flush()
      const { piece, length } = directive(text, at)
      pieces.push(piece)
      at += length
    } else if (character === '\\') {
      const { bytes, length } = readEscape(text, at)
      literal.push(bytes)
      at += length
    } else {
      const end = /[%\\]|$/g
      end.lastIndex = at
      const next = end.exec(text)?.index ?? text.length
      literal.push(Buffer.from(text.slice(at, next)))
      at = next
    }
  }
  flush()
  return (printed) => {
    const parts = pieces.map((piece) => {
      const part = piece(printed)
      return typeof part === 'string' ? Buffer.from(part) : part
    })
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }
}

/** What a letter prints. Null stands for null keys and values. */
export interface Letter {
  readonly doc: string
  readonly take: (printed: PrintedRecord) => string | number | Buffer | null
}

export function valueOf({ record, decoded }: PrintedRecord): Buffer | null {
  return decoded === undefined ? record.value : Buffer.from(JSON.stringify(decoded))
}

/**
 * The letters of rpk's language: `%k %v`, lengths in capitals, modifiers in braces behind.
 * Source: rpk topic consume --help.
 */
export const PERCENT_LETTERS: Readonly<Record<string, Letter>> = {
  t: { doc: 'topic', take: ({ record }) => record.topic },
  T: { doc: 'length of the topic', take: ({ record }) => Buffer.byteLength(record.topic) },
  k: { doc: 'key', take: ({ record }) => record.key },
  K: { doc: 'length of the key', take: ({ record }) => record.key?.length ?? -1 },
  v: { doc: 'value', take: valueOf },
  V: { doc: 'length of the value', take: (printed) => valueOf(printed)?.length ?? -1 },
  p: { doc: 'partition', take: ({ record }) => record.partition },
  o: { doc: 'offset', take: ({ record }) => record.offset },
  d: { doc: 'timestamp, in ms since 1970', take: ({ record }) => record.timestamp },
  H: { doc: 'number of headers', take: ({ record }) => record.headers.length },
  i: { doc: 'number of the record, from 1', take: ({ index }) => index + 1 },
  x: { doc: 'producer id, always -1 here', take: () => -1 },
  '%': { doc: 'a percent sign', take: () => '%' },
}

const NULL_TEXT = ''

/**
 * Reads a format in rpk's language. `%v{hex}`, `%v{base64}`, `%v{json}`, `%d{iso}`, `%K{big32}`; `%h{%k=%v,}` for
 * each header; `\n`, `\t`, `\x00` for what cannot be typed. Throws CliError, with the place.
 */
export function parsePercentFormat(text: string): RecordFormatter {
  return parseFormat(text, readDirective)
}

function readDirective(text: string, at: number): Directive {
  const name = text[at + 1] ?? ''
  const brace = readBraces(text, at + 2)
  const length = 2 + (brace === null ? 0 : brace.length + 2)
  if (name === 'h') return { piece: headersPiece(brace, text, at), length }
  const letter = PERCENT_LETTERS[name]
  if (letter === undefined) {
    const known = [...Object.keys(PERCENT_LETTERS), 'h'].map((each) => `%${each}`).join(' ')
    throw badFormat(text, at, `%${name} is unknown`, `there are: ${known}`)
  }
  if (name === '%') return { piece: () => '%', length: 2 }
  return { piece: modified(letter, brace, text, at), length }
}

function modified(letter: Letter, modifier: string | null, text: string, at: number): Piece {
  const take = letter.take
  const asText = (printed: PrintedRecord): string | Buffer => {
    const taken = take(printed)
    return taken === null ? NULL_TEXT : typeof taken === 'number' ? String(taken) : taken
  }
  const asBuffer = (printed: PrintedRecord): Buffer => {
    const taken = asText(printed)
    return typeof taken === 'string' ? Buffer.from(taken) : taken
  }
  switch (modifier) {
    case null:
    case 'ascii':
    case 'text':
      return asText
    case 'hex':
      return (printed) => asBuffer(printed).toString('hex')
    case 'base64':
      return (printed) => asBuffer(printed).toString('base64')
    case 'json':
      return (printed) => JSON.stringify(asBuffer(printed).toString())
    case 'iso':
    case 'go[2006-01-02T15:04:05Z07:00]':
    case 'strftime[%FT%TZ]':
      return (printed) => isoTime(Number(take(printed)))
    default:
      return packed(modifier, take, text, at)
  }
}

const INTEGER_WIDTHS: Readonly<Record<string, number>> = { '8': 1, '16': 2, '32': 4, '64': 8 }

/** `big32`, `little16`, `byte`: the number as bytes, for programs that read frames. */
function packed(modifier: string, take: Letter['take'], text: string, at: number): Piece {
  const match = /^(?:(big|little)(8|16|32|64)|byte)$/.exec(modifier)
  if (match === null) {
    throw badFormat(
      text,
      at,
      `{${modifier}} is unknown`,
      'there are: hex base64 json iso big8..64 little8..64',
    )
  }
  const width = INTEGER_WIDTHS[match[2] ?? '8'] as number
  return (printed) => {
    const bytes = Buffer.alloc(8)
    const value = BigInt.asIntN(width * 8, BigInt(Number(take(printed) ?? -1)))
    if (match[1] === 'little') {
      bytes.writeBigInt64LE(value)
      return bytes.subarray(0, width)
    }
    bytes.writeBigInt64BE(value)
    return bytes.subarray(8 - width)
  }
}

/** `%h{%k=%v }`: the text in braces once for each header. */
function headersPiece(inner: string | null, text: string, at: number): Piece {
  if (inner === null) throw badFormat(text, at, '%h needs a format for each header', 'write %h{%k=%v }')
  const format = parsePercentFormat(inner)
  return ({ record, index }) =>
    Buffer.concat(
      record.headers.map(({ key, value }) =>
        format({ index, record: { ...record, key: Buffer.from(key), value, headers: [] } }),
      ),
    )
}

/** The text between braces that begin at `at`, braces inside included; null where there are none. */
function readBraces(text: string, at: number): string | null {
  if (text[at] !== '{') return null
  let depth = 0
  for (let i = at; i < text.length; i++) {
    if (text[i] === '{') depth++
    else if (text[i] === '}' && --depth === 0) return text.slice(at + 1, i)
  }
  throw badFormat(text, at, 'a brace is not closed', 'close it with }')
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' }

/** What a backslash stands for: a character, or a byte (`\\xNN`). */
function readEscape(text: string, at: number): { bytes: Buffer; length: number } {
  const name = text[at + 1] ?? ''
  if (name === 'x') {
    const digits = /^[0-9a-fA-F]{2}/.exec(text.slice(at + 2))?.[0]
    if (digits === undefined) throw badFormat(text, at, '\\x without two hexadecimal digits', 'write \\x00')
    return { bytes: Buffer.from(digits, 'hex'), length: 4 }
  }
  const escaped = ESCAPES[name]
  if (escaped === undefined)
    throw badFormat(text, at, `\\${name} is unknown`, 'there are: \\n \\t \\r \\\\ \\x00')
  return { bytes: Buffer.from(escaped), length: 2 }
}

/** ISO 8601 in UTC; empty for a record without a timestamp. */
export function isoTime(ms: number): string {
  return ms < 0 || ms > 8.64e15 ? '' : new Date(ms).toISOString()
}

export function badFormat(text: string, at: number, what: string, advice: string): CliError {
  return new CliError(`format ${JSON.stringify(text)}, character ${at + 1}: ${what}`, { advice, exitCode: 2 })
}
