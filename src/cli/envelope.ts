import { isUtf8 } from 'node:buffer'
import type { ConsumedRecord } from '../client/partition-reader.ts'
import { CliError } from './cli-error.ts'

/** A record as JSON: what `consume -o json` writes and `produce --json` reads. Bytes that are no text are in base64. */
export interface Envelope {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** In ms since 1970; -1 for none. */
  readonly timestamp: number
  readonly key?: unknown
  readonly keyBase64?: string
  readonly value?: unknown
  readonly valueBase64?: string
  readonly headers: readonly EnvelopeHeader[]
}

interface EnvelopeHeader {
  readonly key: string
  readonly value?: string | null
  readonly valueBase64?: string
}

/** `decoded` stands for the value where it is given. */
export function toEnvelope(record: ConsumedRecord, decoded?: unknown): Envelope {
  const { topic, partition, offset, timestamp, key, value, headers } = record
  return {
    topic,
    partition,
    offset,
    timestamp,
    ...(isText(key) ? { key: textOf(key) } : { keyBase64: key.toString('base64') }),
    ...(decoded !== undefined
      ? { value: decoded }
      : isText(value)
        ? { value: textOf(value) }
        : { valueBase64: value.toString('base64') }),
    headers: headers.map((header) =>
      isText(header.value)
        ? { key: header.key, value: textOf(header.value) }
        : { key: header.key, valueBase64: header.value.toString('base64') },
    ),
  }
}

function isText(bytes: Buffer | null): bytes is null | (Buffer & { readonly isText: true }) {
  return bytes === null || isUtf8(bytes)
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8')
}

/** What an envelope asks to be written. */
export interface EnvelopeRecord {
  readonly key: Buffer | null
  /** Bytes, or what a schema is to make bytes of. */
  readonly value: Buffer | null | { readonly decoded: unknown }
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[]
  readonly timestamp: number | null
  readonly partition: number | null
}

/**
 * Reads a line of `consume -o json`, or of kcat's `-J`. A value that is not text is written as JSON. Throws CliError
 * for what is neither.
 */
export function fromEnvelope(line: string): EnvelopeRecord {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch (error) {
    throw notAnEnvelope(line, (error as Error).message)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw notAnEnvelope(line, 'it is no object')
  const fields = parsed as Readonly<Record<string, unknown>>
  if (!['key', 'keyBase64', 'value', 'valueBase64', 'payload'].some((name) => name in fields))
    throw notAnEnvelope(line, 'it has neither key nor value')
  const timestamp = fields['timestamp'] ?? fields['ts']
  const partition = fields['partition']
  return {
    key: bytesOf(fields, 'key', line),
    value: valueIn(fields, line),
    headers: headersIn(fields['headers'], line),
    timestamp: typeof timestamp === 'number' && timestamp >= 0 ? timestamp : null,
    partition:
      typeof partition === 'number' && Number.isInteger(partition) && partition >= 0 ? partition : null,
  }
}

function valueIn(fields: Readonly<Record<string, unknown>>, line: string): EnvelopeRecord['value'] {
  const value = fields['value']
  const isDecoded = value !== undefined && value !== null && typeof value !== 'string'
  if (isDecoded) return { decoded: value }
  return 'payload' in fields && !('value' in fields)
    ? bytesOf(fields, 'payload', line)
    : bytesOf(fields, 'value', line)
}

function bytesOf(fields: Readonly<Record<string, unknown>>, name: string, line: string): Buffer | null {
  const base64 = fields[`${name}Base64`]
  if (base64 !== undefined) {
    if (typeof base64 !== 'string') throw notAnEnvelope(line, `${name}Base64 is not text`)
    return Buffer.from(base64, 'base64')
  }
  const value = fields[name]
  if (value === undefined || value === null) return null
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

/** Ours are a list of objects, kcat's a list of names and values in turn. */
function headersIn(value: unknown, line: string): EnvelopeRecord['headers'] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw notAnEnvelope(line, 'headers is not a list')
  const items = value as unknown[]
  if (items.every((item) => typeof item === 'string' || item === null) && items.length % 2 === 0) {
    return items.flatMap((name, i) => {
      const text = items[i + 1]
      return i % 2 === 1
        ? []
        : [{ key: String(name), value: typeof text === 'string' ? Buffer.from(text) : null }]
    })
  }
  return items.map((item) => {
    if (typeof item !== 'object' || item === null || typeof (item as EnvelopeHeader).key !== 'string')
      throw notAnEnvelope(line, 'a header without a key')
    const header = item as EnvelopeHeader
    return { key: header.key, value: bytesOf(header as unknown as Record<string, unknown>, 'value', line) }
  })
}

function notAnEnvelope(line: string, why: string): CliError {
  return new CliError(`${JSON.stringify(line.slice(0, 60))} is not a record in JSON: ${why}`, {
    advice: 'lines look like {"key":"k","value":"v","headers":[{"key":"h","value":"x"}]}',
  })
}
