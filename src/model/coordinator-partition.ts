import type { PartitionIndex } from './ids.ts'
import { javaStringHash } from './java-hash.ts'

/**
 * The partition of an internal topic that holds the state of `key`, a group or a transactional id.
 * Source: Utils.abs(key.hashCode) % partitions, where the absolute value of -2^31 is 0.
 */
export function coordinatorPartition(key: string, partitionCount: number): PartitionIndex {
  const hash = javaStringHash(key)
  return ((hash === -0x80000000 ? 0 : Math.abs(hash)) % partitionCount) as PartitionIndex
}
