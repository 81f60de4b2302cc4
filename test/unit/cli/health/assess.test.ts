import { expect } from 'chai'
import { assessHealth, type HealthInputs } from '../../../../src/cli/health/assess.ts'

interface Partition {
  readonly leader: number
  readonly replicas: number[]
  readonly isr: number[]
}

function inputs(alive: number[], partitions: Partition[], more: Partial<HealthInputs> = {}): HealthInputs {
  return {
    metadata: {
      throttleTimeMs: 0,
      brokers: alive.map((nodeId) => ({ nodeId, host: 'h', port: 9092, rack: null })),
      clusterId: 'c',
      controllerId: alive[0] ?? -1,
      clusterAuthorizedOperations: 0,
      topics: [
        {
          errorCode: 0,
          name: 'orders',
          topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
          isInternal: false,
          topicAuthorizedOperations: 0,
          partitions: partitions.map(({ leader, replicas, isr }, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: leader,
            leaderEpoch: 0,
            replicaNodes: replicas,
            isrNodes: isr,
            offlineReplicas: [],
          })),
        },
      ],
    } as unknown as HealthInputs['metadata'],
    minInSync: new Map(),
    unreachable: [],
    failedDirectories: [],
    reassigning: [],
    expectedBrokers: null,
    ...more,
  }
}

const kinds = (given: HealthInputs): string[] => assessHealth(given).problems.map(({ kind }) => kind)

describe('assessHealth', () => {
  it('has nothing to say of a cluster that is well', () => {
    const health = assessHealth(inputs([1, 2], [{ leader: 1, replicas: [1, 2], isr: [1, 2] }]))
    expect(health.isHealthy).to.equal(true)
    expect(health.problems).to.deep.equal([])
  })

  it('names the broker that is missing and what it has', () => {
    const { isHealthy, problems } = assessHealth(inputs([1], [{ leader: 1, replicas: [1, 2], isr: [1] }]))
    expect(isHealthy).to.equal(false)
    expect(problems[0]?.what).to.contain('broker 2 is not alive')
    expect(problems[0]?.partitions).to.deep.equal(['orders-0'])
  })

  it('says whom a partition without a leader waits for', () => {
    const { problems } = assessHealth(inputs([1], [{ leader: -1, replicas: [1, 2], isr: [2] }]))
    const offline = problems.find(({ kind }) => kind === 'partition-offline')
    expect(offline?.advice).to.contain('broker 2')
  })

  it('tells refused writes from replicas that lag', () => {
    const given = { leader: 1, replicas: [1, 2, 3], isr: [1] }
    const strict = inputs([1, 2, 3], [given], { minInSync: new Map([['orders', 2]]) })
    expect(kinds(strict)).to.deep.equal(['below-min-isr'])
    expect(kinds(inputs([1, 2, 3], [given]))).to.deep.equal(['under-replicated'])
  })

  it('does not call a cluster ill for leaders that are not the preferred ones', () => {
    const health = assessHealth(inputs([1, 2], [{ leader: 2, replicas: [1, 2], isr: [1, 2] }]))
    expect(health.isHealthy).to.equal(true)
    expect(health.problems.map(({ kind }) => kind)).to.deep.equal(['leader-not-preferred'])
  })

  it('does not trust a registration whose broker does not answer', () => {
    expect(kinds(inputs([1, 2], [], { unreachable: [2] }))).to.deep.equal(['broker-unreachable'])
  })

  it('counts brokers where a number is expected, and asks for a controller', () => {
    expect(kinds(inputs([1], [], { expectedBrokers: 3 }))).to.deep.equal(['no-brokers'])
    expect(kinds(inputs([], []))).to.deep.equal(['no-controller'])
  })

  it('puts the worst first', () => {
    const given = inputs([1, 2], [{ leader: 2, replicas: [1, 2], isr: [1, 2] }], {
      failedDirectories: [{ broker: 1, path: '/data' }],
    })
    expect(kinds(given)).to.deep.equal(['directory-offline', 'leader-not-preferred'])
  })
})
