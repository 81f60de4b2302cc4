import type { Random } from '../platform/random.ts'
import { FetchSession } from './fetch-session.ts'

/** A session that was not used, or that was there, for as long may go for a more valuable one. */
const EVICTION_MS = 120_000

/**
 * The sessions of all readers, of which there is a bounded number (`max.incremental.fetch.session.cache.slots`). A
 * reader that gets none is served all the same, only at greater length.
 *
 * Unlike Kafka, one cache and not eight shards of an eighth: there is no lock to contend for.
 * Source: kafka.server.FetchSessionCache.
 */
export class FetchSessionCache {
  private readonly slots: number
  private readonly random: Random
  private readonly sessions = new Map<number, FetchSession>()
  /** Sessions evicted since the start. */
  evictions = 0

  constructor(options: { slots: number; random: Random }) {
    this.slots = options.slots
    this.random = options.random
  }

  get size(): number {
    return this.sessions.size
  }

  get partitionCount(): number {
    let count = 0
    for (const session of this.sessions.values()) count += session.partitions.size
    return count
  }

  get(id: number): FetchSession | null {
    return this.sessions.get(id) ?? null
  }

  remove(id: number): void {
    this.sessions.delete(id)
  }

  /** The session is in use: it is the last to be evicted as idle. */
  touch(session: FetchSession, nowMs: number): void {
    session.lastUsedMs = nowMs
    // A Map keeps the order of insertion: the longest idle one stays first.
    this.sessions.delete(session.id)
    this.sessions.set(session.id, session)
  }

  /** A new session for a reader of `partitionCount` partitions, or null when others are worth more. */
  create(options: {
    isPrivileged: boolean
    usesTopicIds: boolean
    partitionCount: number
    nowMs: number
  }): FetchSession | null {
    const { isPrivileged, usesTopicIds, partitionCount, nowMs } = options
    if (this.slots <= 0) return null
    if (this.sessions.size >= this.slots && !this.evictFor(isPrivileged, partitionCount, nowMs)) return null
    const session = new FetchSession({ id: this.freeId(), isPrivileged, usesTopicIds, nowMs })
    this.sessions.set(session.id, session)
    return session
  }

  private freeId(): number {
    for (;;) {
      const id = 1 + this.random.below(0x7ffffffe)
      if (!this.sessions.has(id)) return id
    }
  }

  private evictFor(isPrivileged: boolean, partitionCount: number, nowMs: number): boolean {
    const victim = this.idleSession(nowMs) ?? this.lessValuableSession(isPrivileged, partitionCount, nowMs)
    if (victim === null) return false
    this.sessions.delete(victim.id)
    this.evictions++
    return true
  }

  private idleSession(nowMs: number): FetchSession | null {
    for (const session of this.sessions.values())
      return nowMs - session.lastUsedMs > EVICTION_MS ? session : null
    return null
  }

  /** Followers may have any consumer's place; otherwise a session must be old, and not larger than the new one. */
  private lessValuableSession(
    isPrivileged: boolean,
    partitionCount: number,
    nowMs: number,
  ): FetchSession | null {
    let least: FetchSession | null = null
    for (const session of this.sessions.values()) {
      const isOld = nowMs - session.createdMs > EVICTION_MS
      const mayGo = isOld || (isPrivileged && !session.isPrivileged)
      if (mayGo && (least === null || compare(session, least) < 0)) least = session
    }
    if (least === null) return null
    const proposed =
      Number(isPrivileged) - Number(least.isPrivileged) || partitionCount - least.partitions.size
    return proposed >= 0 ? least : null
  }
}

function compare(one: FetchSession, other: FetchSession): number {
  return (
    Number(one.isPrivileged) - Number(other.isPrivileged) ||
    one.partitions.size - other.partitions.size ||
    one.id - other.id
  )
}
