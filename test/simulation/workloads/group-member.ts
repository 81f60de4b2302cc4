import { failureOf, isTransient, type ClusterClient } from '../../../src/client/cluster-client.ts'
import { KafkaError, type ErrorName } from '../../../src/model/errors.ts'
import { sleep } from '../../../src/platform/clock.ts'
import type { ApiName, RequestInput, ResponseRead } from '../../../src/protocol/apis.ts'
import type { FakePlatform } from '../../fakes/platform.ts'
import type { PlannedMembers } from '../plan.ts'
import { isExpectedFailure } from '../simulated-broker.ts'
import type { World } from '../world.ts'
import { clientOf } from './client-of.ts'
import type { GroupLedger } from './group-ledger.ts'

const GROUP_KEY = 0
const REBALANCE_TIMEOUT_MS = 3000
const PAUSE_MS = 200
const PROTOCOL = 'shares'

interface Membership {
  readonly memberId: string
  readonly generation: number
  /** The next offset to commit, by partition. */
  readonly positions: Map<number, number>
}

/** One member of a group, on the wire requests: joins, is given partitions, commits, and now and then is away too long. */
export class GroupMember {
  /** Whether a commit was acknowledged since `heal`. */
  hasRecovered = false
  private readonly world: World
  private readonly planned: PlannedMembers
  private readonly name: string
  private readonly ledger: GroupLedger
  private readonly platform: FakePlatform
  private readonly client: ClusterClient
  private memberId = ''
  private coordinator = -1
  private commits = 0
  private isHealed = false
  private isClosed = false
  readonly ended: Promise<void>

  constructor(world: World, planned: PlannedMembers, name: string, ledger: GroupLedger) {
    this.world = world
    this.planned = planned
    this.name = name
    this.ledger = ledger
    this.platform = world.addClient(name)
    this.client = clientOf(world, this.platform)
    this.ended = this.run()
  }

  heal(): void {
    this.isHealed = true
  }

  close(): void {
    this.isClosed = true
  }

  disconnect(): void {
    this.close()
    this.client.close()
  }

  describe(): string {
    return `${this.name} of ${this.planned.name} has committed ${this.commits} times`
  }

  private async run(): Promise<void> {
    let last: Membership | null = null
    while (!this.isClosed) {
      try {
        const membership = await this.join()
        if (membership === null) continue
        if (last !== null) await this.repeatOld(last)
        last = membership
        await this.take(membership)
        await this.work(membership)
      } catch (error) {
        if (this.isClosed) return
        this.onFailure(error)
        await this.pause(PAUSE_MS)
      }
    }
  }

  private onFailure(error: unknown): void {
    const isForeseen = error instanceof KafkaError && (FORESEEN.has(error.error) || isTransient(error))
    if (!isForeseen || !isExpectedFailure(error))
      this.world.violate('surprise', `${this.name} of ${this.planned.name} was told`, error)
    if (!(error instanceof KafkaError)) return
    if (error.error === 'UNKNOWN_MEMBER_ID' || error.error === 'ILLEGAL_GENERATION') this.memberId = ''
    if (isTransient(error) || error.error === 'UNKNOWN_TOPIC_OR_PARTITION') {
      this.coordinator = -1
      this.client.forgetMetadata()
    }
  }

  // --- the protocol -------------------------------------------------------------------------------------------------

  /** Null when a member id was given, with which to join again. */
  private async join(): Promise<Membership | null> {
    const { name: groupId, sessionTimeoutMs } = this.planned
    const answer = await this.ask(
      'JoinGroup',
      {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId: this.memberId,
        protocolType: 'simulated',
        protocols: [{ name: PROTOCOL, metadata: Buffer.alloc(0) }],
      },
      REBALANCE_TIMEOUT_MS + 4000,
    )
    if (answer.errorCode === MEMBER_ID_REQUIRED) {
      this.memberId = answer.memberId
      return null
    }
    this.mustSucceed(answer.errorCode, 'joins')
    const { memberId, generationId: generation, leader, members } = answer
    this.memberId = memberId
    const assignments = leader === memberId ? this.share(members.map((member) => member.memberId)) : []
    const synced = await this.ask(
      'SyncGroup',
      {
        groupId,
        generationId: generation,
        memberId,
        protocolType: 'simulated',
        protocolName: PROTOCOL,
        assignments,
      },
      REBALANCE_TIMEOUT_MS + 4000,
    )
    this.mustSucceed(synced.errorCode, 'syncs')
    const text = synced.assignment.toString()
    const partitions = text === '' ? [] : text.split(',').map(Number)
    this.world.trace.note(this.name, `is ${memberId} in generation ${generation}, with ${text}`)
    this.ledger.assigned(memberId, generation, partitions)
    return { memberId, generation, positions: new Map(partitions.map((partition) => [partition, 0])) }
  }

  private share(members: readonly string[]): { memberId: string; assignment: Buffer }[] {
    const all = Array.from({ length: this.planned.partitions }, (_, partition) => partition)
    return members.map((memberId, i) => ({
      memberId,
      assignment: Buffer.from(all.filter((partition) => partition % members.length === i).join(',')),
    }))
  }

  /** Finds out where to go on. */
  private async take({ positions }: Membership): Promise<void> {
    if (positions.size === 0) return
    const { name: groupId, topic } = this.planned
    const askedMs = this.world.nowMs
    const topics = [{ name: topic, partitionIndexes: [...positions.keys()] }]
    const answer = await this.ask('OffsetFetch', { groups: [{ groupId, topics }] })
    const [group] = answer.groups
    this.mustSucceed(group?.errorCode ?? 0, 'fetches offsets')
    for (const { partitions } of group?.topics ?? []) {
      for (const { partitionIndex, committedOffset, metadata, errorCode } of partitions) {
        this.mustSucceed(errorCode, 'fetches offsets')
        this.ledger.fetched(partitionIndex, committedOffset, metadata ?? '', askedMs)
        positions.set(partitionIndex, Math.max(0, committedOffset))
      }
    }
  }

  /** Commits and says that it is alive, until the coordinator wants another generation. */
  private async work(membership: Membership): Promise<void> {
    const { memberId, generation, positions } = membership
    const { random } = this.platform
    const { name: groupId, awayProbability, sessionTimeoutMs, everyMs } = this.planned
    while (!this.isClosed) {
      await this.pause(everyMs * 2 * random.fraction())
      if (!this.isHealed && random.chance(awayProbability)) await this.pause(sessionTimeoutMs * 1.5)
      for (const [partition, position] of positions) {
        const next = position + 1 + random.below(5)
        await this.commit(membership, partition, next)
        positions.set(partition, next)
      }
      const known = this.ledger.generation
      const answer = await this.ask('Heartbeat', { groupId, generationId: generation, memberId })
      this.mustSucceed(answer.errorCode, 'is alive')
      this.ledger.granted('a heartbeat', memberId, generation, known)
    }
  }

  private async commit(
    { memberId, generation }: Membership,
    partition: number,
    offset: number,
  ): Promise<void> {
    const { name: groupId, topic } = this.planned
    const note = `${this.name}:${this.commits++}`
    const commit = this.ledger.beginCommit(partition, offset, generation, note)
    const known = this.ledger.generation
    const partitions = [{ partitionIndex: partition, committedOffset: offset, committedMetadata: note }]
    const answer = await this.ask('OffsetCommit', {
      groupId,
      generationIdOrMemberEpoch: generation,
      memberId,
      topics: [{ name: topic, partitions }],
    })
    this.mustSucceed(answer.topics[0]?.partitions[0]?.errorCode ?? 0, `commits ${topic}-${partition}`)
    this.ledger.acknowledge(commit)
    this.ledger.granted(`a commit of ${offset} to ${partition}`, memberId, generation, known)
    if (this.isHealed) this.hasRecovered = true
  }

  /** A commit that was held up somewhere arrives when its generation is over. It must be refused. */
  private async repeatOld(old: Membership): Promise<void> {
    const [partition] = old.positions.keys()
    if (partition === undefined || !this.platform.random.chance(0.3)) return
    try {
      await this.commit(old, partition, 0)
    } catch (error) {
      const isRefusal = error instanceof KafkaError && error.error !== 'UNKNOWN_SERVER_ERROR'
      if (!isRefusal) throw error
    }
  }

  // --- the way there ------------------------------------------------------------------------------------------------

  private async ask<N extends ApiName>(
    api: N,
    request: RequestInput<N>,
    timeoutMs = 3000,
  ): Promise<ResponseRead<N>> {
    if (this.coordinator < 0) this.coordinator = await this.find()
    return this.client.call(this.coordinator, api, request, { timeoutMs })
  }

  private async find(): Promise<number> {
    const { name: key } = this.planned
    const answer = await this.client.call('any', 'FindCoordinator', {
      keyType: GROUP_KEY,
      coordinatorKeys: [key],
    })
    const found = answer.coordinators[0]
    this.mustSucceed(found?.errorCode ?? 0, 'looks for the coordinator')
    return found?.nodeId ?? -1
  }

  private mustSucceed(code: number, what: string): void {
    if (code !== 0) throw failureOf(code, `${this.name} ${what}`)
  }

  private pause(ms: number): Promise<void> {
    return sleep(this.platform.clock, ms)
  }
}

const MEMBER_ID_REQUIRED = 79

/** What a member may be told besides what goes away by itself. */
const FORESEEN: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'UNKNOWN_MEMBER_ID',
  'ILLEGAL_GENERATION',
  'REBALANCE_IN_PROGRESS',
  // Of a broker that has just begun and does not know any topics yet, nor that it is not the coordinator any more.
  'UNKNOWN_TOPIC_OR_PARTITION',
])
