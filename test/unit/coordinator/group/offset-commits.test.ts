import { expect } from 'chai'
import { commitOf, commitRequest, GroupWorld, INITIAL_DELAY_MS } from '../../../support/group-world.ts'

describe('committing offsets', () => {
  it('brings a group into being that only keeps offsets', async () => {
    const world = await GroupWorld.ready()
    expect(await world.commit({ offsets: [commitOf(7, { metadata: 'm', leaderEpoch: 3 })] })).to.deep.equal([
      'NONE',
    ])
    expect(world.coordinator.committedOffset('g', 't', 0)).to.include({
      offset: 7,
      metadata: 'm',
      leaderEpoch: 3,
      commitTimestamp: world.clock.nowMs(),
      expireTimestamp: -1,
    })
    expect(world.coordinator.list([]).groups).to.deep.equal([
      { groupId: 'g', protocolType: '', state: 'Empty' },
    ])
    expect(world.metrics.offsetCommits.value).to.equal(1)
  })

  it('counts an offset when it is replicated, and not before', async () => {
    const world = await GroupWorld.ready()
    world.log.hold()
    const answered = Promise.resolve(world.coordinator.commit(commitRequest()))
    await world.settle()
    expect(world.log.heldCount).to.equal(1)
    expect(world.committed()).to.equal(-1)
    world.log.release()
    expect(await world.clock.until(answered)).to.deep.equal(['NONE'])
    expect(world.committed()).to.equal(42)
  })

  it('puts all offsets of a request, and of a turn, into one batch', async () => {
    const world = await GroupWorld.ready()
    const one = world.coordinator.commit(
      commitRequest({ offsets: [commitOf(1), commitOf(2, { partition: 1 })] }),
    )
    const other = world.coordinator.commit(commitRequest({ groupId: 'h' }))
    await world.clock.until(Promise.all([one, other]))
    expect(world.log.appends).to.have.length(1)
    expect(world.log.records()).to.have.length(3)
  })

  it('lets the commit count that is further along in the log', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ offsets: [commitOf(10)] })
    await world.commit({ offsets: [commitOf(5)] })
    expect(world.committed()).to.equal(5)
    await world.moveOn()
    expect(world.committed()).to.equal(5)
  })

  it('refuses metadata that is too long, for that offset alone', async () => {
    const world = await GroupWorld.ready({ settings: { maxMetadataLength: 4 } })
    const offsets = [
      commitOf(1, { metadata: 'four' }),
      commitOf(2, { partition: 1, metadata: 'fives' }),
      commitOf(3, { partition: 2, metadata: null }),
    ]
    expect(await world.commit({ offsets })).to.deep.equal(['NONE', 'OFFSET_METADATA_TOO_LARGE', 'NONE'])
    expect([0, 1, 2].map((partition) => world.committed('t', partition))).to.deep.equal([1, -1, 3])
  })

  it('keeps offsets below zero as they are', async () => {
    const world = await GroupWorld.ready()
    expect(await world.commit({ offsets: [commitOf(-1)] })).to.deep.equal(['NONE'])
    await world.moveOn()
    expect(world.coordinator.committedOffset('g', 't', 0)?.isCommitted).to.equal(true)
  })

  for (const [stored, told] of [
    ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
    ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
    ['MESSAGE_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ['RECORD_LIST_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE'],
    ['REQUEST_TIMED_OUT', 'REQUEST_TIMED_OUT'],
  ] as const) {
    it(`answers ${told} when the log answers ${stored}, and keeps what was there`, async () => {
      const world = await GroupWorld.ready()
      await world.commit({ offsets: [commitOf(1)] })
      world.log.fail(stored)
      expect(await world.commit({ offsets: [commitOf(2)] })).to.deep.equal([told])
      expect(world.committed()).to.equal(1)
      const [group] = world.coordinator.shards()
      expect(group?.groups.get('g')?.offsets.find('t', 0)?.isPending).to.equal(false)
    })
  }

  it('leaves no trace of a first commit that failed', async () => {
    const world = await GroupWorld.ready()
    world.log.fail('NOT_ENOUGH_REPLICAS')
    await world.commit()
    const table = world.coordinator.offsetsOf('g')
    expect(table === null || (typeof table !== 'string' && table.isEmpty)).to.equal(true)
  })

  describe('as a member', () => {
    for (const [what, request, error] of [
      ['of this generation', {}, 'NONE'],
      ['of an old generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
      ['of a generation to come', { generationId: 2 }, 'ILLEGAL_GENERATION'],
      ['that was removed', { memberId: 'ghost' }, 'UNKNOWN_MEMBER_ID'],
      ['that has no id', { memberId: '' }, 'UNKNOWN_MEMBER_ID'],
      ['that gives no generation', { generationId: -1 }, 'ILLEGAL_GENERATION'],
      ['that claims a name that nobody has', { groupInstanceId: 'i' }, 'UNKNOWN_MEMBER_ID'],
      ['that is none: an administrator', { memberId: '', generationId: -1 }, 'UNKNOWN_MEMBER_ID'],
    ] as const) {
      it(`${what}: ${error}`, async () => {
        const world = await GroupWorld.ready()
        const { memberIds, generationId } = await world.stable(1)
        const answers = await world.commit({ memberId: memberIds[0] ?? '', generationId, ...request })
        expect(answers).to.deep.equal([error])
        expect(world.committed()).to.equal(error === 'NONE' ? 42 : -1)
      })
    }

    it('is refused between joining and syncing, and taken while the group prepares', async () => {
      const world = await GroupWorld.ready()
      const joined = world.join()
      await world.pass(INITIAL_DELAY_MS)
      const { memberId, generationId } = await joined
      expect(await world.commit({ memberId, generationId })).to.deep.equal(['REBALANCE_IN_PROGRESS'])
      await world.clock.until(world.sync({ memberId, generationId }))
      void world.join()
      expect(await world.commit({ memberId, generationId })).to.deep.equal(['NONE'])
    })
  })

  it('refuses a generation of a group that nobody has heard of', async () => {
    const world = await GroupWorld.ready()
    expect(await world.commit({ generationId: 3, memberId: 'm' })).to.deep.equal(['ILLEGAL_GENERATION'])
    expect(world.coordinator.list([]).groups).to.deep.equal([])
  })

  it('lets an administrator commit for an empty group', async () => {
    const world = await GroupWorld.ready()
    const { memberIds } = await world.stable(1)
    world.leave(memberIds[0] ?? '')
    await world.settle()
    expect(await world.commit()).to.deep.equal(['NONE'])
  })

  it('takes the empty group id, as Kafka does', async () => {
    const world = await GroupWorld.ready()
    expect(await world.commit({ groupId: '' })).to.deep.equal(['NONE'])
    expect(world.committed('t', 0, '')).to.equal(42)
  })

  it('answers NOT_COORDINATOR when the partition moves away while a commit is under way', async () => {
    const world = await GroupWorld.ready()
    world.log.hold()
    const answered = Promise.resolve(world.coordinator.commit(commitRequest()))
    await world.settle()
    world.coordinator.onResigned(world.partitionOf('g'), null)
    world.log.release()
    expect(await world.clock.until(answered)).to.deep.equal(['NOT_COORDINATOR'])
  })

  it('forgets what was under way for a topic that is deleted', async () => {
    const world = await GroupWorld.ready()
    await world.commit({ offsets: [commitOf(1)] })
    world.log.hold()
    const answered = Promise.resolve(world.coordinator.commit(commitRequest({ offsets: [commitOf(2)] })))
    await world.settle()
    world.coordinator.onPartitionsDeleted([{ topic: 't', partition: 0 as never }])
    world.log.release()
    await world.clock.until(answered)
    expect(world.committed()).to.equal(-1)
  })
})

describe('committing offsets in a transaction', () => {
  const producer = { producerId: 7, producerEpoch: 0 }
  const transactional = (offset: number, producerId = 7) => ({
    ...commitRequest({ offsets: [commitOf(offset)] }),
    ...producer,
    producerId,
  })

  it('counts when the transaction commits', async () => {
    const world = await GroupWorld.ready()
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(transactional(5))))
    expect(world.committed()).to.equal(-1)
    const changed = world.coordinator.onTransactionCompleted(7, [world.partitionOf('g')], true)
    expect(changed.map(({ groupId, entries }) => [groupId, entries.length])).to.deep.equal([['g', 1]])
    expect(world.committed()).to.equal(5)
  })

  it('is forgotten when the transaction aborts', async () => {
    const world = await GroupWorld.ready()
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(transactional(5))))
    world.coordinator.onTransactionCompleted(7, [world.partitionOf('g')], false)
    expect(world.committed()).to.equal(-1)
  })

  it('does not count before a plain commit that came later', async () => {
    const world = await GroupWorld.ready()
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(transactional(5))))
    await world.commit({ offsets: [commitOf(9)] })
    world.coordinator.onTransactionCompleted(7, [world.partitionOf('g')], true)
    expect(world.committed()).to.equal(9)
  })

  it('keeps the transactions of several producers apart', async () => {
    const world = await GroupWorld.ready()
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(transactional(5, 7))))
    await world.clock.until(Promise.resolve(world.coordinator.commitInTransaction(transactional(6, 8))))
    world.coordinator.onTransactionCompleted(8, [world.partitionOf('g')], true)
    expect(world.committed()).to.equal(6)
    world.coordinator.onTransactionCompleted(7, [world.partitionOf('g')], true)
    expect(world.committed()).to.equal(6)
  })

  it('checks members that say who they are', async () => {
    const world = await GroupWorld.ready()
    await world.stable(1)
    const ask = (rest: object) => world.coordinator.commitInTransaction({ ...transactional(1), ...rest })
    expect(ask({ memberId: 'ghost', generationId: 1 })).to.deep.equal(['UNKNOWN_MEMBER_ID'])
    expect(ask({ memberId: '', generationId: 4 })).to.deep.equal(['UNKNOWN_MEMBER_ID'])
    expect(ask({ groupId: '' })).to.deep.equal(['INVALID_GROUP_ID'])
  })
})
