import { expect } from 'chai'
import type { BrokerId, LeaderEpoch, PartitionIndex } from '../../../src/model/ids.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import { RateWindow } from '../../../src/quota/rate-window.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { Fetcher } from '../../../src/replication/fetcher.ts'
import type { Follower } from '../../../src/replication/follower.ts'
import { Partition } from '../../../src/replication/partition.ts'
import type { FetchPartition } from '../../../src/replication/fetch-session.ts'
import type { LeaderAnswer, RemoteLeader } from '../../../src/replication/remote-leader.ts'
import { ReplicationQuota } from '../../../src/replication/replication-quota.ts'
import { LogWorld } from '../../support/log-fixture.ts'

const BACKOFF_MS = 1000

/** A leader that has `total` records, one batch of one record per answer, and answers after 10 ms. */
class SteadyLeader implements Pick<RemoteLeader, 'fetch' | 'close'> {
  readonly askedFor: number[] = []
  total: number
  private readonly world: LogWorld

  constructor(world: LogWorld, total: number) {
    this.world = world
    this.total = total
  }

  async fetch(wanted: readonly FetchPartition[]): Promise<LeaderAnswer[]> {
    await new Promise<void>((resolve) => void this.world.clock.after(10, resolve))
    return wanted.map(({ topic, partition, fetchOffset }) => {
      this.askedFor.push(fetchOffset)
      return {
        topicId: ZERO_UUID,
        topic: topic ?? '',
        partition,
        error: 'NONE',
        highWatermark: this.total,
        logStartOffset: 0,
        divergingEpoch: null,
        records:
          fetchOffset < this.total
            ? buildBatch([{ value: 'x'.repeat(1000) }], { baseOffset: fetchOffset, leaderEpoch: 0 })
            : null,
      }
    })
  }

  close(): void {
    this.askedFor.length = 0
  }
}

async function copying(options: { total: number; bytesPerSecond: number; replicas?: readonly string[] }) {
  const world = new LogWorld({})
  await world.start()
  const partition = new Partition('slow', 0 as PartitionIndex)
  const log = world.manager.getOrCreate(
    { topic: 'slow', partition: 0 as PartitionIndex },
    { isNew: true, topicId: null },
  )
  const order = {
    topic: 'slow',
    partition: 0 as PartitionIndex,
    topicId: null,
    controllerEpoch: 1,
    leader: 1 as BrokerId,
    leaderEpoch: 0 as LeaderEpoch,
    inSyncReplicas: [1],
    partitionEpoch: 0,
    replicas: [1, 2],
    addingReplicas: [],
    removingReplicas: [],
    isNew: true,
  } as unknown as Parameters<Partition['becomeFollower']>[0]
  const follower: Follower = partition.becomeFollower(order, log, () => undefined)
  const leader = new SteadyLeader(world, options.total)
  const fetcher = new Fetcher({
    leader: leader as unknown as RemoteLeader,
    clock: world.clock,
    logger: world.logger,
    backoffMs: () => BACKOFF_MS,
    quota: new ReplicationQuota({
      clock: world.clock,
      self: 2 as BrokerId,
      rate: new RateWindow({ samples: 11, sampleMs: 1000 }),
      bytesPerSecond: () => options.bytesPerSecond,
      throttledReplicas: () => options.replicas ?? ['0:2'],
    }),
  })
  fetcher.add(partition, follower)
  /** Lets so much time pass, in steps, with what is written in between. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await world.clock.advance(10)
      await world.settle()
    }
  }
  return { leader, log, fetcher, pass }
}

describe('a fetcher', () => {
  it('asks at once for what is added as soon as it is there', async () => {
    const { leader, pass, fetcher } = await copying({ total: 1, bytesPerSecond: Infinity })
    await pass(20)
    expect(leader.askedFor[0]).to.equal(0)
    fetcher.close()
  })
})

describe('a throttled follower', () => {
  it('catches up no faster than its rate', async () => {
    const { log, pass, fetcher } = await copying({ total: 1000, bytesPerSecond: 2200 })
    await pass(8000)
    // About two records of a little more than 1,000 bytes each second, and what the first second allows at once.
    expect(log.logEndOffset).to.be.within(12, 20)
    fetcher.close()
  })

  it('is not held back when it is not named', async () => {
    const { log, pass, fetcher } = await copying({ total: 100, bytesPerSecond: 1, replicas: ['0:3'] })
    await pass(3000)
    expect(log.logEndOffset).to.equal(100)
    fetcher.close()
  })

  it('is not held back any more when it has caught up', async () => {
    const { log, leader, pass, fetcher } = await copying({ total: 1, bytesPerSecond: 1 })
    await pass(200)
    const asked = leader.askedFor.length
    await pass(200)
    expect(log.logEndOffset).to.equal(1)
    expect(leader.askedFor.length).to.be.greaterThan(asked)
    fetcher.close()
  })
})
