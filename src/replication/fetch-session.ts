import type { Uuid } from '../model/uuid.ts'

/** What a reader wants of one partition. */
export interface FetchPartition {
  readonly topicId: Uuid
  /** Null while nobody knows the topic of the id. */
  readonly topic: string | null
  readonly partition: number
  readonly fetchOffset: number
  readonly maxBytes: number
  /** The epoch of the leader that the reader knows; -1 when it does not say. */
  readonly currentLeaderEpoch: number
  /** The epoch of the last record that the reader has; -1 when it does not say. */
  readonly lastFetchedEpoch: number
  /** Where a follower's own log begins; -1 from consumers. */
  readonly logStartOffset: number
}

/** What a session looks at when it decides whether a partition has news. */
export interface FetchNews {
  readonly hasError: boolean
  readonly sizeBytes: number
  readonly highWatermark: number
  readonly logStartOffset: number
  readonly isDiverging: boolean
  readonly hasPreferredReplica: boolean
}

/** Request epochs with a meaning of their own (KIP-227). */
export const INITIAL_EPOCH = 0
export const FINAL_EPOCH = -1
export const NO_SESSION = 0

/** The epoch that must follow: counts from 1, never back to 0. */
export function nextSessionEpoch(epoch: number): number {
  if (epoch < 0) return FINAL_EPOCH
  return epoch === 0x7fffffff ? 1 : epoch + 1
}

/** A partition that the reader asked for earlier, and what it was last told of it. */
export class CachedPartition {
  wanted: FetchPartition
  private toldHighWatermark = -1
  private toldLogStartOffset = -1

  constructor(wanted: FetchPartition) {
    this.wanted = wanted
  }

  /** Whether the reader must be told; remembers that it was. */
  tell(news: FetchNews): boolean {
    let isNews = news.sizeBytes > 0 || news.isDiverging || news.hasPreferredReplica
    if (this.toldHighWatermark !== news.highWatermark) {
      this.toldHighWatermark = news.highWatermark
      isNews = true
    }
    if (this.toldLogStartOffset !== news.logStartOffset) {
      this.toldLogStartOffset = news.logStartOffset
      isNews = true
    }
    if (news.hasError) {
      // Tell it again as soon as the error is over.
      this.toldHighWatermark = -1
      isNews = true
    }
    return isNews
  }
}

/** Tells the partitions of a session apart: by the topic's id where the reader uses ids, else by its name. */
export function sessionKey(
  usesTopicIds: boolean,
  topicId: Uuid,
  topic: string | null,
  partition: number,
): string {
  return `${usesTopicIds ? topicId : topic}-${partition}`
}

/**
 * What one reader is following, so that it need not say it again with every request, nor be told what has not changed.
 * Source: KIP-227; kafka.server.FetchSession.
 */
export class FetchSession {
  readonly id: number
  /** Of a follower: not evicted for the sake of a consumer. */
  readonly isPrivileged: boolean
  readonly usesTopicIds: boolean
  readonly createdMs: number
  lastUsedMs: number
  /** The epoch that the next request must have. */
  epoch = nextSessionEpoch(INITIAL_EPOCH)
  /** In the order in which they are served: who got data goes to the end. */
  readonly partitions = new Map<string, CachedPartition>()

  constructor(options: { id: number; isPrivileged: boolean; usesTopicIds: boolean; nowMs: number }) {
    this.id = options.id
    this.isPrivileged = options.isPrivileged
    this.usesTopicIds = options.usesTopicIds
    this.createdMs = options.nowMs
    this.lastUsedMs = options.nowMs
  }

  keyOf(wanted: FetchPartition): string {
    return sessionKey(this.usesTopicIds, wanted.topicId, wanted.topic, wanted.partition)
  }

  /** Takes over what a request adds, changes and no longer wants. */
  update(
    wanted: readonly FetchPartition[],
    forgotten: readonly { topicId: Uuid; topic: string | null; partition: number }[],
  ): void {
    for (const partition of wanted) {
      const key = this.keyOf(partition)
      const known = this.partitions.get(key)
      if (known === undefined) this.partitions.set(key, new CachedPartition(partition))
      else known.wanted = partition
    }
    for (const { topicId, topic, partition } of forgotten) {
      this.partitions.delete(sessionKey(this.usesTopicIds, topicId, topic, partition))
    }
  }

  /** Whether the reader must be told. */
  tell(wanted: FetchPartition, news: FetchNews): boolean {
    return this.partitions.get(this.keyOf(wanted))?.tell(news) ?? true
  }

  /** Who got data lets the others go first next time. */
  serveLast(wanted: FetchPartition): void {
    const key = this.keyOf(wanted)
    const cached = this.partitions.get(key)
    if (cached === undefined) return
    this.partitions.delete(key)
    this.partitions.set(key, cached)
  }
}
