import { expect } from 'chai'
import type { BrokerId } from '../../../src/model/ids.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import type { FetchedPartition } from '../../../src/replication/fetch-reader.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const TOPIC = 'slow'

function ask(world: ReplicaWorld, follower: number, offset: number, maxWaitMs = 0) {
  const wanted = {
    topicId: ZERO_UUID,
    topic: TOPIC,
    partition: 0,
    fetchOffset: offset,
    maxBytes: 1 << 20,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    logStartOffset: 0,
  }
  return Promise.resolve(
    world.replicas.fetch([wanted], {
      follower: follower as BrokerId,
      onlyFromLeader: true,
      bound: 'log-end',
      minBytes: 1,
      maxBytes: 1 << 20,
      maxWaitMs,
      firstBatchWhole: true,
    }),
  )
}

/** Broker 1 leads; 2 is in sync, 3 has to catch up. There are records, and the rate is one byte per second. */
async function openThrottled(replicas: readonly string[] = ['0:1']): Promise<ReplicaWorld> {
  const world = await ReplicaWorld.open()
  const leader = await world.lead(TOPIC, [1, 2, 3], [1, 2])
  await world.append(leader, 3)
  Object.assign(world.throttle, { bytesPerSecond: 1, replicas })
  return world
}

const bytesOf = ([read]: readonly FetchedPartition[]): number => read?.sizeBytes ?? -1

describe('a throttled leader', () => {
  it('sends a follower that catches up nothing when the rate is used up, and no error', async () => {
    const world = await openThrottled()
    const first = await world.run(ask(world, 3, 0))
    const second = await world.run(ask(world, 3, 0))
    expect(bytesOf(first)).to.be.greaterThan(0)
    expect([bytesOf(second), second[0]?.error]).to.deep.equal([0, 'NONE'])
  })

  it('takes note of how far a held back follower has come', async () => {
    const world = await openThrottled()
    await world.run(ask(world, 3, 0))
    await world.run(ask(world, 3, 2))
    expect(world.replicas.leader(TOPIC, 0, -1).follower(3 as BrokerId)?.logEndOffset).to.equal(2)
  })

  it('tells a held back follower when its offset is not in the log', async () => {
    const world = await openThrottled()
    await world.run(ask(world, 3, 0))
    expect((await world.run(ask(world, 3, 99)))[0]?.error).to.equal('OFFSET_OUT_OF_RANGE')
  })

  it('never holds back who is in sync, whose bytes count all the same', async () => {
    const world = await openThrottled()
    const first = await world.run(ask(world, 2, 0))
    const second = await world.run(ask(world, 2, 0))
    expect(bytesOf(second)).to.equal(bytesOf(first)).and.to.be.greaterThan(0)
    expect(bytesOf(await world.run(ask(world, 3, 0)))).to.equal(0)
  })

  it('goes on as soon as the rate allows', async () => {
    const world = await openThrottled()
    const size = bytesOf(await world.run(ask(world, 3, 0)))
    world.throttle.bytesPerSecond = size
    await world.clock.advance(1000)
    expect(bytesOf(await world.run(ask(world, 3, 0)))).to.equal(size)
  })

  it('lets a held back follower wait as long as it would without records', async () => {
    const world = await openThrottled()
    await world.run(ask(world, 3, 0))
    let isAnswered = false
    const asked = ask(world, 3, 0, 500).then((read) => {
      isAnswered = true
      return read
    })
    await world.logs.settle()
    world.fetches.check(`${TOPIC}-0`)
    await world.logs.settle()
    expect(isAnswered).to.equal(false)
    await world.clock.advance(500)
    expect(bytesOf(await world.run(asked))).to.equal(0)
  })

  it('sends what nobody has named as fast as it can', async () => {
    const world = await openThrottled(['1:1', '0:2'])
    await world.run(ask(world, 3, 0))
    expect(bytesOf(await world.run(ask(world, 3, 0)))).to.be.greaterThan(0)
  })
})
