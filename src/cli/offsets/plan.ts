import { partitionKey } from '../../model/topic-partition.ts'
import { inOrder, type Committed, type CommittedMap } from './committed.ts'

/** Where a partition's log begins and ends; null where the partition is not there (any more). */
export interface LogRange {
  readonly start: number
  readonly end: number
}

/**
 * What becomes of one partition's offset in the store that is written to.
 *
 *     create   it had none
 *     raise    it had a smaller one
 *     keep     it has that one, or a larger one that may not be lowered
 *     lower    it had a larger one, and that is allowed
 *     skip     the partition does not exist: nobody could read from there
 */
export type Action = 'create' | 'raise' | 'keep' | 'lower' | 'skip'

export interface PlannedOffset {
  readonly group: string
  readonly topic: string
  readonly partition: number
  /** What is wanted, before the log was looked at. */
  readonly wanted: number
  /** What the store has now; null for nothing. */
  readonly before: number | null
  /** What it will have; null for nothing. */
  readonly after: number | null
  readonly action: Action
  /** What a person should know. */
  readonly remark: string
}

/**
 * Compares what is wanted with what a store has. An offset outside its log is moved to the nearer end: a reader that
 * begins there would be reset otherwise. An offset is lowered only where `mayLower`. Doing the same plan twice, or the
 * rest of one that was interrupted, does no harm: what is done is planned as `keep`.
 */
export function planOffsets(
  wanted: readonly Committed[],
  present: CommittedMap,
  ranges: ReadonlyMap<string, LogRange | null>,
  options: { readonly mayLower: boolean },
): PlannedOffset[] {
  return [...wanted].sort(inOrder).map((entry) => {
    const key = partitionKey(entry.topic, entry.partition)
    const range = ranges.get(key) ?? null
    const before = present.get(key)?.offset ?? null
    const { group, topic, partition, offset } = entry
    const base = { group, topic, partition, wanted: offset, before }
    if (range === null)
      return { ...base, after: before, action: 'skip', remark: 'there is no such partition' }
    const after = Math.min(Math.max(offset, range.start), range.end)
    const moved = after === offset ? '' : `${offset} is ${offset < range.start ? 'before' : 'behind'} the log`
    if (before === null) return { ...base, after, action: 'create', remark: moved }
    if (after === before) return { ...base, after, action: 'keep', remark: moved }
    if (after > before) return { ...base, after, action: 'raise', remark: moved }
    if (options.mayLower) return { ...base, after, action: 'lower', remark: moved || `by ${before - after}` }
    return { ...base, after: before, action: 'keep', remark: `is ahead by ${before - after}` }
  })
}

/** What has to be written to do a plan. */
export function writesOf(plan: readonly PlannedOffset[]): Committed[] {
  return plan
    .filter(({ action }) => action === 'create' || action === 'raise' || action === 'lower')
    .map(({ group, topic, partition, after }) => ({ group, topic, partition, offset: after ?? 0 }))
}

/** Where one store of a group is ahead of the other. Positive: the topic is. */
export interface Drift {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly zookeeper: number | null
  readonly kafka: number | null
  readonly drift: number | null
}

export function driftOf(zookeeper: readonly Committed[], kafka: readonly Committed[]): Drift[] {
  const rows = new Map<string, Drift>()
  const keyOf = (entry: Committed): string => JSON.stringify([entry.group, entry.topic, entry.partition])
  for (const entry of zookeeper) {
    const { group, topic, partition, offset } = entry
    rows.set(keyOf(entry), { group, topic, partition, zookeeper: offset, kafka: null, drift: null })
  }
  for (const entry of kafka) {
    const { group, topic, partition, offset } = entry
    const other = rows.get(keyOf(entry))?.zookeeper ?? null
    const drift = other === null ? null : offset - other
    rows.set(keyOf(entry), { group, topic, partition, zookeeper: other, kafka: offset, drift })
  }
  return [...rows.values()].sort(inOrder)
}
