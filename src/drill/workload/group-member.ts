import { isTransient, mustSucceed, type ClusterClient } from '../../client/cluster-client.ts'
import { errorName, KafkaError } from '../../model/errors.ts'
import { sleep } from '../../platform/clock.ts'

/** A consumer that says it reads nothing: a subscription of version 0 without topics. */
const SUBSCRIPTION = Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])
const SESSION_MS = 6000
const REBALANCE_MS = 6000
const HEARTBEAT_MS = 300
const RETRY_MS = 200
const LEAVE_LIMIT_MS = 1500
const FIND_LIMIT_MS = 30_000

/** The broker that coordinates a group. */
export async function coordinatorOf(client: ClusterClient, group: string): Promise<number> {
  return client.retrying(FIND_LIMIT_MS, async () => {
    const answer = await client.call('any', 'FindCoordinator', { key: group, keyType: 0 }, { maxVersion: 3 })
    mustSucceed(answer.errorCode, `the coordinator of ${group}`, answer.errorMessage)
    await client.metadata([])
    return answer.nodeId
  })
}

/**
 * One member of a consumer group, as far as rebalances go: it joins, syncs, sends heartbeats, and joins again when it
 * is told to. One that is too slow leaves again and again, as a consumer does that exceeds max.poll.interval.ms.
 */
export class GroupMember {
  /** Leaves after so long in a generation, and joins anew; null: stays. */
  leavesAfterMs: number | null = null
  generation = -1
  /** Since when it has been in its generation; by the monotonic clock. */
  sinceMs = 0
  private readonly client: ClusterClient
  private readonly group: string
  private readonly onGeneration: (generation: number) => void
  private memberId = ''
  private isStopped = false
  private running: Promise<void> = Promise.resolve()

  constructor(options: {
    readonly client: ClusterClient
    readonly group: string
    readonly onGeneration: (generation: number) => void
  }) {
    this.client = options.client
    this.group = options.group
    this.onGeneration = options.onGeneration
  }

  start(): void {
    this.running = this.live()
  }

  async stop(): Promise<void> {
    this.isStopped = true
    await Promise.race([this.running, sleep(this.client.clock, LEAVE_LIMIT_MS)])
    this.client.close()
  }

  private async live(): Promise<void> {
    while (!this.isStopped) {
      try {
        const coordinator = await coordinatorOf(this.client, this.group)
        await this.join(coordinator)
        await this.stay(coordinator)
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        if (error.error === 'UNKNOWN_MEMBER_ID') this.memberId = ''
        else if (!isTransient(error) && !EXPECTED.has(error.error)) this.generation = -1
        if (!this.isStopped && error.error !== 'REBALANCE_IN_PROGRESS')
          await sleep(this.client.clock, RETRY_MS)
      }
    }
  }

  private async join(coordinator: number): Promise<void> {
    const { client, group } = this
    const attempt = () =>
      client.call(
        coordinator,
        'JoinGroup',
        {
          groupId: group,
          sessionTimeoutMs: SESSION_MS,
          rebalanceTimeoutMs: REBALANCE_MS,
          memberId: this.memberId,
          protocolType: 'consumer',
          protocols: [{ name: 'range', metadata: SUBSCRIPTION }],
        },
        { maxVersion: 5, timeoutMs: 2 * REBALANCE_MS },
      )
    let joined = await attempt()
    if (errorName(joined.errorCode) === 'MEMBER_ID_REQUIRED') {
      this.memberId = joined.memberId
      joined = await attempt()
    }
    mustSucceed(joined.errorCode, 'join')
    this.memberId = joined.memberId
    const isLeader = joined.leader === joined.memberId
    const synced = await client.call(
      coordinator,
      'SyncGroup',
      {
        groupId: group,
        generationId: joined.generationId,
        memberId: this.memberId,
        assignments: isLeader
          ? joined.members.map(({ memberId }) => ({ memberId, assignment: Buffer.alloc(0) }))
          : [],
      },
      { maxVersion: 3, timeoutMs: 2 * REBALANCE_MS },
    )
    mustSucceed(synced.errorCode, 'sync')
    this.generation = joined.generationId
    this.sinceMs = client.clock.monotonicMs()
    this.onGeneration(joined.generationId)
  }

  private async stay(coordinator: number): Promise<void> {
    const { client, group } = this
    while (!this.isStopped) {
      await sleep(client.clock, HEARTBEAT_MS)
      if (this.leavesAfterMs !== null && client.clock.monotonicMs() - this.sinceMs > this.leavesAfterMs) {
        await client.call(
          coordinator,
          'LeaveGroup',
          { groupId: group, memberId: this.memberId },
          { maxVersion: 2 },
        )
        this.memberId = ''
        return
      }
      const { errorCode } = await client.call(
        coordinator,
        'Heartbeat',
        { groupId: group, generationId: this.generation, memberId: this.memberId },
        { maxVersion: 3 },
      )
      mustSucceed(errorCode, 'heartbeat')
    }
    await client.call(
      coordinator,
      'LeaveGroup',
      { groupId: group, memberId: this.memberId },
      { maxVersion: 2 },
    )
  }
}

const EXPECTED = new Set(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

export type OffsetStoreName = 'zookeeper' | 'group'

/** Version 0 of both APIs goes to ZooKeeper, later ones to where the group's offsets are. */
function maxVersion(store: OffsetStoreName): number {
  return store === 'zookeeper' ? 0 : 7
}

export async function commitOffset(
  client: ClusterClient,
  where: { readonly group: string; readonly topic: string; readonly partition: number },
  offset: number,
  store: OffsetStoreName,
): Promise<void> {
  await client.retrying(FIND_LIMIT_MS, async () => {
    const coordinator = await coordinatorOf(client, where.group)
    const partitions = [{ partitionIndex: where.partition, committedOffset: offset, committedMetadata: '' }]
    const request = {
      groupId: where.group,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: where.topic, partitions }],
    }
    const answer = await client.call(coordinator, 'OffsetCommit', request, { maxVersion: maxVersion(store) })
    mustSucceed(answer.topics[0]?.partitions[0]?.errorCode ?? -1, `commit for ${where.group}`)
  })
}

/** -1 when nothing is committed. */
export async function committedOffset(
  client: ClusterClient,
  where: { readonly group: string; readonly topic: string; readonly partition: number },
  store: OffsetStoreName,
): Promise<number> {
  return client.retrying(FIND_LIMIT_MS, async () => {
    const coordinator = await coordinatorOf(client, where.group)
    const request = {
      groupId: where.group,
      topics: [{ name: where.topic, partitionIndexes: [where.partition] }],
    }
    const answer = await client.call(coordinator, 'OffsetFetch', request, { maxVersion: maxVersion(store) })
    mustSucceed(answer.errorCode, `offsets of ${where.group}`)
    const found = answer.topics[0]?.partitions[0]
    if (found === undefined) return -1
    const isNone = errorName(found.errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION'
    if (!isNone) mustSucceed(found.errorCode, `offset of ${where.group}`)
    return isNone ? -1 : found.committedOffset
  })
}
