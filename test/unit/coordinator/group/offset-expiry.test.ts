import { expect } from 'chai'
import { commitOf, GroupWorld, protocol } from '../../../support/group-world.ts'

const DAY = 24 * 3_600_000
const RETENTION = 7 * DAY
const CHECK = 600_000

/** The offsets of a group are as old as they may become; one more check and they are gone. */
async function almostExpired(world: GroupWorld): Promise<void> {
  await world.pass(RETENTION - CHECK)
}

describe('offsets expire', () => {
  it('of a group that only keeps offsets, by their commits', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ offsets: [commitOf(1)] })
    await world.pass(DAY)
    await world.commit({ offsets: [commitOf(2, { partition: 1 })] })
    await world.pass(RETENTION - DAY - CHECK)
    expect(world.committed('t', 0)).to.equal(1)
    await world.pass(2 * CHECK)
    expect([world.committed('t', 0), world.committed('t', 1)]).to.deep.equal([-1, 2])
    expect(world.metrics.offsetExpirations.value).to.equal(1)
    await world.pass(DAY)
    expect(world.coordinator.list([]).groups).to.deep.equal([])
  })

  it('of a group without members, from when the last one left', async () => {
    const world = await GroupWorld.ready()
    const { memberIds, generationId } = await world.stable(1)
    await world.commit({ memberId: memberIds[0] ?? '', generationId })
    await world.passWithHeartbeats(DAY, memberIds, generationId)
    world.leave(memberIds[0] ?? '')
    await almostExpired(world)
    expect(world.committed()).to.equal(42)
    await world.pass(2 * CHECK)
    expect(world.committed()).to.equal(-1)
    expect(world.coordinator.list([]).groups).to.deep.equal([])
    await world.moveOn()
    expect(world.coordinator.list([]).groups).to.deep.equal([])
  })

  it('of consumers, where nobody subscribes to the topic any more', async () => {
    const world = await GroupWorld.ready({
      settings: { offsetsRetentionMs: 60_000, expiryIntervalMs: 10_000 },
    })
    const { memberIds, generationId } = await world.stable(1)
    const offsets = [commitOf(1), commitOf(2, { topic: 'given-up' })]
    await world.commit({ memberId: memberIds[0] ?? '', generationId, offsets })
    await world.passWithHeartbeats(100_000, memberIds, generationId)
    expect([world.committed('t'), world.committed('given-up')]).to.deep.equal([1, -1])
  })

  it('never while consumers do not say what they subscribe to, or are of another kind', async () => {
    for (const request of [
      { protocols: [{ name: 'range', metadata: Buffer.from([9]) }] },
      { protocolType: 'connect', protocols: [protocol('v1', [])] },
    ]) {
      const world = await GroupWorld.ready({
        settings: { offsetsRetentionMs: 60_000, expiryIntervalMs: 10_000 },
      })
      const { memberIds, generationId } = await world.stable(1, request)
      await world.commit({
        memberId: memberIds[0] ?? '',
        generationId,
        offsets: [commitOf(1, { topic: 'x' })],
      })
      await world.passWithHeartbeats(200_000, memberIds, generationId)
      expect(world.committed('x')).to.equal(1)
    }
  })

  it('at the time that their own commit has set', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ retentionTimeMs: DAY })
    await world.pass(DAY - CHECK)
    expect(world.committed()).to.equal(42)
    await world.pass(2 * CHECK)
    expect(world.committed()).to.equal(-1)
  })

  it('at that time also under another coordinator', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ retentionTimeMs: DAY })
    await world.moveOn()
    await world.pass(DAY + 2 * CHECK)
    expect(world.committed()).to.equal(-1)
  })

  it('by the timestamp that a commit of version 1 names', async () => {
    const world = await GroupWorld.ready()
    const commitTimestamp = world.clock.nowMs() - RETENTION + DAY
    await world.commit({ offsets: [commitOf(1, { commitTimestamp })] })
    await world.pass(DAY - CHECK)
    expect(world.committed()).to.equal(1)
    await world.pass(2 * CHECK)
    expect(world.committed()).to.equal(-1)
  })

  it('never while another commit, or a transaction, is under way', async () => {
    const world = await GroupWorld.ready()
    await world.commit()
    await almostExpired(world)
    const pending = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      producerId: 1,
      producerEpoch: 0,
      offsets: [commitOf(50)],
    }
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(pending)))
    await world.pass(3 * CHECK)
    expect(world.committed()).to.equal(42)
    world.coordinator.onTransactionCompleted(1, [world.partitionOf('g')], false)
    await world.pass(2 * CHECK)
    expect(world.committed()).to.equal(-1)
  })
})
