import { expect } from 'chai'
import { commitOf, SESSION_MS } from '../../../support/group-world.ts'
import { at, OffsetStoresWorld, textOf } from '../../../support/offset-stores-world.ts'

describe('offsets of version 0', () => {
  it('go to ZooKeeper in every mode, and to nothing else', async () => {
    for (const storage of ['kafka', 'zookeeper', 'dual'] as const) {
      const world = await OffsetStoresWorld.ready(storage)
      expect(await world.run(world.stores.commitLegacy('g', [commitOf(42)]))).to.deep.equal(['NONE'])
      expect(world.znode()).to.equal('42')
      expect(world.groups.coordinator.list([]).groups).to.deep.equal([])
      expect(world.groups.log.appends).to.deep.equal([])
    }
  })

  it('are read from ZooKeeper, without metadata', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    await world.run(world.stores.commitLegacy('g', [commitOf(42, { metadata: 'm', leaderEpoch: 3 })]))
    const [found] = await world.run(world.stores.fetchLegacy('g', [at()]))
    expect(found).to.include({ offset: 42, metadata: '', leaderEpoch: -1, error: 'NONE' })
  })

  it('are unknown where nothing is committed', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    const found = await world.run(world.stores.fetchLegacy('g', [at('t', 5)]))
    expect(found.map(textOf)).to.deep.equal(['t-5=UNKNOWN_TOPIC_OR_PARTITION'])
  })

  it('are committed whatever the generation: nobody can fence an old client', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    await world.groups.stable(1)
    expect(await world.run(world.stores.commitLegacy('g', [commitOf(1)]))).to.deep.equal(['NONE'])
  })

  it('refuse metadata that is too long, which they would not keep', async () => {
    const world = await OffsetStoresWorld.ready('kafka', { maxMetadataLength: 2 })
    const offsets = [commitOf(1, { metadata: 'long' }), commitOf(2, { partition: 1 })]
    expect(await world.run(world.stores.commitLegacy('g', offsets))).to.deep.equal([
      'OFFSET_METADATA_TOO_LARGE',
      'NONE',
    ])
    expect([world.znode(0), world.znode(1)]).to.deep.equal([undefined, '2'])
  })

  for (const group of ['a/b', 'nul\0', '', '..', 'x\u0001']) {
    it(`are refused for group ${JSON.stringify(group)}, which is no part of a path`, async () => {
      const world = await OffsetStoresWorld.ready('kafka')
      expect(await world.run(world.stores.commitLegacy(group, [commitOf(1)]))).to.deep.equal([
        'UNKNOWN_SERVER_ERROR',
      ])
      const found = await world.run(world.stores.fetchLegacy(group, [at()]))
      expect(found.map(textOf)).to.deep.equal(['t-0=UNKNOWN_SERVER_ERROR'])
      expect(await world.run(world.zooKeeper.children('/consumers'))).to.deep.equal([])
    })
  }

  it('that somebody else has written as something else are an error, for that partition alone', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    await world.setZnode('not a number', 0)
    await world.setZnode(7, 1)
    const found = await world.run(world.stores.fetchLegacy('g', [at('t', 0), at('t', 1)]))
    expect(found.map(textOf)).to.deep.equal(['t-0=UNKNOWN_SERVER_ERROR', 't-1=7'])
    expect(await world.run(world.stores.commitLegacy('g', [commitOf(8)]))).to.deep.equal(['NONE'])
    expect(world.znode(0)).to.equal('8')
  })

  it('are written one after the other where that is asked for', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    world.writesInLoop = true
    const offsets = [commitOf(1), commitOf(2, { partition: 1 })]
    expect(await world.run(world.stores.commitLegacy('g', offsets))).to.deep.equal(['NONE', 'NONE'])
    expect([world.znode(0), world.znode(1)]).to.deep.equal(['1', '2'])
  })
})

describe('offsets of a group that keeps them in ZooKeeper', () => {
  it('go there and not to the topic', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    expect(await world.commit()).to.deep.equal(['NONE'])
    expect(world.znode()).to.equal('42')
    expect(world.groups.committed()).to.equal(-1)
    expect(await world.fetch()).to.deep.equal(['t-0=42'])
    expect(await world.fetch(null)).to.deep.equal(['t-0=42'])
    expect(world.seconds).to.deep.include({ kafka: [] })
    expect(world.seconds.zooKeeper).to.have.length(1)
  })

  it('are refused to a zombie all the same', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    const { memberIds, generationId } = await world.groups.stable(1)
    const [memberId = ''] = memberIds
    expect(await world.commit({ memberId, generationId: generationId - 1 })).to.deep.equal([
      'ILLEGAL_GENERATION',
    ])
    expect(await world.commit({ memberId: 'ghost', generationId })).to.deep.equal(['UNKNOWN_MEMBER_ID'])
    expect(await world.commit()).to.deep.equal(['UNKNOWN_MEMBER_ID'])
    expect(world.znode()).to.equal(undefined)
    expect(await world.commit({ memberId, generationId })).to.deep.equal(['NONE'])
  })

  it('are a sign of life', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    const { memberIds, generationId } = await world.groups.stable(1)
    await world.pass(SESSION_MS - 1000)
    await world.commit({ memberId: memberIds[0] ?? '', generationId })
    await world.pass(SESSION_MS - 1000)
    expect(world.groups.state()).to.equal('Stable')
  })

  it('are not committed for a group id that is no part of a path', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    expect(await world.commit({ groupId: 'a/b' })).to.deep.equal(['INVALID_GROUP_ID'])
    expect((await world.run(world.stores.fetch('a/b', [at()], false))).error).to.equal('INVALID_GROUP_ID')
  })

  it('cannot be part of a transaction', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    const request = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      producerId: 1,
      producerEpoch: 0,
      offsets: [commitOf(1)],
    }
    expect(await world.run(world.stores.commitInTransaction(request))).to.deep.equal([
      'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    ])
  })

  it('are neither written nor read in time while ZooKeeper is away, and no offset looks like none', async () => {
    const world = await OffsetStoresWorld.ready('zookeeper')
    await world.commit()
    world.service.loseQuorum()
    expect(await world.commit({ offsets: [commitOf(43)] })).to.deep.equal(['REQUEST_TIMED_OUT'])
    const fetched = await world.run(world.stores.fetch('g', [at()], false))
    expect(fetched.offsets.map(textOf)).to.deep.equal(['t-0=COORDINATOR_LOAD_IN_PROGRESS'])
  })
})

describe('offsets of a group that keeps them in both', () => {
  it('go to the topic first, and to ZooKeeper when that has succeeded', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    world.groups.log.hold()
    const answered = world.stores.commit({
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      retentionTimeMs: -1,
      offsets: [commitOf(42)],
    })
    await world.pass(1000)
    expect(world.znode()).to.equal(undefined)
    world.groups.log.release()
    expect(await world.run(answered)).to.deep.equal(['NONE'])
    expect([world.groups.committed(), world.znode()]).to.deep.equal([42, '42'])
  })

  it('do not go to ZooKeeper when the topic refuses them', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    world.groups.log.fail('NOT_ENOUGH_REPLICAS')
    expect(await world.commit()).to.deep.equal(['COORDINATOR_NOT_AVAILABLE'])
    expect(world.znode()).to.equal(undefined)
  })

  it('are fenced as in the topic', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    const { memberIds } = await world.groups.stable(1)
    expect(await world.commit({ memberId: memberIds[0] ?? '', generationId: 0 })).to.deep.equal([
      'ILLEGAL_GENERATION',
    ])
    expect(world.znode()).to.equal(undefined)
  })

  it('are read as the larger of the two', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit({ offsets: [commitOf(10), commitOf(20, { partition: 1 })] })
    await world.setZnode(15, 0)
    await world.setZnode(15, 1)
    await world.setZnode(3, 2)
    expect(await world.fetch([at('t', 0), at('t', 1), at('t', 2), at('t', 3)])).to.deep.equal([
      't-0=15',
      't-1=20',
      't-2=3',
      't-3=-1',
    ])
    expect(await world.fetch(null)).to.have.members(['t-0=15', 't-1=20', 't-2=3'])
  })

  it('are read from the topic where the znode is no number', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit()
    await world.setZnode('rubbish')
    expect(await world.fetch()).to.deep.equal(['t-0=42'])
  })

  it('are in the topic alone for a group id that is no part of a path', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    expect(await world.commit({ groupId: 'a/b' })).to.deep.equal(['NONE'])
    expect(await world.fetch([at()], 'a/b')).to.deep.equal(['t-0=42'])
  })

  it('are removed from both', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit({ offsets: [commitOf(1), commitOf(2, { partition: 1 })] })
    expect(await world.run(world.stores.deleteOffsets('g', [at('t', 0)]))).to.deep.equal(['NONE'])
    expect([world.znode(0), world.znode(1)]).to.deep.equal([undefined, '2'])
    expect(await world.run(world.stores.deleteGroup('g'))).to.equal('NONE')
    expect(world.znode(1)).to.equal(undefined)
    expect(await world.fetch([at('t', 0), at('t', 1)])).to.deep.equal(['t-0=-1', 't-1=-1'])
  })

  it('are removed from both when their topic is deleted', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit()
    world.stores.onPartitionsDeleted([at()])
    await world.pass(1000)
    expect([world.groups.committed(), world.znode()]).to.deep.equal([-1, undefined])
  })

  it('of a transaction reach ZooKeeper after its end', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    const request = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      producerId: 1,
      producerEpoch: 0,
      offsets: [commitOf(9)],
    }
    await world.run(world.stores.commitInTransaction(request))
    expect(world.znode()).to.equal(undefined)
    world.stores.onTransactionCompleted(1, [world.groups.partitionOf('g')], true)
    expect(await world.fetch()).to.deep.equal(['t-0=9'])
    await world.pass(1000)
    expect(world.znode()).to.equal('9')
  })

  it('keep their order in ZooKeeper when commits follow each other closely', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    const commits = Array.from({ length: 20 }, (_, offset) =>
      world.stores.commit({
        groupId: 'g',
        memberId: '',
        groupInstanceId: null,
        generationId: -1,
        retentionTimeMs: -1,
        offsets: [commitOf(offset)],
      }),
    )
    await world.run(Promise.all(commits.map((answer) => Promise.resolve(answer))))
    expect([world.groups.committed(), world.znode()]).to.deep.equal([19, '19'])
  })

  describe('when ZooKeeper is lost after the topic has them', () => {
    it('say so, are read from the topic, and reach ZooKeeper by themselves', async () => {
      const world = await OffsetStoresWorld.ready('dual')
      await world.commit({ offsets: [commitOf(1)] })
      world.service.loseQuorum()
      expect(await world.commit({ offsets: [commitOf(2)] })).to.deep.equal(['REQUEST_TIMED_OUT'])
      expect(world.groups.committed()).to.equal(2)
      expect(world.stores.repair.owedCount).to.equal(1)
      world.service.restoreQuorum()
      await world.pass(60_000)
      expect(world.znode()).to.equal('2')
      expect(world.stores.repair.owedCount).to.equal(0)
      expect(await world.fetch()).to.deep.equal(['t-0=2'])
    })

    it('lower ZooKeeper, too, where the topic was lowered: what is owed is the truth', async () => {
      const world = await OffsetStoresWorld.ready('dual')
      await world.commit({ offsets: [commitOf(100)] })
      world.service.loseQuorum()
      await world.commit({ offsets: [commitOf(5)] })
      world.service.restoreQuorum()
      await world.pass(60_000)
      expect(world.znode()).to.equal('5')
      expect(await world.fetch()).to.deep.equal(['t-0=5'])
    })

    it('are not doubled when the reply was lost and the write done', async () => {
      const world = await OffsetStoresWorld.ready('dual')
      await world.commit({ offsets: [commitOf(1)] })
      world.service.loseNextReply(world.zooKeeper)
      const [answer] = await world.commit({ offsets: [commitOf(2)] })
      expect(answer).to.be.oneOf(['NONE', 'REQUEST_TIMED_OUT'])
      await world.pass(60_000)
      expect(world.znode()).to.equal('2')
      expect(world.stores.repair.owedCount).to.equal(0)
    })

    it('are raised by the next coordinator, which compares when it has loaded', async () => {
      const world = await OffsetStoresWorld.ready('dual')
      await world.commit({ offsets: [commitOf(1)] })
      world.service.loseQuorum()
      await world.commit({ offsets: [commitOf(2)] })
      await world.moveOn()
      world.service.restoreQuorum()
      await world.pass(60_000)
      expect(world.znode()).to.equal('2')
    })
  })
})

describe('the comparison of both stores', () => {
  it('never lowers ZooKeeper, and tells how far it is ahead', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit({ offsets: [commitOf(10)] })
    await world.setZnode(25)
    await world.pass(61_000)
    expect(world.znode()).to.equal('25')
    expect([...world.stores.repair.drifts()]).to.deep.equal([['g', 15]])
  })

  it('raises what is behind or missing, and then there is no drift', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit({ offsets: [commitOf(10), commitOf(20, { partition: 1 })] })
    await world.setZnode(3, 0)
    await world.run(world.zooKeeper.delete('/consumers/g/offsets/t/1', -1))
    await world.pass(61_000)
    expect([world.znode(0), world.znode(1)]).to.deep.equal(['10', '20'])
    expect(world.repaired.value).to.equal(2)
    expect([...world.stores.repair.drifts()]).to.deep.equal([['g', 0]])
  })

  it('begins for a group when its storage becomes dual', async () => {
    const world = await OffsetStoresWorld.ready('kafka')
    await world.commit()
    await world.pass(100_000)
    expect(world.znode()).to.equal(undefined)
    world.overrides.set('g', 'dual')
    world.stores.onStorageChanged()
    await world.pass(1000)
    expect(world.znode()).to.equal('42')
  })

  it('forgets a group that is not dual any more', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.commit()
    await world.pass(61_000)
    world.overrides.set('g', 'kafka')
    expect([...world.stores.repair.drifts()]).to.deep.equal([])
  })

  it('goes on with other groups while one cannot be written', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    await world.run(world.zooKeeper.create('/consumers/h', null))
    await world.commit({ groupId: 'g' })
    await world.commit({ groupId: 'h' })
    await world.run(world.zooKeeper.delete('/consumers/h/offsets/t/0', -1))
    await world.pass(61_000)
    expect(world.znode(0, 't', 'h')).to.equal('42')
  })

  it('leaves nothing behind when the stores stop', async () => {
    const world = await OffsetStoresWorld.ready('dual')
    world.service.loseQuorum()
    await world.commit()
    world.stores.stop()
    expect(world.stores.repair.owedCount).to.equal(0)
  })
})
