import { createContext, Script } from 'node:vm'
import type { ConsumedRecord } from '../client/partition-reader.ts'
import { CliError } from './cli-error.ts'
import { keyValue } from './parse.ts'

export interface FilterOptions {
  readonly filterKey: string | undefined
  readonly filterValue: string | undefined
  /** `name=glob`, each. */
  readonly filterHeader: readonly string[]
  /** A JavaScript expression, or a function of the record. */
  readonly where: string | undefined
}

export interface RecordFilter {
  matches(record: ConsumedRecord, decoded: unknown): boolean
  /** Records for which the expression threw, and what it said first. */
  readonly failures: { readonly count: number; readonly first: string | null }
}

/** All that is given must hold. Throws CliError for an expression that cannot be read. */
export function recordFilter(options: FilterOptions): RecordFilter {
  const tests: ((record: ConsumedRecord, decoded: unknown) => boolean)[] = []
  const { filterKey, filterValue, where } = options
  if (filterKey !== undefined) {
    const glob = globPattern(filterKey)
    tests.push(({ key }) => key !== null && glob.test(key.toString()))
  }
  if (filterValue !== undefined) {
    const glob = globPattern(filterValue)
    tests.push(({ value }) => value !== null && glob.test(value.toString()))
  }
  for (const text of options.filterHeader) {
    const { key: name, value } = keyValue(text, '--filter-header')
    const glob = globPattern(value)
    tests.push(({ headers }) =>
      headers.some((header) => header.key === name && glob.test(header.value?.toString() ?? '')),
    )
  }
  const failures: { count: number; first: string | null } = { count: 0, first: null }
  if (where !== undefined) {
    const evaluate = expression(where)
    tests.push((record, decoded) => {
      try {
        return evaluate(record, decoded)
      } catch (error) {
        failures.count++
        failures.first ??= error instanceof Error ? error.message : String(error)
        return false
      }
    })
  }
  return { matches: (record, decoded) => tests.every((test) => test(record, decoded)), failures }
}

/** `*` is any text, `?` any character, `[a-c]` one of these; the whole text must match. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/[.+^${}()|\\]|\*|\?/g, (character) => {
    if (character === '*') return '[\\s\\S]*'
    return character === '?' ? '[\\s\\S]' : `\\${character}`
  })
  try {
    return new RegExp(`^${source.replaceAll('[!', '[^')}$`, 'u')
  } catch {
    return new RegExp(`^${source.replaceAll('[', '\\[').replaceAll(']', '\\]')}$`, 'u')
  }
}

/** How long an expression may take for one record. */
const LIMIT_MS = 1000

/**
 * An expression over `key`, `value`, `headers`, `topic`, `partition`, `offset` and `timestamp`, or a function of a
 * record with these. A value that is JSON is that, everything else is text. It runs in a context of its own, which
 * keeps mistakes apart; it is no protection from malice, and need not be: whoever types it runs it.
 */
function expression(text: string): (record: ConsumedRecord, decoded: unknown) => boolean {
  const context = createContext({})
  let script: Script
  try {
    script = new Script(`{ const __test = (${text}\n); typeof __test === 'function' ? __test(r) : __test }`, {
      filename: '--where',
    })
  } catch (error) {
    throw new CliError(`--where ${text}: ${(error as Error).message}`, {
      advice: 'write an expression such as value.amount > 10, or r => r.key.startsWith("a")',
      exitCode: 2,
      cause: error,
    })
  }
  return (record, decoded) => {
    const view = viewOf(record, decoded)
    Object.assign(context, view, { r: view })
    return Boolean(script.runInContext(context, { timeout: LIMIT_MS }))
  }
}

function viewOf(record: ConsumedRecord, decoded: unknown): Record<string, unknown> {
  const { topic, partition, offset, timestamp, key, value, headers } = record
  return {
    topic,
    partition,
    offset,
    timestamp,
    key: key === null ? null : key.toString(),
    value: decoded === undefined ? jsonOrText(value) : decoded,
    headers: Object.fromEntries(headers.map((header) => [header.key, header.value?.toString() ?? null])),
  }
}

function jsonOrText(value: Buffer | null): unknown {
  if (value === null) return null
  const text = value.toString()
  if (!/^\s*[[{"\-0-9tfn]/.test(text)) return text
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
