import type { BrokerId } from '../model/ids.ts'
import type { FollowerProgress } from './isr.ts'

/** Kafka's name for choosing the replica by rack. */
export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/**
 * The replica that a consumer in `rack` had better read from: null when that is the leader, because it is there too or
 * because no replica is. `followers` are those in sync that have what the consumer asks for; of several in the rack the
 * one that is furthest wins, then the one that was caught up last, then the higher id.
 * Source: RackAwareReplicaSelector, ReplicaView (3.9); KIP-392.
 */
export function replicaInRack(
  rack: string,
  followers: Iterable<FollowerProgress>,
  options: { readonly self: BrokerId; readonly rackOf: (broker: BrokerId) => string | null },
): BrokerId | null {
  const { self, rackOf } = options
  if (rack === '' || rackOf(self) === rack) return null
  let best: FollowerProgress | null = null
  for (const follower of followers) {
    if (rackOf(follower.id) === rack && (best === null || isBetter(follower, best))) best = follower
  }
  return best?.id ?? null
}

function isBetter(one: FollowerProgress, other: FollowerProgress): boolean {
  if (one.logEndOffset !== other.logEndOffset) return one.logEndOffset > other.logEndOffset
  if (one.lastCaughtUpMs !== other.lastCaughtUpMs) return one.lastCaughtUpMs > other.lastCaughtUpMs
  return one.id > other.id
}
