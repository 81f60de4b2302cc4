import { expect } from 'chai'
import { deleteGroups } from '../../../src/api/delete-groups.ts'
import { findCoordinator } from '../../../src/api/find-coordinator.ts'
import { offsetCommit } from '../../../src/api/offset-commit.ts'
import { offsetDelete } from '../../../src/api/offset-delete.ts'
import { offsetFetch } from '../../../src/api/offset-fetch.ts'
import { MetadataCache } from '../../../src/metadata/metadata-cache.ts'
import { coordinatorPartition } from '../../../src/model/coordinator-partition.ts'
import type { Handler } from '../../../src/api/handler.ts'
import { errorCode } from '../../../src/model/errors.ts'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
  PartitionIndex,
} from '../../../src/model/ids.ts'
import { ZERO_UUID } from '../../../src/model/uuid.ts'
import type { ApiName, RequestInput, ResponseRead } from '../../../src/protocol/apis.ts'
import { commitOf } from '../../support/group-world.ts'
import { call } from '../../support/handler-call.ts'
import { OffsetStoresWorld } from '../../support/offset-stores-world.ts'

function ask<N extends ApiName>(
  api: N,
  handler: Handler<N>,
  version: number,
  request: RequestInput<N>,
): Promise<ResponseRead<N>> {
  return call(api, handler, request, { version })
}

const versions = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

/** A cache that knows topics with so many partitions each, led by broker 1. */
function cacheOf(topics: Readonly<Record<string, number>>, leader = 1): MetadataCache {
  const cache = new MetadataCache()
  cache.apply({
    controllerId: 1 as BrokerId,
    brokers: [
      {
        id: 1 as BrokerId,
        rack: null,
        endpoints: [{ listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'b1', port: 9092 }],
      },
    ],
    topics: Object.entries(topics).map(([name, count]) => ({
      name,
      id: ZERO_UUID,
      partitions: Array.from({ length: count }, (_, index) => ({
        index: index as PartitionIndex,
        controllerEpoch: 1 as ControllerEpoch,
        leader: leader as BrokerId,
        leaderEpoch: 0 as LeaderEpoch,
        inSyncReplicas: [1] as BrokerId[],
        partitionEpoch: 0 as PartitionEpoch,
        replicas: [1] as BrokerId[],
        offlineReplicas: [],
      })),
    })),
  })
  return cache
}

async function prepared(storage: 'kafka' | 'zookeeper' | 'dual' = 'kafka') {
  const world = await OffsetStoresWorld.ready(storage)
  const services = { offsets: world.stores, cache: cacheOf({ t: 2, u: 1 }) }
  return {
    world,
    commit: offsetCommit(services),
    fetch: offsetFetch(services),
    remove: offsetDelete(services),
    deleteGroups: deleteGroups(services),
  }
}

describe('OffsetCommit and OffsetFetch', () => {
  for (const version of versions(0, 9)) {
    it(`OffsetCommit version ${version} answers for each partition in its place`, async () => {
      const { world, commit } = await prepared()
      const answer = await world.run(
        ask('OffsetCommit', commit, version, {
          groupId: 'g',
          ...(version >= 1 ? { generationIdOrMemberEpoch: -1, memberId: '' } : {}),
          topics: [
            {
              name: 'nowhere',
              partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
            },
            {
              name: 't',
              partitions: [
                { partitionIndex: 0, committedOffset: 10, committedMetadata: 'm' },
                { partitionIndex: 9, committedOffset: 11, committedMetadata: '' },
                { partitionIndex: 1, committedOffset: 12, committedMetadata: 'x'.repeat(4097) },
              ],
            },
          ],
        }),
      )
      const unknown = errorCode('UNKNOWN_TOPIC_OR_PARTITION')
      expect(
        answer.topics.map(({ name, partitions }) => [name, partitions.map(({ errorCode }) => errorCode)]),
      ).to.deep.equal([
        ['nowhere', [unknown]],
        ['t', [0, unknown, errorCode('OFFSET_METADATA_TOO_LARGE')]],
      ])
      expect(world.groups.committed()).to.equal(version === 0 ? -1 : 10)
      expect(world.znode()).to.equal(version === 0 ? '10' : undefined)
    })
  }

  it('a commit of unknown partitions alone brings no group into being', async () => {
    const { world, commit } = await prepared()
    await world.run(
      ask('OffsetCommit', commit, 8, {
        groupId: 'g',
        topics: [
          { name: 'nowhere', partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }] },
        ],
      }),
    )
    expect(world.groups.coordinator.list([]).groups).to.deep.equal([])
  })

  it('version 1 keeps the time that the client names, later ones how long it wishes', async () => {
    const { world, commit } = await prepared()
    const partition = { partitionIndex: 0, committedOffset: 1, committedMetadata: '' }
    await world.run(
      ask('OffsetCommit', commit, 1, {
        groupId: 'g',
        topics: [{ name: 't', partitions: [{ ...partition, commitTimestamp: 1234 }] }],
      }),
    )
    expect(world.groups.coordinator.committedOffset('g', 't', 0)?.commitTimestamp).to.equal(1234)
    await world.run(
      ask('OffsetCommit', commit, 4, {
        groupId: 'g',
        retentionTimeMs: 5000,
        topics: [{ name: 't', partitions: [partition] }],
      }),
    )
    const nowMs = world.groups.clock.nowMs()
    expect(world.groups.coordinator.committedOffset('g', 't', 0)?.expireTimestamp).to.equal(nowMs + 5000)
  })

  for (const version of versions(0, 7)) {
    it(`OffsetFetch version ${version} tells committed offsets, and -1 for others`, async () => {
      const { world, fetch } = await prepared()
      await world.commit({ offsets: [commitOf(10, { metadata: 'm', leaderEpoch: 4 })] })
      await world.run(world.stores.commitLegacy('g', [commitOf(20)]))
      const answer = await world.run(
        ask('OffsetFetch', fetch, version, {
          groupId: 'g',
          topics: [{ name: 't', partitionIndexes: [0, 1] }],
        }),
      )
      const [first, second] = answer.topics[0]?.partitions ?? []
      expect(answer.errorCode).to.equal(0)
      expect(first).to.include(
        version === 0 ? { committedOffset: 20, metadata: '' } : { committedOffset: 10, metadata: 'm' },
      )
      expect(first?.committedLeaderEpoch).to.equal(version >= 5 ? 4 : -1)
      expect(second).to.include({
        committedOffset: -1,
        metadata: '',
        errorCode: version === 0 ? errorCode('UNKNOWN_TOPIC_OR_PARTITION') : 0,
      })
    })
  }

  for (const version of versions(8, 9)) {
    it(`OffsetFetch version ${version} tells offsets of several groups, and all of one that names none`, async () => {
      const { world, fetch } = await prepared()
      await world.commit({ offsets: [commitOf(10), commitOf(11, { topic: 'u' })] })
      await world.commit({ groupId: 'h', offsets: [commitOf(12)] })
      const answer = await world.run(
        ask('OffsetFetch', fetch, version, {
          groups: [
            { groupId: 'g', topics: null },
            { groupId: 'h', topics: [{ name: 't', partitionIndexes: [0] }] },
            { groupId: 'nobody', topics: null },
          ],
        }),
      )
      const told = answer.groups.map(({ groupId, topics }) => [
        groupId,
        topics.map(({ name, partitions }) => `${name}=${partitions[0]?.committedOffset}`),
      ])
      expect(told).to.deep.equal([
        ['g', ['t=10', 'u=11']],
        ['h', ['t=12']],
        ['nobody', []],
      ])
    })
  }

  it('OffsetFetch of a coordinator that is elsewhere says so, where the version has a place for it', async () => {
    const { world, fetch } = await prepared()
    world.groups.coordinator.onResigned(world.groups.partitionOf('g'), null)
    const topics = [{ name: 't', partitionIndexes: [0] }]
    const old = await world.run(ask('OffsetFetch', fetch, 1, { groupId: 'g', topics }))
    expect(old.topics[0]?.partitions[0]?.errorCode).to.equal(errorCode('NOT_COORDINATOR'))
    const later = await world.run(ask('OffsetFetch', fetch, 5, { groupId: 'g', topics }))
    expect(later.errorCode).to.equal(errorCode('NOT_COORDINATOR'))
    const many = await world.run(ask('OffsetFetch', fetch, 8, { groups: [{ groupId: 'g', topics }] }))
    expect(many.groups[0]?.errorCode).to.equal(errorCode('NOT_COORDINATOR'))
  })

  it('OffsetFetch that wants stable offsets is told of open transactions', async () => {
    const { world, fetch } = await prepared()
    await world.commit()
    const request = {
      groupId: 'g',
      memberId: '',
      groupInstanceId: null,
      generationId: -1,
      producerId: 1,
      producerEpoch: 0,
      offsets: [commitOf(50)],
    }
    await world.run(world.stores.commitInTransaction(request))
    const asked = async (requireStable: boolean) => {
      const topics = [{ name: 't', partitionIndexes: [0] }]
      const answer = await world.run(ask('OffsetFetch', fetch, 7, { groupId: 'g', topics, requireStable }))
      return answer.topics[0]?.partitions[0]
    }
    expect(await asked(true)).to.include({
      errorCode: errorCode('UNSTABLE_OFFSET_COMMIT'),
      committedOffset: -1,
    })
    expect(await asked(false)).to.include({ errorCode: 0, committedOffset: 42 })
  })

  it('version 0 of both does not see topics that do not exist, whatever ZooKeeper remembers', async () => {
    const { world, fetch } = await prepared()
    await world.run(world.stores.commitLegacy('g', [commitOf(1, { topic: 'gone' })]))
    const answer = await world.run(
      ask('OffsetFetch', fetch, 0, { groupId: 'g', topics: [{ name: 'gone', partitionIndexes: [0] }] }),
    )
    expect(answer.topics[0]?.partitions[0]).to.include({
      committedOffset: -1,
      errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION'),
    })
  })
})

describe('OffsetDelete', () => {
  it('answers for each partition in its place', async () => {
    const { world, remove } = await prepared()
    await world.commit({ offsets: [commitOf(1), commitOf(2, { topic: 'u' })] })
    const answer = await world.run(
      ask('OffsetDelete', remove, 0, {
        groupId: 'g',
        topics: [
          { name: 'nowhere', partitions: [{ partitionIndex: 0 }] },
          { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] },
        ],
      }),
    )
    const unknown = errorCode('UNKNOWN_TOPIC_OR_PARTITION')
    expect(answer.topics.map(({ partitions }) => partitions.map((one) => one.errorCode))).to.deep.equal([
      [unknown],
      [0, unknown],
    ])
    expect([world.groups.committed('t'), world.groups.committed('u')]).to.deep.equal([-1, 2])
  })

  it('fails as a whole for a group that is not there', async () => {
    const { world, remove } = await prepared()
    const answer = await world.run(ask('OffsetDelete', remove, 0, { groupId: 'nobody', topics: [] }))
    expect(answer).to.include({ errorCode: errorCode('GROUP_ID_NOT_FOUND') })
  })
})

describe('DeleteGroups', () => {
  for (const version of versions(0, 2)) {
    it(`version ${version} answers for each group once`, async () => {
      const { world, deleteGroups } = await prepared()
      await world.commit({ groupId: 'idle' })
      await world.groups.stable(1, { groupId: 'busy' })
      const { results } = await world.run(
        ask('DeleteGroups', deleteGroups, version, { groupsNames: ['idle', 'busy', 'idle', 'nobody'] }),
      )
      expect(results.map(({ groupId, errorCode }) => [groupId, errorCode])).to.deep.equal([
        ['idle', 0],
        ['busy', errorCode('NON_EMPTY_GROUP')],
        ['nobody', errorCode('GROUP_ID_NOT_FOUND')],
      ])
    })
  }
})

describe('FindCoordinator', () => {
  const finding = (cache: MetadataCache, created: string[] = []) =>
    findCoordinator({
      cache,
      partitionOfGroup: (group) => coordinatorPartition(group, 50),
      partitionOfTransaction: (id) => coordinatorPartition(id, 50),
      autoCreate: (topics) => {
        created.push(...topics)
        return Promise.resolve()
      },
    })

  for (const version of versions(0, 3)) {
    it(`version ${version} tells the leader of the group's partition`, async () => {
      const find = finding(cacheOf({ __consumer_offsets: 50 }))
      const answer = await ask('FindCoordinator', find, version, { key: 'g' })
      expect(answer).to.include({ errorCode: 0, nodeId: 1, host: 'b1', port: 9092 })
    })
  }

  for (const version of versions(4, 6)) {
    it(`version ${version} tells it for several groups`, async () => {
      const find = finding(cacheOf({ __consumer_offsets: 50 }))
      const { coordinators } = await ask('FindCoordinator', find, version, {
        keyType: 0,
        coordinatorKeys: ['g', 'h'],
      })
      expect(coordinators.map(({ key, nodeId, errorCode }) => [key, nodeId, errorCode])).to.deep.equal([
        ['g', 1, 0],
        ['h', 1, 0],
      ])
    })
  }

  it('has the topic created that is not there, and asks for patience', async () => {
    const created: string[] = []
    const answer = await ask('FindCoordinator', finding(cacheOf({}), created), 3, { key: 'g', keyType: 0 })
    expect(answer).to.include({
      errorCode: errorCode('COORDINATOR_NOT_AVAILABLE'),
      nodeId: -1,
      host: '',
      port: -1,
    })
    expect(created).to.deep.equal(['__consumer_offsets'])
  })

  it('asks for patience while the partition has no leader', async () => {
    const cache = cacheOf({ __consumer_offsets: 50 }, -1)
    const answer = await ask('FindCoordinator', finding(cache), 3, { key: 'g', keyType: 0 })
    expect(answer.errorCode).to.equal(errorCode('COORDINATOR_NOT_AVAILABLE'))
  })

  it('refuses other kinds of keys, and creates nothing for them', async () => {
    const created: string[] = []
    const find = finding(cacheOf({}), created)
    const answer = await ask('FindCoordinator', find, 4, { keyType: 7, coordinatorKeys: ['x'] })
    expect(answer.coordinators[0]?.errorCode).to.equal(errorCode('INVALID_REQUEST'))
    const share = await ask('FindCoordinator', find, 6, { keyType: 2, coordinatorKeys: ['x'] })
    expect(share.coordinators[0]?.errorCode).to.equal(errorCode('COORDINATOR_NOT_AVAILABLE'))
    expect(created).to.deep.equal([])
  })
})
