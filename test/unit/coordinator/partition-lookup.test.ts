import { expect } from 'chai'
import { CoordinatorPartitions } from '../../../src/coordinator/partition-lookup.ts'
import { coordinatorPartition } from '../../../src/model/coordinator-partition.ts'

describe('coordinatorPartition', () => {
  for (const [id, partition] of [
    ['g1', 42],
    ['my-group', 12],
    ['test-group', 12],
    ['console-consumer-12345', 6],
    ['polygenelubricants', 0],
    ['группа', 8],
    ['', 0],
  ] as const) {
    it(`of ${JSON.stringify(id)} among 50 is ${partition}, as for Java`, () => {
      expect(coordinatorPartition(id, 50)).to.equal(partition)
    })
  }
})

describe('CoordinatorPartitions', () => {
  it('goes by the topic that was there at the start, whatever becomes of it', () => {
    let count = 7
    const partitions = new CoordinatorPartitions({ initial: 5, countOf: () => count, configured: () => 50 })
    count = 9
    expect(partitions.count).to.equal(5)
  })

  it('goes by the configuration until the topic is seen, and then by that for good', () => {
    let count = 0
    const partitions = new CoordinatorPartitions({
      initial: null,
      countOf: () => count,
      configured: () => 50,
    })
    expect(partitions.count).to.equal(50)
    count = 4
    expect(partitions.count).to.equal(4)
    count = 8
    expect(partitions.count).to.equal(4)
  })
})
