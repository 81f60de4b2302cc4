import { expect } from 'chai'
import {
  groupKey,
  groupValue,
  offsetKey,
  offsetValue,
  storedVersionsFor,
  type StoredGroup,
} from '../../../../src/coordinator/group/group-records.ts'
import type { LeaderEpoch, PartitionIndex } from '../../../../src/model/ids.ts'
import { KafkaError } from '../../../../src/model/errors.ts'
import { buildEndTransactionBatch } from '../../../../src/records/control-record.ts'
import { buildBatch } from '../../../../src/records/batch-builder.ts'
import { prepareZstd } from '../../../../src/records/compression/zstd.ts'
import { GroupWorld, SESSION_MS, subscription } from '../../../support/group-world.ts'

const VERSIONS = storedVersionsFor('3.9-IV0')
const P0 = 0 as PartitionIndex

function offsetRecord(offset: number, { group = 'g', topic = 't', partition = 0 } = {}) {
  const values = { offset, leaderEpoch: -1, metadata: 'm', commitTimestamp: 1, expireTimestamp: -1 }
  return { key: offsetKey(group, topic, partition), value: offsetValue(values, VERSIONS) }
}

const tombstone = (record: { key: Buffer }) => ({ key: record.key, value: null })

function groupRecord(memberIds: readonly string[], rest: Partial<StoredGroup> = {}) {
  const value = groupValue(
    {
      protocolType: 'consumer',
      generation: 5,
      protocol: memberIds.length === 0 ? null : 'range',
      leader: memberIds[0] ?? null,
      currentStateTimestamp: 1,
      members: memberIds.map((memberId) => ({
        memberId,
        groupInstanceId: null,
        clientId: 'c',
        clientHost: '/10.0.0.1',
        rebalanceTimeout: 60_000,
        sessionTimeout: SESSION_MS,
        subscription: subscription(['t']),
        assignment: Buffer.from(`of ${memberId}`),
      })),
      ...rest,
    },
    VERSIONS,
  )
  return { key: groupKey('g'), value }
}

/** A world whose log another broker has filled. */
async function loaded(fill: (world: GroupWorld) => void): Promise<GroupWorld> {
  const world = new GroupWorld()
  fill(world)
  await world.elect()
  return world
}

describe('loading groups', () => {
  before(() => prepareZstd())

  it('finds the last offset of each partition', async () => {
    const world = await loaded((world) => {
      world.store([offsetRecord(1), offsetRecord(2, { partition: 1 })])
      world.store([offsetRecord(3)])
    })
    expect([world.committed('t', 0), world.committed('t', 1)]).to.deep.equal([3, 2])
    expect(world.state()).to.equal('Empty')
  })

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    it(`reads batches that are packed with ${compression}`, async () => {
      const world = await loaded((world) => world.store([offsetRecord(1), offsetRecord(7)], { compression }))
      expect(world.committed()).to.equal(7)
    })
  }

  it('keeps groups stable: members go on in their generation, and have a whole session to report', async () => {
    const world = await loaded((world) => world.store([groupRecord(['m0', 'm1'])]))
    expect(world.state()).to.equal('Stable')
    await world.pass(SESSION_MS - 1)
    expect(world.heartbeat({ memberId: 'm0', generationId: 5 })).to.equal('NONE')
    expect((await world.sync({ memberId: 'm0', generationId: 5 })).assignment.toString()).to.equal('of m0')
    await world.pass(1)
    expect(world.heartbeat({ memberId: 'm0', generationId: 5 })).to.equal('REBALANCE_IN_PROGRESS')
  })

  it('forgets what tombstones remove', async () => {
    const world = await loaded((world) => {
      world.store([offsetRecord(1), groupRecord([])])
      world.store([tombstone(offsetRecord(1)), tombstone(groupRecord([]))])
    })
    expect(world.coordinator.list([]).groups).to.deep.equal([])
  })

  it('keeps the offsets of a group whose record is removed', async () => {
    const world = await loaded((world) => {
      world.store([offsetRecord(1), groupRecord([]), tombstone(groupRecord([]))])
    })
    expect(world.coordinator.list([]).groups).to.deep.equal([
      { groupId: 'g', protocolType: '', state: 'Empty' },
    ])
  })

  it('rebalances a group that has more members than are allowed now', async () => {
    const world = new GroupWorld({ settings: { maxGroupSize: 1 } })
    world.store([groupRecord(['m0', 'm1'])])
    await world.elect()
    expect(world.state()).to.equal('PreparingRebalance')
    const results = await world.clock.until(
      Promise.all([world.join({ memberId: 'm0' }), world.join({ memberId: 'm1' })]),
    )
    expect(results.map(({ error }) => error)).to.deep.equal(['NONE', 'GROUP_MAX_SIZE_REACHED'])
  })

  describe('with transactions', () => {
    const producer = { producerId: 9, producerEpoch: 0, isTransactional: true }
    const marker = (result: 'commit' | 'abort') =>
      buildEndTransactionBatch({ producerId: 9, producerEpoch: 0, coordinatorEpoch: 0, result, timestamp: 1 })

    it('counts offsets whose transaction is committed', async () => {
      const world = await loaded((world) => {
        world.store([offsetRecord(4)], producer)
        world.log.put(0, marker('commit'))
      })
      expect(world.committed()).to.equal(4)
    })

    it('forgets those of an aborted one', async () => {
      const world = await loaded((world) => {
        world.store([offsetRecord(1)])
        world.store([offsetRecord(4)], producer)
        world.log.put(0, marker('abort'))
      })
      expect(world.committed()).to.equal(1)
    })

    it('keeps those of an open one until its marker comes', async () => {
      const world = await loaded((world) => world.store([offsetRecord(4)], producer))
      expect(world.committed()).to.equal(-1)
      world.coordinator.onTransactionCompleted(9, [P0], true)
      expect(world.committed()).to.equal(4)
    })

    it('prefers a plain commit that lies behind them', async () => {
      const world = await loaded((world) => {
        world.store([offsetRecord(4)], producer)
        world.store([offsetRecord(2)])
        world.log.put(0, marker('commit'))
      })
      expect(world.committed()).to.equal(2)
    })
  })

  describe('of a damaged partition', () => {
    it('leaves single records out that cannot be read, and says so', async () => {
      const world = await loaded((world) => {
        world.store([offsetRecord(1)])
        world.store([{ key: Buffer.from([0, 1, 0x7f]), value: Buffer.alloc(0) }])
        world.store([{ key: Buffer.from([0, 7]), value: Buffer.alloc(0) }])
        world.store([{ key: groupKey('x'), value: Buffer.from([0, 99]) }])
        world.store([offsetRecord(2, { partition: 1 })])
      })
      expect([world.committed('t', 0), world.committed('t', 1)]).to.deep.equal([1, 2])
      expect(world.logger.messages('warn')).to.have.length(3)
    })

    it('counts faults that are many instead of logging each', async () => {
      const broken = Array.from({ length: 100 }, () => ({ key: Buffer.from([0, 9]), value: null }))
      const world = await loaded((world) => world.store(broken))
      expect(world.logger.messages('warn')).to.have.length(11)
      expect(world.logger.messages('warn').at(-1)).to.include('100 records')
    })

    it('leaves a batch out whose payload does not unpack', async () => {
      const world = await loaded((world) => {
        world.store([offsetRecord(1)])
        const batch = buildBatch([{ ...offsetRecord(5), timestamp: 1 }], { compression: 'gzip' })
        batch.fill(0xee, 70)
        world.log.put(0, batch)
        world.store([offsetRecord(2, { partition: 1 })])
      })
      expect([world.committed('t', 0), world.committed('t', 1)]).to.deep.equal([1, 2])
      expect(world.logger.messages('error')).to.have.length(1)
    })

    it('takes a member that is named twice once', async () => {
      const world = await loaded((world) => world.store([groupRecord(['m0', 'm0', 'm1'])]))
      const summary = world.coordinator.describe('g')
      if (typeof summary === 'string') throw new Error(summary)
      expect(summary.members.map(({ memberId }) => memberId)).to.deep.equal(['m0', 'm1'])
    })
  })

  describe('takes time', () => {
    it('in which heartbeats are fine, syncs must rejoin and everything else is asked again', async () => {
      const world = new GroupWorld()
      world.store([groupRecord(['m0'])])
      world.coordinator.onElected(P0, 1 as LeaderEpoch)
      expect(world.heartbeat({ memberId: 'm0', generationId: 5 })).to.equal('NONE')
      expect((await world.sync({ memberId: 'm0', generationId: 5 })).error).to.equal('REBALANCE_IN_PROGRESS')
      expect((await world.join()).error).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
      expect(world.leave('m0')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
      expect(world.coordinator.offsetsOf('g')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
      expect(world.coordinator.deleteGroup('g')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
      expect(await world.commit()).to.deep.equal(['COORDINATOR_LOAD_IN_PROGRESS'])
    })

    it('and is tried again when the disk does not answer, with nothing left of the first attempt', async () => {
      const world = new GroupWorld()
      world.store([offsetRecord(1)])
      world.log.failRead(new KafkaError('KAFKA_STORAGE_ERROR'))
      world.coordinator.onElected(P0, 1 as LeaderEpoch)
      await world.settle()
      expect(world.coordinator.offsetsOf('g')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
      await world.pass(100)
      expect(world.committed()).to.equal(1)
      expect(world.loadTimes).to.have.length(1)
    })

    it('and is given up when leadership moves on meanwhile', async () => {
      const world = new GroupWorld()
      world.store([offsetRecord(1)])
      world.coordinator.onElected(P0, 1 as LeaderEpoch)
      world.coordinator.onResigned(P0, 2 as LeaderEpoch)
      await world.settle()
      expect(world.coordinator.offsetsOf('g')).to.equal('NOT_COORDINATOR')
      expect(world.coordinator.list([]).error).to.equal('NONE')
    })
  })
})

describe('unloading groups', () => {
  it('sends everybody who waits to look for another coordinator', async () => {
    const world = await GroupWorld.ready()
    const joining = world.join()
    await world.pass(1)
    world.coordinator.onResigned(P0, 2 as LeaderEpoch)
    expect((await joining).error).to.equal('NOT_COORDINATOR')
    expect(world.clock.pendingTimers).to.equal(1)
  })

  it('sends those away, too, who wait for their assignment', async () => {
    const world = await GroupWorld.ready()
    const joins = [world.join(), world.join()]
    await world.pass(6000)
    const [, follower] = await Promise.all(joins)
    const syncing = world.sync({ memberId: follower?.memberId ?? '', generationId: 1 })
    world.coordinator.onResigned(P0, null)
    expect((await syncing).error).to.equal('NOT_COORDINATOR')
  })

  it('is not done for an epoch that is older than its own', async () => {
    const world = new GroupWorld()
    world.coordinator.onElected(P0, 7 as LeaderEpoch)
    await world.settle()
    world.coordinator.onResigned(P0, 6 as LeaderEpoch)
    expect(await world.commit()).to.deep.equal(['NONE'])
    world.coordinator.onElected(P0, 7 as LeaderEpoch)
    expect(world.committed()).to.equal(42)
  })

  it('is followed by a load when the broker leads again', async () => {
    const world = await GroupWorld.ready()
    await world.commit()
    world.coordinator.onElected(P0, 9 as LeaderEpoch)
    expect(world.coordinator.offsetsOf('g')).to.equal('COORDINATOR_LOAD_IN_PROGRESS')
    await world.settle()
    expect(world.committed()).to.equal(42)
  })

  it('leaves a stopped coordinator unavailable', async () => {
    const world = await GroupWorld.ready()
    world.coordinator.stop()
    expect((await world.join()).error).to.equal('COORDINATOR_NOT_AVAILABLE')
    expect(world.coordinator.list([]).error).to.equal('COORDINATOR_NOT_AVAILABLE')
    expect(world.clock.pendingTimers).to.equal(0)
  })
})
