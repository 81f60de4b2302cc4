import { expect } from 'chai'
import { alterPartitionReassignments } from '../../../src/api/alter-partition-reassignments.ts'
import { listPartitionReassignments } from '../../../src/api/list-partition-reassignments.ts'
import { updateFeatures } from '../../../src/api/update-features.ts'
import type { FeatureUpdate, ReassignmentRequest } from '../../../src/controller/requests.ts'
import { errorName, KafkaError } from '../../../src/model/errors.ts'
import type { BrokerId, PartitionIndex } from '../../../src/model/ids.ts'
import type { TopicPartition } from '../../../src/model/topic-partition.ts'
import { call } from '../../support/handler-call.ts'

const ids = (...list: number[]) => list as BrokerId[]
const orders0 = { topic: 'orders', partition: 0 as PartitionIndex }

describe('AlterPartitionReassignments', () => {
  let asked: readonly ReassignmentRequest[]

  function ask(partitions: { partitionIndex: number; replicas: number[] | null }[], failure?: KafkaError) {
    const controller = {
      alterPartitionReassignments: (requests: readonly ReassignmentRequest[]) => {
        asked = requests
        if (failure !== undefined) return Promise.reject(failure)
        const error = 'INVALID_REPLICA_ASSIGNMENT' as const
        return Promise.resolve(requests.map((each) => ({ ...each, error, message: null })))
      },
    }
    return call('AlterPartitionReassignments', alterPartitionReassignments({ controller }), {
      topics: [{ name: 'orders', partitions }],
      timeoutMs: 100,
    })
  }

  it('takes the last word on a partition that is named twice; null gives the reassignment up', async () => {
    await ask([
      { partitionIndex: 0, replicas: [1, 2] },
      { partitionIndex: 0, replicas: null },
    ])
    expect(asked).to.deep.equal([{ ...orders0, replicas: null }])
  })

  it('tells of each partition what went wrong, in the usual words where there are no others', async () => {
    const { errorCode, responses } = await ask([{ partitionIndex: 0, replicas: [1] }])
    const [partition] = responses[0]?.partitions ?? []
    expect([errorCode, errorName(partition?.errorCode ?? 0)]).to.deep.equal([0, 'INVALID_REPLICA_ASSIGNMENT'])
    expect(partition?.errorMessage).to.be.a('string')
  })

  it('fails as a whole where this broker does not control the cluster', async () => {
    const { errorCode, responses } = await ask([], new KafkaError('NOT_CONTROLLER'))
    expect([errorName(errorCode), responses]).to.deep.equal(['NOT_CONTROLLER', []])
  })
})

describe('ListPartitionReassignments', () => {
  let asked: readonly TopicPartition[] | null | undefined

  function ask(topics: { name: string; partitionIndexes: number[] }[] | null, failure?: KafkaError) {
    const controller = {
      listPartitionReassignments: (partitions: readonly TopicPartition[] | null) => {
        asked = partitions
        if (failure !== undefined) return Promise.reject(failure)
        return Promise.resolve([{ ...orders0, replicas: ids(3, 1, 2), adding: ids(3), removing: ids(1) }])
      },
    }
    const handler = listPartitionReassignments({ controller })
    return call('ListPartitionReassignments', handler, { topics, timeoutMs: 100 })
  }

  it('lists all that are in progress', async () => {
    const { topics } = await ask(null)
    expect(asked).to.equal(null)
    expect(topics[0]?.partitions[0]).to.deep.include({
      partitionIndex: 0,
      replicas: [3, 1, 2],
      addingReplicas: [3],
      removingReplicas: [1],
    })
  })

  it('lists those of the partitions that are named', async () => {
    await ask([{ name: 'orders', partitionIndexes: [0] }])
    expect(asked).to.deep.equal([orders0])
  })

  it('fails where this broker does not control the cluster', async () => {
    expect(errorName((await ask(null, new KafkaError('NOT_CONTROLLER'))).errorCode)).to.equal(
      'NOT_CONTROLLER',
    )
  })
})

describe('UpdateFeatures', () => {
  let asked: readonly FeatureUpdate[]
  const update = { feature: 'f', maxVersionLevel: 1 }

  const ask = (changes: object, version: number) => {
    const controller = {
      updateFeatures: (updates: readonly FeatureUpdate[]) => {
        asked = updates
        return Promise.resolve(
          updates.map(({ feature }) => ({
            feature,
            error: 'INVALID_REQUEST' as const,
            message: 'no such feature',
          })),
        )
      },
    }
    const featureUpdates = [{ ...update, ...changes }]
    return call('UpdateFeatures', updateFeatures({ controller }), { featureUpdates }, { version })
  }

  it('says of every feature that there is none', async () => {
    const { results } = await ask({}, 1)
    const [result] = results
    expect([result?.feature, errorName(result?.errorCode ?? 0), result?.errorMessage]).to.deep.equal([
      'f',
      'INVALID_REQUEST',
      'no such feature',
    ])
  })

  it('reads of old versions whether a level may sink, of new ones how', async () => {
    await ask({ allowDowngrade: true }, 0)
    expect(asked[0]?.upgradeType).to.equal('safe-downgrade')
    await ask({ upgradeType: 3 }, 1)
    expect(asked[0]?.upgradeType).to.equal('unsafe-downgrade')
    await ask({ upgradeType: 9 }, 1)
    expect(asked[0]?.upgradeType).to.equal('unknown')
  })
})
