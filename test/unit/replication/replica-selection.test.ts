import { expect } from 'chai'
import type { BrokerId } from '../../../src/model/ids.ts'
import { replicaInRack } from '../../../src/replication/replica-selection.ts'

const RACKS: Readonly<Record<number, string>> = { 1: 'a', 2: 'b', 3: 'b', 4: 'c' }
const options = { self: 1 as BrokerId, rackOf: (id: BrokerId) => RACKS[id] ?? null }
const follower = (id: number, logEndOffset: number, lastCaughtUpMs = 0) => ({
  id: id as BrokerId,
  logEndOffset,
  logStartOffset: 0,
  lastCaughtUpMs,
})

describe('the replica in a rack', () => {
  const cases: [string, string, ReturnType<typeof follower>[], number | null][] = [
    ['is the leader when that is there too', 'a', [follower(2, 9)], null],
    ['is the leader when no replica is there', 'd', [follower(2, 9), follower(4, 9)], null],
    ['is the leader for a consumer without a rack', '', [follower(2, 9)], null],
    ['is the follower there', 'c', [follower(2, 9), follower(4, 5)], 4],
    ['is the one that is furthest', 'b', [follower(2, 9), follower(3, 8)], 2],
    ['is the one that was caught up last', 'b', [follower(2, 9, 5), follower(3, 9, 4)], 2],
    ['is the higher id of equals', 'b', [follower(2, 9), follower(3, 9)], 3],
    ['is not one of an unknown rack', 'b', [follower(7, 9)], null],
  ]
  for (const [name, rack, followers, expected] of cases) {
    it(name, () => expect(replicaInRack(rack, followers, options)).to.equal(expected))
  }
})
