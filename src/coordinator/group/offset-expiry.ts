import type { Group } from './group.ts'
import type { OffsetEntry, OffsetSlot } from './offset-table.ts'
import { CONSUMER } from './subscription.ts'

/**
 * The offsets of a group that nobody has renewed for too long (KIP-211):
 * - of an empty group: all of them, from the time when its last member left; from their commits where an old record
 *   does not say when that was;
 * - of a stable group of consumers: those of topics that nobody subscribes to any more, from their commits;
 * - of a group that only keeps offsets: from their commits;
 * - of any other group: none.
 * What is on its way keeps an offset alive; an offset with a time of its own goes when that has come.
 * Source: GroupMetadata.removeExpiredOffsets.
 */
export function expiredOffsets(group: Group, nowMs: number, retentionMs: number): OffsetEntry[] {
  const base = baseOf(group)
  if (base === null) return []
  const expired: OffsetEntry[] = []
  for (const entry of group.offsets.entries()) {
    const { topic, slot } = entry
    if (!slot.isCommitted || slot.isPending || base.subscribed?.has(topic) === true) continue
    const isExpired =
      slot.expireTimestamp >= 0 ? nowMs >= slot.expireTimestamp : nowMs - base.timestamp(slot) >= retentionMs
    if (isExpired) expired.push(entry)
  }
  return expired
}

interface Base {
  readonly timestamp: (slot: OffsetSlot) => number
  /** Topics whose offsets are in use. */
  readonly subscribed: ReadonlySet<string> | null
}

/** From when the offsets of a group age; null when they do not. */
function baseOf(group: Group): Base | null {
  const { protocolType, state, sinceMs, subscribedTopics } = group
  const sinceCommit = (slot: OffsetSlot): number => slot.commitTimestamp
  if (protocolType === null) return { timestamp: sinceCommit, subscribed: null }
  if (state === 'Empty') return { timestamp: sinceMs < 0 ? sinceCommit : () => sinceMs, subscribed: null }
  if (protocolType === CONSUMER && state === 'Stable' && subscribedTopics !== null) {
    return { timestamp: sinceCommit, subscribed: subscribedTopics }
  }
  return null
}
