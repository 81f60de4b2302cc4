import { CliError } from './cli-error.ts'
import { parseDuration } from './parse.ts'

/** A place in a partition, as it is written at the command line. */
export type RangePoint =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many records after the first one. */
  | { readonly kind: 'after-start'; readonly count: number }
  /** So many records before the end. */
  | { readonly kind: 'before-end'; readonly count: number }
  /** The first record that is not older. */
  | { readonly kind: 'time'; readonly ms: number }

export interface OffsetRange {
  readonly from: RangePoint
  /** Where to stop, itself not read; null: nowhere said. */
  readonly until: RangePoint | null
}

const FORMS =
  'start, end, 10, -10 (the last ten), +10, 10:20, :end, @TIME, @TIME:TIME with 10:30, 2024-05-01T10:30, 1h or ms'

/**
 * Reads `start`, `end`, `10`, `-10`, `+10`, ranges of two such (`10:20`, `:end`), and times behind an `@`: ISO 8601,
 * seconds or milliseconds since 1970, or a duration, which means that long ago. Throws CliError.
 */
export function parseOffsetRange(text: string, nowMs: number): OffsetRange {
  const trimmed = text.trim()
  const range = trimmed.startsWith('@') ? parseTimeRange(trimmed.slice(1), nowMs) : parsePlainRange(trimmed)
  if (range !== null) return range
  throw new CliError(`-o ${text} is not a range of offsets`, { advice: `write ${FORMS}`, exitCode: 2 })
}

function parsePlainRange(text: string): OffsetRange | null {
  const [first = '', second, ...more] = text.split(':')
  if (more.length > 0) return null
  const from = first === '' && second !== undefined ? { kind: 'start' as const } : parsePoint(first)
  if (from === null || second === undefined || second === '')
    return from === null ? null : { from, until: null }
  const until = parsePoint(second)
  return until === null ? null : { from, until }
}

function parsePoint(text: string): RangePoint | null {
  switch (text) {
    case 'start':
    case 'beginning':
    case 'earliest':
      return { kind: 'start' }
    case 'end':
    case 'latest':
      return { kind: 'end' }
  }
  const match = /^([+-]?)([0-9]{1,16})$/.exec(text)
  const value = Number(match?.[2])
  if (match === null || !Number.isSafeInteger(value)) return null
  if (match[1] === '+') return { kind: 'after-start', count: value }
  return match[1] === '-' ? { kind: 'before-end', count: value } : { kind: 'offset', offset: value }
}

/** Times of day have colons too: of all places to cut, the one at which both sides are times. */
function parseTimeRange(text: string, nowMs: number): OffsetRange | null {
  const whole = parseTime(text, nowMs, nowMs)
  if (whole !== null) return { from: { kind: 'time', ms: whole }, until: null }
  for (let at = text.indexOf(':'); at >= 0; at = text.indexOf(':', at + 1)) {
    const from = at === 0 ? 0 : parseTime(text.slice(0, at), nowMs, nowMs)
    if (from === null) continue
    const rest = text.slice(at + 1).replace(/^@/, '')
    if (rest === '' || rest === 'end')
      return { from: { kind: 'time', ms: from }, until: rest === '' ? null : { kind: 'end' } }
    const until = parseTime(rest, nowMs, from)
    if (until !== null) return { from: { kind: 'time', ms: from }, until: { kind: 'time', ms: until } }
  }
  return null
}

/** Milliseconds since 1970, or null. `baseMs` is what `+1h` counts from. */
export function parseTime(text: string, nowMs: number, baseMs: number): number | null {
  if (/^[0-9]{13}$/.test(text)) return Number(text)
  if (/^[0-9]{10}$/.test(text)) return Number(text) * 1000
  const relative = /^([+-]?)([0-9.]+(?:ms|s|m|h|d))$/.exec(text)
  if (relative !== null) {
    const ms = parseDuration(relative[2] ?? '')
    if (ms === null) return null
    return relative[1] === '+' ? baseMs + ms : nowMs - ms
  }
  if (/^[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?$/.test(text)) {
    const day = new Date(nowMs)
    const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
    return hours > 23 ? null : day.setHours(hours, minutes, seconds, 0)
  }
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}

/** The ends of a partition's log. */
export interface LogEnds {
  readonly start: number
  readonly end: number
}

/** The offset of a point, kept within the log. `offsetAt`: of the first record at or after a time, -1 for none. */
export function offsetOfPoint(
  point: RangePoint,
  { start, end }: LogEnds,
  offsetAt: (ms: number) => number,
): number {
  const within = (offset: number): number => Math.min(end, Math.max(start, offset))
  switch (point.kind) {
    case 'start':
      return start
    case 'end':
      return end
    case 'offset':
      return within(point.offset)
    case 'after-start':
      return within(start + point.count)
    case 'before-end':
      return within(end - point.count)
    case 'time': {
      const found = offsetAt(point.ms)
      return found < 0 ? end : within(found)
    }
  }
}
