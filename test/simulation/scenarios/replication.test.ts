import { expect } from 'chai'
import type { PlannedAction } from '../plan.ts'
import { mustHold } from './scenario.ts'

const ALL = [1, 2, 3]

describe('Replication, in scenarios that once lost records', function () {
  this.timeout(600_000)

  it('KIP-101: a follower that restarts keeps what its leader, about to die, has acknowledged', async () => {
    // Each follower's watermark is a fetch behind. Whoever cuts its log back to it at a restart, and is elected before
    // it has fetched again, has lost a record that was acknowledged.
    const actions = [0, 1, 2, 3].flatMap((round): PlannedAction[] => {
      const [first, second] = [(round % 3) + 1, ((round + 1) % 3) + 1]
      const atMs = 1000 + 3500 * round
      return [
        { atMs, kind: 'zk-expire', broker: first },
        { atMs: atMs + 30, kind: 'zk-expire', broker: second },
        { atMs: atMs + 800, kind: 'kill', broker: first, downMs: 50 },
        { atMs: atMs + 900, kind: 'elect-preferred', topic: 'ledger', partitions: 3 },
      ]
    })
    for (const { elections } of await mustHold('kip-101', 3, actions)) expect(elections).to.be.greaterThan(6)
  })

  it('KIP-279: logs that part in several epochs in a row come together again', async () => {
    // acks=1 has leaders write what nobody copies; each is cut off in turn, so that every log has an epoch of its own.
    const actions = [0, 1, 2, 3, 4].map((round): PlannedAction => ({
      atMs: 800 + 2200 * round,
      kind: 'isolate',
      broker: (round % 3) + 1,
      forMs: 2500,
    }))
    const expiries = actions.map(({ atMs }, round): PlannedAction => ({
      atMs: atMs + 400,
      kind: 'zk-expire',
      broker: (round % 3) + 1,
    }))
    for (const { elections } of await mustHold('kip-279', 3, [...actions, ...expiries], { acks: [-1, 1] }))
      expect(elections).to.be.greaterThan(6)
  })

  it('KIP-320: a deposed leader that does not know it answers no reader and no follower', async () => {
    // The session ends while the process stands still: the others elect, and then the zombie goes on where it was.
    const actions = ALL.flatMap((broker): PlannedAction[] => [
      { atMs: 1000 + 4500 * (broker - 1), kind: 'freeze', broker, forMs: 3800 },
      { atMs: 1200 + 4500 * (broker - 1), kind: 'zk-expire', broker },
    ])
    for (const { elections } of await mustHold('kip-320', 3, actions)) expect(elections).to.be.greaterThan(3)
  })

  it('KAFKA-2729: after a lost session in-sync replicas are still changed, and grow to all of them', async () => {
    // Leaders once wrote in-sync replicas themselves, with a version that a new controller's write had made stale, for ever.
    const actions: PlannedAction[] = [
      ...ALL.map((broker): PlannedAction => ({
        atMs: 1000 + 60 * broker,
        kind: 'zk-cut',
        broker,
        forMs: 5000,
      })),
      { atMs: 1500, kind: 'isolate', broker: 2, forMs: 6000 },
      { atMs: 7000, kind: 'depose-controller' },
      { atMs: 7200, kind: 'zk-lose-reply', broker: 1 },
      { atMs: 7200, kind: 'zk-lose-reply', broker: 3 },
      { atMs: 7300, kind: 'isolate', broker: 3, forMs: 4000 },
    ]
    for (const { isrChanges } of await mustHold('kafka-2729', 3, actions))
      expect(isrChanges).to.be.greaterThan(0)
  })
})
