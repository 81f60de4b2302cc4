import { present } from '../../std/assert.ts'
import type { Deferred } from '../../std/deferred.ts'
import type { JoinResult, SyncResult } from './results.ts'
import { NO_BYTES } from './results.ts'
import type { SessionTimer } from './session-timer.ts'

/** A protocol that a member can follow, and what it says about itself under it. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Buffer
}

export interface MemberDescription {
  readonly memberId: string
  /** A static member's own name, or null. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  /** In the form of Java's InetAddress: `/10.0.0.1`. */
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly protocolType: string
  /** Best first. */
  readonly protocols: readonly MemberProtocol[]
}

/** One member of a group. Changed only by its group and the rebalance. Source: kafka.coordinator.group.MemberMetadata. */
export class Member {
  /** Changes when a static member comes back. */
  memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  protocols: readonly MemberProtocol[]
  assignment: Buffer = NO_BYTES
  /** Joins for the first time and has had no answer yet. */
  isNew = false
  /** Who waits for the end of the rebalance. A member that asks twice is answered twice. */
  joining: Deferred<JoinResult> | null = null
  /** Who waits for the assignment. */
  syncing: Deferred<SyncResult> | null = null
  readonly session: SessionTimer

  constructor(description: MemberDescription, session: SessionTimer) {
    this.memberId = description.memberId
    this.groupInstanceId = description.groupInstanceId
    this.clientId = description.clientId
    this.clientHost = description.clientHost
    this.protocolType = description.protocolType
    this.rebalanceTimeoutMs = description.rebalanceTimeoutMs
    this.sessionTimeoutMs = description.sessionTimeoutMs
    this.protocols = description.protocols
    this.session = session
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null
  }

  /**
   * Whether it is excused from sending heartbeats: its request is being held here. Not so when it joins for the first
   * time: it may have gone and come back under another id.
   */
  get isExcused(): boolean {
    return !this.isNew && (this.joining !== null || this.syncing !== null)
  }

  /** What it says about itself under `protocol`, which it must support. */
  metadataFor(protocol: string): Buffer {
    const found = this.protocols.find(({ name }) => name === protocol)
    return present(found, `protocol ${protocol} of member ${this.memberId}`).metadata
  }

  /** Whether it says the same as before: equal names in the same order, and equal bytes. */
  says(protocols: readonly MemberProtocol[]): boolean {
    if (protocols.length !== this.protocols.length) return false
    return this.protocols.every(({ name, metadata }, index) => {
      const other = protocols[index]
      return other !== undefined && other.name === name && other.metadata.equals(metadata)
    })
  }

  /** The first of its protocols among those that everybody supports. */
  vote(candidates: ReadonlySet<string>): string {
    const choice = this.protocols.find(({ name }) => candidates.has(name))
    return present(choice, `a protocol of member ${this.memberId} that everybody supports`).name
  }
}
