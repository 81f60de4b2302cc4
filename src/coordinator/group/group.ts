import type { Timer } from '../../platform/clock.ts'
import { assert, present } from '../../std/assert.ts'
import { mayMove, type GroupCensus, type GroupState } from './group-states.ts'
import type { Member, MemberProtocol } from './member.ts'
import { OffsetTable } from './offset-table.ts'
import type { JoinedMember, JoinResult, SyncResult } from './results.ts'
import { CONSUMER, subscribedTopics } from './subscription.ts'

/** How a rebalance waits for members to join. */
export type JoinPhase =
  /** The first members of an empty group: a fixed time, again and again while more come, `remainingMs` at most. */
  | { readonly kind: 'initial'; readonly delayMs: number; readonly remainingMs: number }
  /** Until all have joined, or the time is up. */
  | { readonly kind: 'all' }

/**
 * A group: who belongs to it, in which generation and state, and what it has committed. Knows the rules that need no
 * time and no log; who calls has decided that the moment has come.
 * Source: kafka.coordinator.group.GroupMetadata.
 */
export class Group {
  readonly id: string
  readonly offsets = new OffsetTable()
  readonly members = new Map<string, Member>()
  /** Ids that were handed out and have not joined yet (KIP-394), with the timers that take them back. */
  readonly pendingMembers = new Map<string, Timer>()
  /** Members of this generation that have not asked for their assignment yet. */
  readonly pendingSync = new Set<string>()
  generation = 0
  /** Null for a group that only keeps offsets. */
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  /** Null where it is not known. */
  subscribedTopics: ReadonlySet<string> | null = null
  joinPhase: JoinPhase | null = null
  joinTimer: Timer | null = null
  syncTimer: Timer | null = null
  /** Another member has come since the initial delay began. */
  hasNewMember = false
  /** The generation whose assignment is on its way to the log, or -1. */
  storingGeneration = -1
  private current: GroupState
  /** When it came into its state; -1 where an old record does not say. */
  private currentSinceMs: number
  private readonly census: GroupCensus
  /** Group instance ids to member ids. */
  private readonly staticMembers = new Map<string, string>()
  /** How many members support each protocol. */
  private readonly support = new Map<string, number>()
  private joiningCount = 0

  constructor(id: string, nowMs: number, census: GroupCensus) {
    this.id = id
    this.current = 'Empty'
    this.currentSinceMs = nowMs
    this.census = census
    census.Empty++
  }

  get state(): GroupState {
    return this.current
  }

  get sinceMs(): number {
    return this.currentSinceMs
  }

  moveTo(state: GroupState, nowMs: number): void {
    assert(mayMove(this.current, state), `group ${this.id} goes from ${this.current} to ${state}`)
    this.setState(state, nowMs)
  }

  /** As the log has it: a group comes into being in the state that its last record says. */
  restore(state: 'Empty' | 'Stable', sinceMs: number): void {
    this.setState(state, sinceMs)
  }

  private setState(state: GroupState, sinceMs: number): void {
    this.census[this.current]--
    this.census[state]++
    this.current = state
    this.currentSinceMs = sinceMs
  }

  /** Not counted any more. */
  leaveCensus(): void {
    this.census[this.current]--
  }

  get canRebalance(): boolean {
    return mayMove(this.current, 'PreparingRebalance')
  }

  // --- members ------------------------------------------------------------------------------------------------------

  get size(): number {
    return this.members.size
  }

  /** How many members wait for the rebalance to end. */
  get joiningMembers(): number {
    return this.joiningCount
  }

  get haveAllJoined(): boolean {
    return this.members.size === this.joiningCount && this.pendingMembers.size === 0
  }

  /** The longest that any member may take to rejoin. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const { rebalanceTimeoutMs } of this.members.values())
      longest = Math.max(longest, rebalanceTimeoutMs)
    return longest
  }

  member(memberId: string): Member {
    return present(this.members.get(memberId), `member ${memberId} of group ${this.id}`)
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** The member id that goes by a static member's own name now. */
  memberIdOf(groupInstanceId: string): string | null {
    return this.staticMembers.get(groupInstanceId) ?? null
  }

  add(member: Member): void {
    const { memberId, groupInstanceId } = member
    if (groupInstanceId !== null) {
      assert(!this.staticMembers.has(groupInstanceId), `static member ${groupInstanceId} is there once`)
      this.staticMembers.set(groupInstanceId, memberId)
    }
    if (this.members.size === 0) this.protocolType = member.protocolType
    assert(this.protocolType === member.protocolType, `members of group ${this.id} have one protocol type`)
    this.leaderId ??= memberId
    this.members.set(memberId, member)
    this.countSupport(member, 1)
    this.forgetPending(memberId)
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) {
      assert(member.joining === null && member.syncing === null, 'nobody is removed without an answer')
      this.members.delete(memberId)
      this.countSupport(member, -1)
      if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
      member.session.cancel()
    }
    if (this.leaderId === memberId) this.leaderId = firstOf(this.members.keys())
    this.forgetPending(memberId)
    this.pendingSync.delete(memberId)
  }

  /** The member keeps its place and its assignment under another id: a static member has come back. */
  rename(member: Member, memberId: string): void {
    const { groupInstanceId, memberId: oldId } = member
    assert(groupInstanceId !== null, 'only static members come back')
    assert(member.joining === null && member.syncing === null, 'the old self has its answers')
    this.members.delete(oldId)
    member.memberId = memberId
    this.members.set(memberId, member)
    this.staticMembers.set(groupInstanceId, memberId)
    if (this.leaderId === oldId) this.leaderId = memberId
    if (this.pendingSync.delete(oldId)) this.pendingSync.add(memberId)
  }

  /** Takes over what a member says about itself now. */
  update(
    member: Member,
    news: {
      readonly protocols: readonly MemberProtocol[]
      readonly rebalanceTimeoutMs: number
      readonly sessionTimeoutMs: number
    },
  ): void {
    this.countSupport(member, -1)
    member.protocols = news.protocols
    member.rebalanceTimeoutMs = news.rebalanceTimeoutMs
    member.sessionTimeoutMs = news.sessionTimeoutMs
    this.countSupport(member, 1)
  }

  /** A pending id has joined, left or run out of time. */
  forgetPending(memberId: string): void {
    this.pendingMembers.get(memberId)?.cancel()
    this.pendingMembers.delete(memberId)
  }

  // --- answers ------------------------------------------------------------------------------------------------------

  /** The member waits from now on. */
  expectJoin(member: Member, joining: NonNullable<Member['joining']>): void {
    if (member.joining === null) this.joiningCount++
    member.joining = joining
  }

  answerJoin(member: Member, result: JoinResult): void {
    if (member.joining === null) return
    member.joining.resolve(result)
    member.joining = null
    this.joiningCount--
  }

  /** Whether the member waited for it. */
  answerSync(member: Member, result: SyncResult): boolean {
    if (member.syncing === null) return false
    member.syncing.resolve(result)
    member.syncing = null
    return true
  }

  // --- protocols ----------------------------------------------------------------------------------------------------

  /** A member's protocols, each name once. */
  private countSupport(member: Member, by: 1 | -1): void {
    for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
      const count = (this.support.get(name) ?? 0) + by
      if (count === 0) this.support.delete(name)
      else this.support.set(name, count)
    }
  }

  /** Whether a member with these protocols can be in the group: one of them at least is everybody's. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.current === 'Empty') return protocolType !== '' && protocols.length > 0
    if (this.protocolType !== protocolType) return false
    return protocols.some(({ name }) => (this.support.get(name) ?? 0) === this.members.size)
  }

  /** The protocol with the most votes; each member votes for the first of its own among those that are everybody's. */
  selectProtocol(): string {
    assert(this.members.size > 0, 'an empty group selects no protocol')
    const candidates = new Set<string>()
    for (const [name, count] of this.support) if (count === this.members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const choice = member.vote(candidates)
      votes.set(choice, (votes.get(choice) ?? 0) + 1)
    }
    let winner = ''
    let most = 0
    for (const [name, count] of votes) {
      if (count <= most) continue
      winner = name
      most = count
    }
    return winner
  }

  // --- generations --------------------------------------------------------------------------------------------------

  /**
   * Sees to it that the leader is one of those who have joined. False when nobody has, or nobody is there.
   */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false
    if (this.member(this.leaderId).joining !== null) return true
    for (const { memberId, joining } of this.members.values()) {
      if (joining === null) continue
      this.leaderId = memberId
      return true
    }
    return false
  }

  /** The next generation begins with the members who are here; none: the group is empty. */
  beginGeneration(nowMs: number): void {
    this.generation++
    this.pendingSync.clear()
    this.protocolName = this.members.size === 0 ? null : this.selectProtocol()
    this.moveTo(this.members.size === 0 ? 'Empty' : 'CompletingRebalance', nowMs)
    this.learnSubscribedTopics()
  }

  /** What the leader is told of everybody. */
  joinedMembers(): JoinedMember[] {
    const protocol = present(this.protocolName, `the protocol of group ${this.id}`)
    return Array.from(this.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataFor(protocol),
    }))
  }

  // --- subscriptions ------------------------------------------------------------------------------------------------

  /** Reads what the members subscribe to, where they are consumers and say so legibly. */
  learnSubscribedTopics(): void {
    this.subscribedTopics = this.readSubscribedTopics()
  }

  private readSubscribedTopics(): Set<string> | null {
    const { protocolType, protocolName } = this
    if (protocolType !== CONSUMER) return null
    const topics = new Set<string>()
    if (this.members.size === 0) return topics
    if (protocolName === null) return null
    try {
      for (const member of this.members.values()) {
        for (const topic of subscribedTopics(member.metadataFor(protocolName))) topics.add(topic)
      }
      return topics
    } catch {
      // Some client has its own idea of the protocol; then nobody knows.
      return null
    }
  }

  /** Where the topics are not known, all may be subscribed to. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? true
  }
}

function firstOf<T>(items: Iterable<T>): T | null {
  for (const item of items) return item
  return null
}
