import type { Sides } from '../sides.ts'

/** What the reader's own groups do all day. */
export interface ReaderLoad {
  readonly groups: number
  /** Partitions in one commit. */
  readonly partitions: number
  /** How often each group commits. */
  readonly everyMs: number
  /** Where the numbers are from, for the report. */
  readonly source: string
}

export interface LoadOptions {
  readonly groups: number | undefined
  readonly partitions: number | undefined
  readonly every: number | undefined
}

/** What Java consumers do by themselves: `auto.commit.interval.ms`. */
const DEFAULT_EVERY_MS = 5000
/** Of a cluster without groups: something to compare at all. */
const DEFAULT_GROUPS = 10
const DEFAULT_PARTITIONS = 16

/** What is given counts; what is not is taken from the groups that there are. */
export async function readerLoad(sides: Sides, options: LoadOptions): Promise<ReaderLoad> {
  const everyMs = options.every ?? DEFAULT_EVERY_MS
  if (options.groups !== undefined && options.partitions !== undefined) {
    return { groups: options.groups, partitions: options.partitions, everyMs, source: 'as given' }
  }
  const names = new Set([...(await sides.zookeeper.groups()), ...(await sides.kafka.groups())])
  const sizes: number[] = []
  for (const name of names) {
    const size = Math.max((await sides.zookeeper.read(name)).length, (await sides.kafka.read(name)).length)
    if (size > 0) sizes.push(size)
  }
  const sum = sizes.reduce((total, size) => total + size, 0)
  const isDerived = sizes.length > 0
  return {
    groups: options.groups ?? (isDerived ? sizes.length : DEFAULT_GROUPS),
    partitions: options.partitions ?? (isDerived ? Math.ceil(sum / sizes.length) : DEFAULT_PARTITIONS),
    everyMs,
    source: isDerived
      ? `from ${sizes.length} groups with ${sum} committed partitions, and a commit every ${everyMs / 1000} s`
      : 'assumed: the cluster has no groups with committed offsets',
  }
}

export function commitsPerSecond({ groups, everyMs }: ReaderLoad): number {
  return (groups * 1000) / everyMs
}
