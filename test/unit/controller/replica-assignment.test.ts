import { expect } from 'chai'
import {
  assigned,
  isBeingReassigned,
  originReplicas,
  reassignTo,
  sameAssignment,
  targetReplicas,
  withoutReplica,
} from '../../../src/controller/replica-assignment.ts'
import type { BrokerId } from '../../../src/model/ids.ts'

const ids = (...list: number[]) => list as BrokerId[]

describe('replica assignment', () => {
  const cases: [
    name: string,
    from: number[],
    to: number[],
    replicas: number[],
    adding: number[],
    removing: number[],
  ][] = [
    ['moves one replica', [1, 2], [2, 3], [2, 3, 1], [3], [1]],
    ['moves every replica', [1, 2], [3, 4], [3, 4, 1, 2], [3, 4], [1, 2]],
    ['grows', [1], [1, 2, 3], [1, 2, 3], [2, 3], []],
    ['shrinks', [1, 2, 3], [2], [2, 1, 3], [], [1, 3]],
    ['changes the order only', [1, 2, 3], [3, 2, 1], [3, 2, 1], [], []],
    ['stays as it is', [1, 2], [1, 2], [1, 2], [], []],
    ['starts from no replica at all', [], [1], [1], [1], []],
  ]
  for (const [name, from, to, replicas, adding, removing] of cases) {
    it(`${name}: ${from.join()} to ${to.join()}`, () => {
      const moved = reassignTo(assigned(ids(...from)), ids(...to))
      expect(moved).to.deep.equal({ replicas, adding, removing })
      expect(originReplicas(moved)).to.have.members(from)
      expect(targetReplicas(moved)).to.deep.equal(to)
      expect(isBeingReassigned(moved)).to.equal(adding.length + removing.length > 0)
    })
  }

  it('starts over from the origin when a reassignment replaces another', () => {
    const first = reassignTo(assigned(ids(1, 2)), ids(3, 4))
    expect(reassignTo(first, ids(2, 5))).to.deep.equal({ replicas: [2, 5, 1], adding: [5], removing: [1] })
  })

  it('is cancelled by a reassignment to the origin', () => {
    const first = reassignTo(assigned(ids(1, 2)), ids(3, 4))
    const cancelled = reassignTo(first, originReplicas(first))
    expect(cancelled).to.deep.equal(assigned(ids(1, 2)))
  })

  it('forgets a replica wherever it stands', () => {
    const moving = reassignTo(assigned(ids(1, 2)), ids(2, 3))
    expect(withoutReplica(moving, 3 as BrokerId)).to.deep.equal({
      replicas: [2, 1],
      adding: [],
      removing: [1],
    })
    expect(withoutReplica(moving, 1 as BrokerId)).to.deep.equal({
      replicas: [2, 3],
      adding: [3],
      removing: [],
    })
  })

  it('compares in order', () => {
    expect(sameAssignment(assigned(ids(1, 2)), assigned(ids(1, 2)))).to.equal(true)
    expect(sameAssignment(assigned(ids(1, 2)), assigned(ids(2, 1)))).to.equal(false)
    expect(sameAssignment(assigned(ids(1)), assigned(ids(1, 2)))).to.equal(false)
    expect(sameAssignment(reassignTo(assigned(ids(1)), ids(2)), assigned(ids(2, 1)))).to.equal(false)
  })
})
