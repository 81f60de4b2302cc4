import type { CoordinatorRecord } from '../../src/coordinator/record-batcher.ts'
import { GroupCoordinator, type HeartbeatRequest } from '../../src/coordinator/group/group-coordinator.ts'
import type { GroupSettings } from '../../src/coordinator/group/group-environment.ts'
import { storedVersionsFor } from '../../src/coordinator/group/group-records.ts'
import type { JoinRequest } from '../../src/coordinator/group/joining.ts'
import type { CommitRequest, OffsetCommit } from '../../src/coordinator/group/offset-commits.ts'
import type { JoinResult, SyncResult } from '../../src/coordinator/group/results.ts'
import type { SyncRequest } from '../../src/coordinator/group/syncing.ts'
import { CoordinatorPartitions } from '../../src/coordinator/partition-lookup.ts'
import { coordinatorPartition } from '../../src/model/coordinator-partition.ts'
import type { ErrorName } from '../../src/model/errors.ts'
import type { LeaderEpoch, PartitionIndex } from '../../src/model/ids.ts'
import { buildBatch, type BatchOptions } from '../../src/records/batch-builder.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeCoordinatorLog } from '../fakes/coordinator-log.ts'
import { FakeLogger } from '../fakes/logger.ts'
import { FakeRandom } from '../fakes/random.ts'

export const INITIAL_DELAY_MS = 3000
export const SESSION_MS = 10_000
export const REBALANCE_MS = 60_000

/** A number that counts, and can be looked at. */
export class Count {
  value = 0
  add(count: number): void {
    this.value += count
  }
}

export interface GroupWorldOptions {
  readonly settings?: Partial<GroupSettings>
  readonly partitionCount?: number
  readonly seed?: string
}

/** A group coordinator with a log in memory, on simulated time. */
export class GroupWorld {
  readonly clock: FakeClock
  readonly logger = new FakeLogger()
  readonly log = new FakeCoordinatorLog()
  readonly metrics = {
    offsetCommits: new Count(),
    offsetExpirations: new Count(),
    offsetDeletions: new Count(),
    completedRebalances: new Count(),
  }
  readonly loadTimes: number[] = []
  readonly random: FakeRandom
  readonly partitionCount: number
  readonly settings: GroupSettings
  coordinator: GroupCoordinator
  private epoch = 0

  constructor(options: GroupWorldOptions = {}) {
    this.clock = new FakeClock()
    this.random = new FakeRandom(options.seed ?? 'groups')
    this.partitionCount = options.partitionCount ?? 1
    this.settings = {
      minSessionTimeoutMs: 6000,
      maxSessionTimeoutMs: 1_800_000,
      initialRebalanceDelayMs: INITIAL_DELAY_MS,
      maxGroupSize: 2 ** 31 - 1,
      maxMetadataLength: 4096,
      offsetsRetentionMs: 7 * 24 * 3_600_000,
      expiryIntervalMs: 600_000,
      storedVersions: storedVersionsFor('3.9-IV0'),
      ...options.settings,
    }
    this.coordinator = this.newCoordinator()
    this.coordinator.start()
  }

  private newCoordinator(): GroupCoordinator {
    const { clock, random, logger, settings, metrics, log, partitionCount } = this
    return new GroupCoordinator({
      clock,
      random,
      logger,
      settings,
      metrics,
      log,
      partitions: new CoordinatorPartitions({
        initial: partitionCount,
        countOf: () => partitionCount,
        configured: () => partitionCount,
      }),
      compression: 'none',
      append: { acks: -1, timeoutMs: 5000 },
      onLoaded: (loadMs) => this.loadTimes.push(loadMs),
      onActive: (shard) => this.onActive(shard.groups.keys()),
    })
  }

  /** Told of the groups of a partition that has been loaded. */
  onActive: (groups: Iterable<string>) => void = () => undefined

  /** A world whose coordinator has loaded all partitions. */
  static async ready(options: GroupWorldOptions = {}): Promise<GroupWorld> {
    const world = new GroupWorld(options)
    await world.elect()
    return world
  }

  /** Makes this broker the leader of every partition, and waits until they are loaded. */
  async elect(): Promise<void> {
    this.epoch++
    for (let partition = 0; partition < this.partitionCount; partition++) {
      this.coordinator.onElected(partition as PartitionIndex, this.epoch as LeaderEpoch)
    }
    await this.settle()
  }

  /** Another broker takes over, which knows what is in the log. */
  async moveOn(): Promise<void> {
    this.coordinator.stop()
    this.coordinator = this.newCoordinator()
    this.coordinator.start()
    await this.elect()
  }

  /** Whatever can happen without time passing has happened. */
  settle(): Promise<void> {
    return this.clock.advance(0)
  }

  pass(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  partitionOf(group: string): PartitionIndex {
    return coordinatorPartition(group, this.partitionCount)
  }

  /** Records that another broker has left in the log. */
  store(
    records: readonly CoordinatorRecord[],
    { partition = 0, ...options }: BatchOptions & { partition?: number } = {},
  ): void {
    const timestamp = this.clock.nowMs()
    this.log.put(
      partition,
      buildBatch(
        records.map((record) => ({ ...record, timestamp })),
        options,
      ),
    )
  }

  // --- requests -----------------------------------------------------------------------------------------------------

  join(request: Partial<JoinRequest> = {}): Promise<JoinResult> {
    return Promise.resolve(
      this.coordinator.join({
        groupId: 'g',
        memberId: '',
        groupInstanceId: null,
        clientId: 'client',
        clientHost: '/127.0.0.1',
        rebalanceTimeoutMs: REBALANCE_MS,
        sessionTimeoutMs: SESSION_MS,
        protocolType: 'consumer',
        protocols: [protocol('range', ['t'])],
        needsKnownMemberId: false,
        maySkipAssignment: true,
        reason: null,
        ...request,
      }),
    )
  }

  sync(request: Partial<SyncRequest> & { memberId: string; generationId: number }): Promise<SyncResult> {
    return Promise.resolve(
      this.coordinator.sync({
        groupId: 'g',
        groupInstanceId: null,
        protocolType: null,
        protocolName: null,
        assignments: [],
        ...request,
      }),
    )
  }

  heartbeat(request: Partial<HeartbeatRequest> & { memberId: string; generationId: number }): ErrorName {
    return this.coordinator.heartbeat({ groupId: 'g', groupInstanceId: null, ...request })
  }

  leave(memberId: string, groupInstanceId: string | null = null, groupId = 'g'): ErrorName {
    const { error, members } = this.coordinator.leave(groupId, [{ memberId, groupInstanceId, reason: null }])
    return error === 'NONE' ? (members[0] ?? 'NONE') : error
  }

  commit(request: Partial<CommitRequest> = {}): Promise<ErrorName[]> {
    const answer = Promise.resolve(this.coordinator.commit(commitRequest(request)))
    return this.clock.until(answer)
  }

  // --- stories ------------------------------------------------------------------------------------------------------

  /**
   * Members join an empty group together and get their assignments: `a0` for the first one, and so on. The first is the
   * leader. Static members where names are given.
   */
  async stable(
    count: number,
    request: Partial<JoinRequest> = {},
    instances: readonly (string | null)[] = [],
  ): Promise<{ readonly generationId: number; readonly memberIds: string[] }> {
    const joins = Array.from({ length: count }, (_, index) =>
      this.join({ ...request, groupInstanceId: instances[index] ?? null }),
    )
    await this.pass(2 * this.settings.initialRebalanceDelayMs)
    const joined = await Promise.all(joins)
    return this.assign(joined, request.groupId)
  }

  /** The generation that `joined` tells of gets its assignments. */
  async assign(
    joined: readonly JoinResult[],
    groupId = 'g',
  ): Promise<{ readonly generationId: number; readonly memberIds: string[] }> {
    const generationId = joined[0]?.generationId ?? -1
    const memberIds = joined.map(({ memberId }) => memberId)
    const assignments = memberIds.map((memberId, index) => ({
      memberId,
      assignment: Buffer.from(`a${index}`),
    }))
    const syncs = joined.map(({ memberId, leaderId }) =>
      this.sync({
        groupId,
        memberId,
        generationId,
        assignments: memberId === leaderId ? assignments : [],
      }),
    )
    await this.clock.until(Promise.all(syncs))
    return { generationId, memberIds }
  }

  /** Keeps members alive while time passes. */
  async passWithHeartbeats(ms: number, memberIds: readonly string[], generationId: number): Promise<void> {
    const step = SESSION_MS / 2
    for (let passed = 0; passed < ms; passed += step) {
      await this.pass(Math.min(step, ms - passed))
      for (const memberId of memberIds) this.heartbeat({ memberId, generationId })
    }
  }

  state(group = 'g'): string {
    const summary = this.coordinator.describe(group)
    return typeof summary === 'string' ? summary : summary.state
  }

  committed(topic = 't', partition = 0, group = 'g'): number {
    return this.coordinator.committedOffset(group, topic, partition)?.offset ?? -1
  }
}

export function commitOf(offset: number, rest: Partial<OffsetCommit> = {}): OffsetCommit {
  return {
    topic: 't',
    partition: 0,
    offset,
    leaderEpoch: -1,
    metadata: '',
    commitTimestamp: -1,
    ...rest,
  }
}

export function commitRequest(request: Partial<CommitRequest> = {}): CommitRequest {
  return {
    groupId: 'g',
    memberId: '',
    groupInstanceId: null,
    generationId: -1,
    retentionTimeMs: -1,
    offsets: [commitOf(42)],
    ...request,
  }
}

/** A protocol whose metadata is a consumer's subscription of version 0. */
export function protocol(name: string, topics: readonly string[]): { name: string; metadata: Buffer } {
  return { name, metadata: subscription(topics) }
}

export function subscription(topics: readonly string[]): Buffer {
  const parts = [Buffer.from([0, 0]), int32(topics.length)]
  for (const topic of topics) parts.push(Buffer.from([0, topic.length]), Buffer.from(topic))
  parts.push(Buffer.from([0xff, 0xff, 0xff, 0xff]))
  return Buffer.concat(parts)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
