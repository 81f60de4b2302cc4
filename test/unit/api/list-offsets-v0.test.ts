import { expect } from 'chai'
import { listOffsets } from '../../../src/api/list-offsets.ts'
import { offsetForLeaderEpoch } from '../../../src/api/offset-for-leader-epoch.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { call } from '../../support/handler-call.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const [LATEST, EARLIEST] = [-1, -2]

describe('ListOffsets version 0', () => {
  let world: ReplicaWorld

  beforeEach(async () => {
    world = await ReplicaWorld.open()
  })

  async function ask(timestamp: number, maxNumOffsets = 10) {
    const topics = [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp, maxNumOffsets }] }]
    const request = { replicaId: -1, topics }
    const answer = await world.run(call('ListOffsets', listOffsets(world), request, { version: 0 }))
    return answer.topics[0]?.partitions[0]?.oldStyleOffsets
  }

  /** Three segments, of two records each. */
  async function threeSegments(replicas?: number[]) {
    const leader = await world.lead('orders', replicas)
    for (let index = 0; index < 3; index++) {
      if (index > 0) leader.log.rollNow()
      await world.append(leader, 2)
    }
    return leader
  }

  it('tells where segments begin and the log ends, newest first', async () => {
    await threeSegments()
    expect(await ask(LATEST)).to.deep.equal([6, 4, 2, 0])
    expect(await ask(EARLIEST)).to.deep.equal([0])
  })

  it('tells no more than was asked for', async () => {
    await threeSegments()
    expect(await ask(LATEST, 2)).to.deep.equal([6, 4])
    expect(await ask(LATEST, 0)).to.deep.equal([])
  })

  it('tells nothing of a time before the first segment was written', async () => {
    await threeSegments()
    expect(await ask(0)).to.deep.equal([])
  })

  it('does not count an empty end of the log twice', async () => {
    await world.lead('orders')
    expect(await ask(LATEST)).to.deep.equal([0])
  })

  it('shows a consumer the watermark in place of what lies behind it', async () => {
    const leader = await threeSegments([1, 2])
    leader.onFollowerFetch(2 as BrokerId, { offset: 3, logStartOffset: 0, leaderEndOffset: 6 })
    expect(await ask(LATEST)).to.deep.equal([3, 2, 0])
  })
})

describe('OffsetForLeaderEpoch', () => {
  it('tells where an epoch ends, and of what it does not know', async () => {
    const world = await ReplicaWorld.open()
    await world.append(await world.lead('orders'), 3)
    const ask = async (topic: string, leaderEpoch: number, currentLeaderEpoch = -1) => {
      const request = {
        replicaId: -1,
        topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
      }
      const { topics } = await call('OffsetForLeaderEpoch', offsetForLeaderEpoch(world), request)
      const [found] = topics[0]?.partitions ?? []
      return [errorName(found?.errorCode ?? -1), found?.leaderEpoch, found?.endOffset]
    }
    expect(await ask('orders', 0)).to.deep.equal(['NONE', 0, 3])
    expect(await ask('orders', 7)).to.deep.equal(['NONE', -1, -1])
    expect(await ask('orders', 0, 9)).to.deep.equal(['UNKNOWN_LEADER_EPOCH', -1, -1])
    expect(await ask('ghost', 0)).to.deep.equal(['UNKNOWN_TOPIC_OR_PARTITION', -1, -1])
  })
})
