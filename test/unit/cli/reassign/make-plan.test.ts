import { expect } from 'chai'
import { makePlan, PlanError } from '../../../../src/cli/reassign/make-plan.ts'
import type { PlannedPartition } from '../../../../src/cli/reassign/plan-file.ts'

const brokers = (...ids: number[]) => ids.map((id) => ({ id, rack: null }))
const partitions = (...lists: number[][]): PlannedPartition[] =>
  lists.map((replicas, partition) => ({ topic: 'orders', partition, replicas }))

/** The whole assignment after a plan. */
function after(before: readonly PlannedPartition[], plan: readonly PlannedPartition[]): number[][] {
  return before.map(({ partition, replicas }) => [
    ...(plan.find((each) => each.partition === partition)?.replicas ?? replicas),
  ])
}

function replicaCounts(lists: readonly number[][]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const id of lists.flat()) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}

describe('makePlan', () => {
  it('changes nothing where all is even', () => {
    const plan = makePlan({
      partitions: partitions([1, 2], [2, 3], [3, 1]),
      brokers: brokers(1, 2, 3),
      replicationFactor: null,
      isMinimal: false,
    })
    expect(plan).to.deep.equal([])
  })

  it('takes replicas from a broker that must not have any, and no others', () => {
    const before = partitions([1, 2], [2, 3], [3, 1])
    const plan = makePlan({
      partitions: before,
      brokers: brokers(1, 2),
      replicationFactor: null,
      isMinimal: true,
    })
    expect(plan.map(({ partition }) => partition)).to.deep.equal([1, 2])
    for (const replicas of after(before, plan)) expect([...replicas].sort()).to.deep.equal([1, 2])
  })

  it('gives a new broker its share', () => {
    const before = partitions([1, 2], [2, 1], [1, 2], [2, 1], [1, 2], [2, 1])
    const lists = after(
      before,
      makePlan({ partitions: before, brokers: brokers(1, 2, 3), replicationFactor: null, isMinimal: false }),
    )
    expect([...replicaCounts(lists).values()]).to.deep.equal([4, 4, 4])
    for (const replicas of lists) expect(new Set(replicas).size).to.equal(2)
  })

  it('evens out who is preferred', () => {
    const before = partitions([1, 2, 3], [1, 3, 2], [1, 2, 3])
    const lists = after(
      before,
      makePlan({ partitions: before, brokers: brokers(1, 2, 3), replicationFactor: null, isMinimal: false }),
    )
    expect(lists.map(([leader]) => leader).sort()).to.deep.equal([1, 2, 3])
  })

  it('puts a new replica on a rack that the partition is not on', () => {
    const plan = makePlan({
      partitions: partitions([1]),
      brokers: [
        { id: 1, rack: 'a' },
        { id: 2, rack: 'a' },
        { id: 3, rack: 'b' },
      ],
      replicationFactor: 2,
      isMinimal: true,
    })
    expect(plan[0]?.replicas).to.deep.equal([1, 3])
  })

  it('refuses more replicas than there are brokers', () => {
    expect(() =>
      makePlan({
        partitions: partitions([1]),
        brokers: brokers(1, 2),
        replicationFactor: 3,
        isMinimal: false,
      }),
    ).to.throw(PlanError, 'needs 3 replicas')
  })
})
