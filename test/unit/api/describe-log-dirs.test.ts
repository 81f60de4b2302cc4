import { expect } from 'chai'
import { describeLogDirs } from '../../../src/api/describe-log-dirs.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { RequestInput } from '../../../src/protocol/apis.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { call } from '../../support/handler-call.ts'
import { ReplicaWorld } from '../../support/replica-world.ts'

const [FIRST, SECOND] = ['/data/a', '/data/b']

describe('DescribeLogDirs', () => {
  let world: ReplicaWorld

  beforeEach(async () => {
    world = await ReplicaWorld.open({ directories: [FIRST, SECOND] })
    for (const topic of ['orders', 'payments']) await world.append(await world.lead(topic), 3)
  })

  function ask(topics: RequestInput<'DescribeLogDirs'>['topics'] = null) {
    const { manager, disk, logger } = world.logs
    return call('DescribeLogDirs', describeLogDirs({ logs: manager, disk, logger }), { topics })
  }

  it('tells of every directory what lies in it, with its size', async () => {
    const { errorCode, results } = await ask()
    expect(errorCode).to.equal(0)
    expect(results.map(({ logDir }) => logDir)).to.deep.equal([FIRST, SECOND])
    const partitions = results.flatMap(({ topics }) => topics.flatMap((topic) => topic.partitions))
    expect(partitions).to.have.length(2)
    for (const partition of partitions) {
      expect(partition).to.include({ partitionIndex: 0, offsetLag: 0, isFutureKey: false })
      expect(partition.partitionSize).to.be.greaterThan(60)
    }
  })

  it('tells how large the disk is', async () => {
    const { totalBytes, usableBytes } = world.logs.disk.space(FIRST)
    const [first] = (await ask()).results
    expect([first?.totalBytes, first?.usableBytes]).to.deep.equal([totalBytes, usableBytes])
  })

  it('shows the topics asked for, and every directory all the same', async () => {
    const { results } = await ask([{ topic: 'orders', partitions: [0, 7] }])
    expect(results).to.have.length(2)
    expect(results.flatMap(({ topics }) => topics.map(({ name }) => name))).to.deep.equal(['orders'])
  })

  it('shows nothing of a directory that has failed but that it has', async () => {
    world.logs.disk.inject({ on: 'write', path: SECOND, error: 'EIO', times: Infinity })
    for (const topic of ['orders', 'payments']) {
      const leader = world.replicas.leader(topic, 0, -1)
      leader.append(buildBatch([{ value: 'x' }]), 'client', false)
    }
    await world.logs.settle()
    const { results } = await ask()
    const failed = results.find(({ logDir }) => logDir === SECOND)
    expect([errorName(failed?.errorCode ?? 0), failed?.topics]).to.deep.equal(['KAFKA_STORAGE_ERROR', []])
    expect(results.find(({ logDir }) => logDir === FIRST)?.errorCode).to.equal(0)
  })
})
