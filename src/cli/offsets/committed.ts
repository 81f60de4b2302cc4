import { partitionKey } from '../../model/topic-partition.ts'

/** The two places where a group's offsets may be. */
export const STORES = ['zookeeper', 'kafka'] as const
export type StoreName = (typeof STORES)[number]

export const STORE_TITLES: Readonly<Record<StoreName, string>> = {
  zookeeper: 'ZooKeeper',
  kafka: '__consumer_offsets',
}

/** What a group has committed for one partition, wherever it is kept. */
export interface Committed {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** By partition, for one group. */
export type CommittedMap = ReadonlyMap<string, Committed>

export function byPartition(entries: readonly Committed[]): CommittedMap {
  return new Map(entries.map((entry) => [partitionKey(entry.topic, entry.partition), entry]))
}

/** By group, topic and partition. */
export function inOrder(one: Omit<Committed, 'offset'>, other: Omit<Committed, 'offset'>): number {
  if (one.group !== other.group) return one.group < other.group ? -1 : 1
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1
  return one.partition - other.partition
}
