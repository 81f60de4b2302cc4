import { errorOf, type ErrorName } from '../../model/errors.ts'
import type { CoordinatorRecord } from '../record-batcher.ts'
import type { ShardLog } from '../runtime.ts'
import type { GroupEnvironment } from './group-environment.ts'
import { offsetKey, offsetValue } from './group-records.ts'
import type { Group } from './group.ts'
import { generationFault, type MemberClaim } from './membership.ts'
import type { OffsetSlot, OffsetValues } from './offset-table.ts'
import type { Rebalance } from './rebalance.ts'
import { UNKNOWN_MEMBER } from './results.ts'

/** An offset that a client commits. */
export interface OffsetCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** -1 where the client does not say. */
  readonly leaderEpoch: number
  readonly metadata: string | null
  /** -1: now. */
  readonly commitTimestamp: number
}

/** Who commits: a member in its generation, or (-1 and no id) somebody outside of an empty group. */
export interface Committer extends MemberClaim {
  readonly groupId: string
  readonly generationId: number
}

export interface CommitRequest extends Committer {
  /** For how long the offsets are kept; -1: by the broker's rules. */
  readonly retentionTimeMs: number
  readonly offsets: readonly OffsetCommit[]
}

export interface TransactionalCommitRequest extends Committer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly offsets: readonly OffsetCommit[]
}

/** One of a commit's offsets, on its way to the log. */
interface Staged {
  readonly commit: OffsetCommit
  readonly values: OffsetValues
  readonly slot: OffsetSlot
}

/**
 * Commits offsets in the groups of one partition. All offsets of a request go into one batch; they count when it is
 * replicated. Source: GroupCoordinator.doCommitOffsets, GroupMetadataManager.storeOffsets (3.9).
 */
export class OffsetCommits {
  private readonly log: ShardLog
  private readonly env: GroupEnvironment
  private readonly rebalance: Rebalance

  constructor(log: ShardLog, env: GroupEnvironment, rebalance: Rebalance) {
    this.log = log
    this.env = env
    this.rebalance = rebalance
  }

  /** Whether the client may commit: null, or what it is told of every offset. A commit is a sign of life. */
  refusal(group: Group, committer: Committer): ErrorName | null {
    const fault = commitFault(group, committer, false)
    if (fault !== null) return fault
    if (group.state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS'
    const member = group.members.get(committer.memberId)
    if (member !== undefined) this.rebalance.renewSession(member)
    return null
  }

  /** Commits what may be committed. Answers for each offset, in their order. */
  async commit(group: Group, request: CommitRequest): Promise<ErrorName[]> {
    const { offsets, retentionTimeMs } = request
    const expireTimestamp =
      retentionTimeMs === -1 ? -1 : Math.max(0, this.env.clock.nowMs() + retentionTimeMs)
    const staged: Staged[] = []
    const answers = this.check(offsets, (commit) => {
      const values = this.valuesOf(commit, expireTimestamp)
      staged.push({ commit, values, slot: group.offsets.stage(commit.topic, commit.partition, values) })
    })
    if (staged.length === 0) return answers
    try {
      const position = await this.log.append(this.recordsOf(group, staged))
      for (const [index, { slot, values }] of staged.entries()) {
        group.offsets.settle(slot, values, position + index)
      }
      this.env.metrics.offsetCommits.add(staged.length)
      return answers
    } catch (error) {
      for (const { commit, slot, values } of staged) {
        group.offsets.abandon(commit.topic, commit.partition, slot, values)
      }
      return failed(answers, errorOf(error))
    }
  }

  // --- in transactions ----------------------------------------------------------------------------------------------

  /** As `refusal`. The state of the group does not matter: whether the offsets count, the transaction decides. */
  refusalInTransaction(group: Group, committer: Committer): ErrorName | null {
    return commitFault(group, committer, true)
  }

  /** As `commit`; the offsets count when the producer's transaction commits. */
  async commitInTransaction(group: Group, request: TransactionalCommitRequest): Promise<ErrorName[]> {
    const { offsets, producerId, producerEpoch } = request
    const staged: Staged[] = []
    const answers = this.check(offsets, (commit) => {
      const values = this.valuesOf(commit, -1)
      const slot = group.offsets.stageInTransaction(commit.topic, commit.partition, producerId, values)
      staged.push({ commit, values, slot })
    })
    if (staged.length === 0) return answers
    try {
      const producer = { id: producerId, epoch: producerEpoch }
      const position = await this.log.appendTransactional(this.recordsOf(group, staged), producer)
      for (const [index, { slot, values }] of staged.entries()) {
        group.offsets.settleInTransaction(slot, producerId, values, position + index)
      }
      return answers
    } catch (error) {
      for (const { commit, slot, values } of staged) {
        group.offsets.abandonInTransaction(commit.topic, commit.partition, slot, producerId, values)
      }
      return failed(answers, errorOf(error))
    }
  }

  // --- both ---------------------------------------------------------------------------------------------------------

  /** Has `take` take every offset that is legal. */
  private check(offsets: readonly OffsetCommit[], take: (commit: OffsetCommit) => void): ErrorName[] {
    const { maxMetadataLength } = this.env.settings
    return offsets.map((commit) => {
      if ((commit.metadata?.length ?? 0) > maxMetadataLength) return 'OFFSET_METADATA_TOO_LARGE'
      take(commit)
      return 'NONE'
    })
  }

  private valuesOf(commit: OffsetCommit, expireTimestamp: number): OffsetValues {
    const { offset, leaderEpoch, metadata, commitTimestamp } = commit
    return {
      offset,
      leaderEpoch,
      metadata: metadata ?? '',
      commitTimestamp: commitTimestamp === -1 ? this.env.clock.nowMs() : commitTimestamp,
      expireTimestamp,
    }
  }

  private recordsOf(group: Group, staged: readonly Staged[]): CoordinatorRecord[] {
    const { storedVersions } = this.env.settings
    return staged.map(({ commit, values }) => ({
      key: offsetKey(group.id, commit.topic, commit.partition),
      value: offsetValue(values, storedVersions),
    }))
  }
}

/** Source: GroupCoordinator.validateOffsetCommit. */
function commitFault(group: Group, committer: Committer, isTransactional: boolean): ErrorName | null {
  const { generationId, memberId, groupInstanceId } = committer
  // Nobody's offsets: an administrator, or a consumer that assigns its partitions itself.
  if (generationId < 0 && group.state === 'Empty') return null
  if (generationId >= 0 || memberId !== UNKNOWN_MEMBER || groupInstanceId !== null) {
    return generationFault(group, committer)
  }
  // Old producers do not say whose offsets they commit.
  return isTransactional || group.state === 'Empty' ? null : 'UNKNOWN_MEMBER_ID'
}

function failed(answers: readonly ErrorName[], error: ErrorName): ErrorName[] {
  const answer = answerFor(error)
  return answers.map((own) => (own === 'NONE' ? answer : own))
}

function answerFor(error: ErrorName): ErrorName {
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
      return 'COORDINATOR_NOT_AVAILABLE'
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'KAFKA_STORAGE_ERROR':
      return 'NOT_COORDINATOR'
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
    case 'INVALID_FETCH_SIZE':
      return 'INVALID_COMMIT_OFFSET_SIZE'
    // What verifying a transaction may come to.
    case 'NETWORK_EXCEPTION':
      return 'COORDINATOR_LOAD_IN_PROGRESS'
    default:
      return error
  }
}
