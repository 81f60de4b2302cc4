import type { ErrorName } from '../../model/errors.ts'
import { deferred } from '../../std/deferred.ts'
import type { ShardLog } from '../runtime.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { storeGroup } from './group-store.ts'
import type { Group } from './group.ts'
import { ownBytes } from './joining.ts'
import { generationFault, type MemberClaim } from './membership.ts'
import type { Rebalance } from './rebalance.ts'
import { NO_BYTES, syncFailure, type SyncResult } from './results.ts'

export interface SyncRequest extends MemberClaim {
  readonly groupId: string
  readonly generationId: number
  /** Null where the client does not say. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  /** From the leader; empty from everybody else. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

/**
 * Answers SyncGroup for the groups of one partition: the leader's assignment is stored, then everybody gets theirs.
 * Source: GroupCoordinator.doSyncGroup (3.9).
 */
export class Syncing {
  private readonly log: ShardLog
  private readonly env: GroupEnvironment
  private readonly rebalance: Rebalance

  constructor(log: ShardLog, env: GroupEnvironment, rebalance: Rebalance) {
    this.log = log
    this.env = env
    this.rebalance = rebalance
  }

  sync(group: Group, request: SyncRequest): SyncResult | Promise<SyncResult> {
    const fault = faultOf(group, request)
    if (fault !== null) return syncFailure(fault)
    const { memberId } = request
    switch (group.state) {
      case 'Empty':
      case 'Dead':
        return syncFailure('UNKNOWN_MEMBER_ID')
      case 'PreparingRebalance':
        return syncFailure('REBALANCE_IN_PROGRESS')
      case 'CompletingRebalance': {
        const member = group.member(memberId)
        const syncing = (member.syncing ??= deferred<SyncResult>())
        this.rebalance.noteSync(group, memberId)
        if (group.isLeader(memberId)) this.assign(group, request.assignments)
        return syncing.promise
      }
      case 'Stable': {
        this.rebalance.noteSync(group, memberId)
        const member = group.member(memberId)
        this.rebalance.renewSession(member)
        const { protocolType, protocolName } = group
        return { error: 'NONE', protocolType, protocolName, assignment: member.assignment }
      }
    }
  }

  /** Members whom the leader has forgotten get nothing; assignments for others than members are left out. */
  private assign(group: Group, given: SyncRequest['assignments']): void {
    // The leader asks again because it has not heard; what it said first is on its way.
    if (group.storingGeneration === group.generation) return
    const named = new Map(given.map(({ memberId, assignment }) => [memberId, assignment]))
    const assignments = new Map<string, Buffer>()
    let forgotten = 0
    for (const memberId of group.members.keys()) {
      const assignment = named.get(memberId)
      if (assignment === undefined) forgotten++
      assignments.set(memberId, assignment === undefined ? NO_BYTES : ownBytes(assignment))
    }
    if (forgotten > 0) {
      this.env.logger.warn(`the leader of group ${group.id} has assigned nothing to ${forgotten} members`)
    }
    this.env.metrics.completedRebalances.add(1)
    void this.store(group, assignments)
  }

  private async store(group: Group, assignments: ReadonlyMap<string, Buffer>): Promise<void> {
    const { generation } = group
    group.storingGeneration = generation
    const error = await storeGroup(this.log, this.env.settings.storedVersions, group, assignments)
    if (group.storingGeneration === generation) group.storingGeneration = -1
    // Somebody has joined or left meanwhile, or the group is coordinated elsewhere: the assignment is void.
    if (group.state !== 'CompletingRebalance' || group.generation !== generation) return
    if (error === 'NONE') {
      this.rebalance.distribute(group, assignments)
      return
    }
    this.rebalance.failSyncs(group, error)
    this.rebalance.maybePrepare(group, `the assignment could not be stored: ${error}`)
  }
}

function faultOf(group: Group, request: SyncRequest): ErrorName | null {
  const fault = generationFault(group, request)
  if (fault !== null) return fault
  const { protocolType, protocolName } = request
  const isOther =
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocolName)
  return isOther ? 'INCONSISTENT_GROUP_PROTOCOL' : null
}
