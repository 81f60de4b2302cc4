import type { ErrorName } from '../../model/errors.ts'
import { deferred } from '../../std/deferred.ts'
import type { ShardLog } from '../runtime.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { storeGroup } from './group-store.ts'
import type { Group } from './group.ts'
import { Member, type MemberDescription, type MemberProtocol } from './member.ts'
import {
  joinFailure,
  NO_BYTES,
  syncFailure,
  UNKNOWN_MEMBER,
  type JoinResult,
  type SyncResult,
} from './results.ts'
import { SessionTimer } from './session-timer.ts'

/** How long a member that joins for the first time is kept while its request waits: it may have gone, unnoticed. */
const NEW_MEMBER_TIMEOUT_MS = 300_000
/** Members choose how long they are waited for, and may choose nothing at all. */
const MIN_REPEATED_WAIT_MS = 1000
const NO_ASSIGNMENTS: ReadonlyMap<string, Buffer> = new Map()

/**
 * The rebalance of the groups of one partition: members come and go, everybody joins again, the next generation begins,
 * its leader assigns. Holds the clocks of it: sessions, the initial delay, the time to rejoin, the time to sync.
 * Source: kafka.coordinator.group.GroupCoordinator with its DelayedJoin, InitialDelayedJoin, DelayedSync and
 * DelayedHeartbeat.
 */
export class Rebalance {
  private readonly log: ShardLog
  private readonly env: GroupEnvironment

  constructor(log: ShardLog, env: GroupEnvironment) {
    this.log = log
    this.env = env
  }

  // --- members ------------------------------------------------------------------------------------------------------

  /** Makes a member whose session has not begun. */
  newMember(group: Group, description: MemberDescription): Member {
    const member: Member = new Member(
      description,
      new SessionTimer(this.env.clock, () => this.onSessionExpired(group, member)),
    )
    return member
  }

  /** Takes a new member in. Resolves when the rebalance that it starts is over. */
  addMember(group: Group, description: MemberDescription, reason: string): Promise<JoinResult> {
    const member = this.newMember(group, description)
    member.isNew = true
    if (group.state === 'PreparingRebalance' && group.generation === 0) group.hasNewMember = true
    group.add(member)
    const joined = this.join(group, member)
    member.session.renew(NEW_MEMBER_TIMEOUT_MS)
    this.maybePrepare(group, `new member ${member.memberId}: ${reason}`)
    return joined
  }

  /** A member joins again, with other protocols perhaps. Resolves as `addMember`. */
  updateMember(
    group: Group,
    member: Member,
    news: {
      readonly protocols: readonly MemberProtocol[]
      readonly rebalanceTimeoutMs: number
      readonly sessionTimeoutMs: number
    },
    reason: string,
  ): Promise<JoinResult> {
    group.update(member, news)
    const joined = this.join(group, member)
    this.maybePrepare(group, `member ${member.memberId} joins again: ${reason}`)
    return joined
  }

  join(group: Group, member: Member): Promise<JoinResult> {
    const joining = member.joining ?? deferred<JoinResult>()
    group.expectJoin(member, joining)
    return joining.promise
  }

  /** A sign of life. */
  renewSession(member: Member): void {
    member.session.renew(member.sessionTimeoutMs)
  }

  private onSessionExpired(group: Group, member: Member): void {
    // Its session begins anew with the answer that it waits for.
    if (member.isExcused) return
    this.env.logger.info(`member ${member.memberId} of group ${group.id} has not been heard of`, {
      sessionTimeoutMs: member.sessionTimeoutMs,
    })
    this.removeMember(group, member, `session of member ${member.memberId} expired`)
  }

  removeMember(group: Group, member: Member, reason: string): void {
    group.answerJoin(member, joinFailure('UNKNOWN_MEMBER_ID', UNKNOWN_MEMBER))
    group.answerSync(member, syncFailure('UNKNOWN_MEMBER_ID'))
    group.remove(member.memberId)
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.maybePrepare(group, reason)
    else this.tryComplete(group)
  }

  /** Hands out an id, which must be used before `timeoutMs` are over. */
  addPending(group: Group, memberId: string, timeoutMs: number): void {
    const timer = this.env.clock.after(timeoutMs, () => {
      this.env.logger.debug(`member id ${memberId} of group ${group.id} was never used`)
      this.removePending(group, memberId)
    })
    group.pendingMembers.set(memberId, timer)
  }

  removePending(group: Group, memberId: string): void {
    group.forgetPending(memberId)
    this.tryComplete(group)
  }

  // --- joining ------------------------------------------------------------------------------------------------------

  maybePrepare(group: Group, reason: string): void {
    if (group.canRebalance) this.prepare(group, reason)
  }

  /** Everybody has to join again. */
  prepare(group: Group, reason: string): void {
    const { clock, logger, settings } = this.env
    if (group.state === 'CompletingRebalance') this.failSyncs(group, 'REBALANCE_IN_PROGRESS')
    this.stopSyncTimer(group)
    logger.debug(`group ${group.id} rebalances`, { generation: group.generation, reason })
    const isFirst = group.state === 'Empty'
    group.moveTo('PreparingRebalance', clock.nowMs())
    if (isFirst) {
      const delayMs = settings.initialRebalanceDelayMs
      this.awaitFirstMembers(group, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
    } else {
      this.awaitAll(group)
    }
  }

  private awaitFirstMembers(group: Group, delayMs: number, remainingMs: number): void {
    group.joinPhase = { kind: 'initial', delayMs, remainingMs }
    group.joinTimer = this.env.clock.after(delayMs, () =>
      this.onFirstMembersDelay(group, delayMs, remainingMs),
    )
  }

  private onFirstMembersDelay(group: Group, delayMs: number, remainingMs: number): void {
    if (!group.hasNewMember || remainingMs === 0) {
      this.complete(group)
      return
    }
    group.hasNewMember = false
    const nextMs = Math.min(this.env.settings.initialRebalanceDelayMs, remainingMs)
    this.awaitFirstMembers(group, nextMs, Math.max(remainingMs - delayMs, 0))
  }

  private awaitAll(group: Group, minWaitMs = 0): void {
    group.joinPhase = { kind: 'all' }
    if (group.haveAllJoined) {
      this.complete(group)
      return
    }
    const waitMs = Math.max(group.rebalanceTimeoutMs, minWaitMs)
    group.joinTimer = this.env.clock.after(waitMs, () => this.complete(group))
  }

  /** Ends the join phase if nobody is missing. The initial delay is never cut short. */
  tryComplete(group: Group): void {
    if (group.state !== 'PreparingRebalance' || group.joinPhase?.kind !== 'all') return
    if (group.haveAllJoined) this.complete(group)
  }

  /** The join phase is over: whoever has not joined is out, except static members. */
  private complete(group: Group): void {
    const { clock, logger, settings } = this.env
    this.stopJoinTimer(group)
    const late = [...group.members.values()].filter((member) => member.joining === null && !member.isStatic)
    for (const { memberId } of late) group.remove(memberId)
    if (late.length > 0)
      logger.info(`${late.length} members of group ${group.id} have not joined again in time`)
    if (!group.electJoinedLeader() && group.size > 0) {
      // Only static members, none of whom is back yet: their sessions decide.
      this.awaitAll(group, MIN_REPEATED_WAIT_MS)
      return
    }
    group.beginGeneration(clock.nowMs())
    if (group.size > 0) {
      this.beginSync(group)
      return
    }
    logger.info(`group ${group.id} has no members any more`, { generation: group.generation })
    void storeGroup(this.log, settings.storedVersions, group, NO_ASSIGNMENTS).then((error) => {
      if (error === 'NONE') return
      // The generation before stays in the log. Whoever loads it finds members who do not report.
      logger.warn(`group ${group.id} could not be stored as empty`, { error })
    })
  }

  private beginSync(group: Group): void {
    const { generation, protocolType, protocolName, leaderId } = group
    const members = group.joinedMembers()
    for (const member of group.members.values()) {
      const { memberId } = member
      group.answerJoin(member, {
        error: 'NONE',
        memberId,
        generationId: generation,
        protocolType,
        protocolName,
        leaderId: leaderId ?? '',
        skipAssignment: false,
        members: group.isLeader(memberId) ? members : [],
      })
      this.renewSession(member)
      member.isNew = false
      group.pendingSync.add(memberId)
    }
    group.syncTimer = this.env.clock.after(group.rebalanceTimeoutMs, () => this.onSyncTimeout(group))
  }

  // --- syncing ------------------------------------------------------------------------------------------------------

  /** The member has asked for its assignment. */
  noteSync(group: Group, memberId: string): void {
    group.pendingSync.delete(memberId)
    if (group.pendingSync.size === 0) this.stopSyncTimer(group)
  }

  private onSyncTimeout(group: Group): void {
    group.syncTimer = null
    if (group.pendingSync.size === 0) return
    const missing = [...group.pendingSync]
    for (const memberId of missing) group.remove(memberId)
    this.env.logger.info(
      `${missing.length} members of group ${group.id} have not asked for their assignments`,
    )
    this.prepare(group, 'members did not sync in time')
  }

  /** The assignments are stored: everybody who waits gets theirs. */
  distribute(group: Group, assignments: ReadonlyMap<string, Buffer>): void {
    const { protocolType, protocolName } = group
    for (const member of group.members.values()) {
      member.assignment = assignments.get(member.memberId) ?? NO_BYTES
      const { assignment } = member
      this.answerSync(group, member, { error: 'NONE', protocolType, protocolName, assignment })
    }
    group.moveTo('Stable', this.env.clock.nowMs())
    this.env.logger.info(`group ${group.id} is stable`, { generation: group.generation, members: group.size })
  }

  /** Nobody gets an assignment in this generation. */
  failSyncs(group: Group, error: ErrorName): void {
    for (const member of group.members.values()) {
      member.assignment = NO_BYTES
      this.answerSync(group, member, syncFailure(error))
    }
  }

  private answerSync(group: Group, member: Member, result: SyncResult): void {
    if (group.answerSync(member, result)) this.renewSession(member)
  }

  // --- the end ------------------------------------------------------------------------------------------------------

  /** Another broker coordinates the group: whoever waits is sent there, nothing ticks here any more. */
  retire(group: Group): void {
    for (const member of group.members.values()) {
      group.answerJoin(member, joinFailure('NOT_COORDINATOR', member.memberId))
      group.answerSync(member, syncFailure('NOT_COORDINATOR'))
      member.session.cancel()
    }
    for (const memberId of [...group.pendingMembers.keys()]) group.forgetPending(memberId)
    this.stopJoinTimer(group)
    this.stopSyncTimer(group)
    group.moveTo('Dead', this.env.clock.nowMs())
  }

  private stopJoinTimer(group: Group): void {
    group.joinTimer?.cancel()
    group.joinTimer = null
    group.joinPhase = null
  }

  private stopSyncTimer(group: Group): void {
    group.syncTimer?.cancel()
    group.syncTimer = null
  }
}
