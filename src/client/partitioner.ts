/** Where records without a partition go: those with a key by its hash, the others a batch here, a batch there. */

const SEED = 0x9747b28c
const MULTIPLIER = 0x5bd1e995

/**
 * The 32-bit murmur2 of Kafka's clients: keys that are equal go to the same partition whichever client writes them.
 * Source: org.apache.kafka.common.utils.Utils.murmur2.
 */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    word = Math.imul(word, MULTIPLIER)
    word ^= word >>> 24
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER)
  }
  const left = length - at
  if (left > 2) hash ^= (bytes[at + 2] as number) << 16
  if (left > 1) hash ^= (bytes[at + 1] as number) << 8
  if (left > 0) hash = Math.imul(hash ^ (bytes[at] as number), MULTIPLIER)
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return hash ^ (hash >>> 15)
}

/** The place among `count` partitions of a record with that key. Source: BuiltInPartitioner.partitionForKey. */
export function partitionOfKey(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count
}
