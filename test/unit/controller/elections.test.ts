import { expect } from 'chai'
import { elect, type ElectionStrategy } from '../../../src/controller/elections.ts'
import { assigned, reassignTo } from '../../../src/controller/replica-assignment.ts'
import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch } from '../../../src/model/ids.ts'
import type { LeaderAndIsr, LeaderRecoveryState } from '../../../src/model/leader-and-isr.ts'
import type { ReplicaAssignment } from '../../../zk/znodes/topics.ts'

const ids = (...list: number[]) => list as BrokerId[]

interface Situation {
  readonly assignment?: ReplicaAssignment
  readonly isr: number[]
  readonly online: number[]
  readonly shuttingDown?: number[]
  readonly leader?: number
  readonly recovery?: LeaderRecoveryState
}

function run(strategy: ElectionStrategy, situation: Situation) {
  const current: LeaderAndIsr = {
    leader: (situation.leader ?? 1) as BrokerId,
    leaderEpoch: 7 as LeaderEpoch,
    inSyncReplicas: ids(...situation.isr),
    leaderRecoveryState: situation.recovery ?? 'RECOVERED',
    partitionEpoch: 40 as PartitionEpoch,
    controllerEpoch: 3 as ControllerEpoch,
  }
  const shuttingDown = situation.shuttingDown ?? []
  return elect(strategy, {
    assignment: situation.assignment ?? assigned(ids(1, 2, 3)),
    current,
    isOnline: (broker) => situation.online.includes(broker),
    isShuttingDown: (broker) => shuttingDown.includes(broker),
    isOnlineOrShuttingDown: (broker) => situation.online.includes(broker) || shuttingDown.includes(broker),
  })
}

/** Every subset of 1, 2, 3. */
const subsets = Array.from({ length: 8 }, (_, bits) =>
  [1, 2, 3].filter((broker) => bits & (1 << (broker - 1))),
)

describe('leader elections', () => {
  for (const strategy of ['offline', 'unclean', 'reassign', 'preferred', 'controlled-shutdown'] as const) {
    it(`${strategy}: raises the leader epoch, keeps the partition epoch, for every combination of live and in-sync`, () => {
      for (const isr of subsets) {
        for (const online of subsets) {
          const election = run(strategy, { isr, online })
          if (election === null) continue
          expect(election.elected.leaderEpoch).to.equal(8)
          expect(election.elected.partitionEpoch).to.equal(40)
          expect(election.elected.inSyncReplicas).to.include(election.elected.leader)
          expect(online).to.include(election.elected.leader)
          if (!election.isUnclean) expect(isr).to.include(election.elected.leader)
        }
      }
    })
  }

  describe('offline', () => {
    it('elects the first online in-sync replica, and leaves the offline ones out of the ISR, in all 64 cases', () => {
      for (const isr of subsets) {
        for (const online of subsets) {
          const both = [1, 2, 3].filter((broker) => isr.includes(broker) && online.includes(broker))
          const election = run('offline', { isr, online })
          if (both.length === 0) {
            expect(election).to.equal(null)
            continue
          }
          expect(election?.elected.leader).to.equal(both[0])
          expect(election?.elected.inSyncReplicas).to.deep.equal(both)
          expect(election?.recipients).to.deep.equal(online)
          expect(election?.isUnclean).to.equal(false)
        }
      }
    })

    it('follows the order of the assignment for the leader and of the ISR for the ISR', () => {
      const election = run('offline', { assignment: assigned(ids(3, 1, 2)), isr: [2, 1, 3], online: [1, 2] })
      expect(election?.elected).to.include({ leader: 1 })
      expect(election?.elected.inSyncReplicas).to.deep.equal([2, 1])
      expect(election?.recipients).to.deep.equal([1, 2])
    })

    it('keeps an unfinished recovery', () => {
      const election = run('offline', { isr: [1, 2], online: [2], recovery: 'RECOVERING' })
      expect(election?.elected.leaderRecoveryState).to.equal('RECOVERING')
    })
  })

  describe('unclean', () => {
    it('is the same as offline while an in-sync replica is online, else takes the first online one, in all 64 cases', () => {
      for (const isr of subsets) {
        for (const online of subsets) {
          const clean = run('offline', { isr, online })
          const election = run('unclean', { isr, online })
          if (clean !== null) expect(election).to.deep.equal(clean)
          else if (online.length === 0) expect(election).to.equal(null)
          else {
            expect(election?.elected.leader).to.equal(online[0])
            expect(election?.elected.inSyncReplicas).to.deep.equal([online[0]])
            expect(election?.elected.leaderRecoveryState).to.equal('RECOVERING')
            expect(election?.isUnclean).to.equal(true)
          }
        }
      }
    })

    it('does not happen while an in-sync replica is online that is not assigned any more', () => {
      expect(run('unclean', { assignment: assigned(ids(1, 2)), isr: [3], online: [2, 3] })).to.equal(null)
    })
  })

  describe('reassign', () => {
    const assignment = reassignTo(assigned(ids(1, 2)), ids(3, 2))
    it('elects the first target that is online and in sync, keeps the ISR, tells the whole target', () => {
      const election = run('reassign', { assignment, isr: [1, 2, 3], online: [1, 2] })
      expect(election?.elected.leader).to.equal(2)
      expect(election?.elected.inSyncReplicas).to.deep.equal([1, 2, 3])
      expect(election?.recipients).to.deep.equal([3, 2])
    })

    it('never elects a replica that is to go, in all 64 cases', () => {
      for (const isr of subsets) {
        for (const online of subsets) {
          const eligible = [3, 2].filter((broker) => isr.includes(broker) && online.includes(broker))
          expect(run('reassign', { assignment, isr, online })?.elected.leader).to.equal(eligible[0])
        }
      }
    })
  })

  describe('preferred', () => {
    it('elects the first replica when it is online and in sync, and nobody else, in all 64 cases', () => {
      for (const isr of subsets) {
        for (const online of subsets) {
          const election = run('preferred', { isr, online, leader: 2 })
          if (isr.includes(1) && online.includes(1)) {
            expect(election?.elected.leader).to.equal(1)
            expect(election?.elected.inSyncReplicas).to.deep.equal(isr)
            expect(election?.recipients).to.deep.equal([1, 2, 3])
          } else expect(election).to.equal(null)
        }
      }
    })

    it('finds nobody in an assignment without replicas', () => {
      expect(run('preferred', { assignment: assigned([]), isr: [1], online: [1] })).to.equal(null)
    })
  })

  describe('controlled shutdown', () => {
    it('passes over brokers that are shutting down, takes them out of the ISR, and tells them too, in all cases', () => {
      for (const isr of subsets) {
        for (const shuttingDown of subsets) {
          for (const registered of subsets) {
            const leaving = shuttingDown.filter((broker) => registered.includes(broker))
            const online = registered.filter((broker) => !leaving.includes(broker))
            const eligible = isr.filter((broker) => online.includes(broker))
            const election = run('controlled-shutdown', { isr, online, shuttingDown: leaving })
            expect(election?.elected.leader).to.equal(eligible[0])
            if (election === null) continue
            expect(election.elected.inSyncReplicas).to.deep.equal(
              isr.filter((broker) => !leaving.includes(broker)),
            )
            expect(election.recipients).to.deep.equal(registered)
          }
        }
      }
    })
  })
})
