import { CliError } from '../cli-error.ts'

/** Where a partition's replicas shall be, the preferred leader first. */
export interface PlannedPartition {
  readonly topic: string
  readonly partition: number
  readonly replicas: readonly number[]
}

/** More partitions than any cluster has. */
const MAX_PARTITIONS = 1_000_000

/**
 * A plan as text, in the format of Kafka's own tool, so that either reads what the other wrote.
 * Source: ReassignPartitionsCommand.formatAsReassignmentJson.
 */
export function planText(partitions: readonly PlannedPartition[]): string {
  const lines = partitions.map(
    ({ topic, partition, replicas }) =>
      `  ${JSON.stringify({ topic, partition, replicas, log_dirs: replicas.map(() => 'any') })}`,
  )
  return `{"version":1,"partitions":[\n${lines.join(',\n')}\n]}\n`
}

/** Throws CliError that says which entry is wrong. `name` is the file's. */
export function parsePlan(name: string, text: string): PlannedPartition[] {
  const fail = (why: string): never => {
    throw new CliError(`${name} is not a plan: ${why}`, {
      advice: 'make one: zurau reassign plan > plan.json',
      exitCode: 2,
    })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    return fail((error as Error).message)
  }
  const { version = 1, partitions } = (parsed ?? {}) as { version?: unknown; partitions?: unknown }
  if (version !== 1) fail(`version ${JSON.stringify(version)} is not known`)
  if (!Array.isArray(partitions)) return fail('it has no list of partitions')
  if (partitions.length === 0) fail('its list of partitions is empty')
  if (partitions.length > MAX_PARTITIONS) fail(`more than ${MAX_PARTITIONS} partitions`)
  const seen = new Set<string>()
  return partitions.map((entry: unknown, i) => {
    const { topic, partition, replicas } = (entry ?? {}) as Record<string, unknown>
    const where = `entry ${i + 1}`
    if (typeof topic !== 'string' || topic === '') return fail(`${where} has no topic`)
    if (!isId(partition)) return fail(`${where} (${topic}) has no partition number`)
    if (!Array.isArray(replicas) || replicas.length === 0 || !replicas.every(isId))
      return fail(`${topic}-${partition} has no list of broker ids as its replicas`)
    if (new Set(replicas).size < replicas.length) fail(`${topic}-${partition} names a broker twice`)
    const key = `${topic}-${partition}`
    if (seen.has(key)) fail(`${key} is in it twice`)
    seen.add(key)
    return { topic, partition, replicas }
  })
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
