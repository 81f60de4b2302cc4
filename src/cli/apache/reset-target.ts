import { CliError } from '../cli-error.ts'

/** Where `kafka-consumer-groups --reset-offsets` moves a group to. */
export interface ResetOptions {
  readonly toEarliest?: boolean
  readonly toLatest?: boolean
  readonly toCurrent?: boolean
  readonly toOffset?: string
  readonly shiftBy?: string
  readonly toDatetime?: string
  readonly byDuration?: string
  readonly fromFile?: string
}

/** The `--to` of `zurau offsets seek` that does the same. Throws CliError unless exactly one is given, and understood. */
export function resetTarget(options: ResetOptions, nowMs: number): string {
  const { toEarliest, toLatest, toCurrent, toOffset, shiftBy, toDatetime, byDuration, fromFile } = options
  const targets = [
    toEarliest === true ? 'earliest' : null,
    toLatest === true ? 'latest' : null,
    toCurrent === true ? '+0' : null,
    toOffset ?? null,
    shiftBy === undefined ? null : /^[+-]/.test(shiftBy) ? shiftBy : `+${shiftBy}`,
    toDatetime === undefined ? null : `@${timeOf(toDatetime)}`,
    byDuration === undefined ? null : `@${nowMs - isoDuration(byDuration)}`,
    fromFile === undefined ? null : `file:${fromFile}`,
  ].filter((target) => target !== null)
  if (targets.length === 1 && targets[0] !== undefined) return targets[0]
  throw new CliError('--reset-offsets needs exactly one scenario', {
    advice:
      'one of --to-earliest, --to-latest, --to-current, --to-offset, --shift-by, --to-datetime, --by-duration, --from-file',
    exitCode: 2,
  })
}

/** `2024-05-01T10:30:00.000`, with or without a zone; without one it is UTC. Source: Kafka's Utils.getDateTime. */
function timeOf(text: string): number {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:?\d{2})?$/.exec(text)
  const zone = match?.[2]?.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2') ?? 'Z'
  const ms = match === null ? NaN : Date.parse(`${match[1] ?? ''}${zone}`)
  if (!Number.isNaN(ms) && ms >= 0) return ms
  throw new CliError(`--to-datetime ${text} is not understood`, {
    advice: 'write 2024-05-01T10:30:00.000, in UTC or with a zone',
    exitCode: 2,
  })
}

const DURATION = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i

/** Milliseconds of `P1DT2H3M4S`, as java.time.Duration reads it. */
function isoDuration(text: string): number {
  const match = DURATION.exec(text)
  if (match === null) {
    throw new CliError(`--by-duration ${text} is not understood`, {
      advice: 'write PT1H, P1D, P1DT2H30M',
      exitCode: 2,
    })
  }
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}
