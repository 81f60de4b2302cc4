import type { PartitionIndex } from './ids.ts'

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: PartitionIndex
}

/** `orders-3`: stable, unique (the partition follows the last dash) and the name of the log's directory. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** The reverse of `partitionKey`; null when the text does not end in a dash and a number. */
export function parsePartitionKey(key: string): TopicPartition | null {
  const dash = key.lastIndexOf('-')
  if (dash < 1) return null
  const digits = key.slice(dash + 1)
  if (!/^(0|[1-9][0-9]{0,9})$/.test(digits)) return null
  return { topic: key.slice(0, dash), partition: Number(digits) as PartitionIndex }
}
