import { expect } from 'chai'
import { afterRestart } from '../../../src/controller/unnoticed-restarts.ts'
import type { BrokerId, ControllerEpoch, LeaderEpoch, PartitionEpoch } from '../../../src/model/ids.ts'
import type { PlannedAction } from '../plan.ts'
import { mustHold } from './scenario.ts'

describe('What the simulation has found', function () {
  this.timeout(600_000)

  it('a call to a broker that is just closing the connection fails, and is not written after the end', async () => {
    // The broker's end had been seen and answered with ours; the next call ran into it.
    const actions = [500, 1500, 2500, 3500].map((atMs): PlannedAction => ({
      atMs,
      kind: 'restart',
      broker: 1,
      downMs: 20,
    }))
    await mustHold('write after end', 3, actions, { brokers: 1, durationMs: 4500, acks: [-1, 1] })
  })

  it('a broker that stops refuses records, from when its logs are closed, as one that does not lead', async () => {
    // Requests came in to the last; the closed log answered them with a failed assertion.
    const actions = [1, 2, 3].map((broker): PlannedAction => ({
      atMs: 700 + 2500 * broker,
      kind: 'restart',
      broker,
      downMs: 100,
    }))
    await mustHold('append after close', 3, actions, { acks: [-1, 1], durationMs: 9000 })
  })

  it('a leader without power comes back under a new epoch, also when no controller saw it go', async () => {
    // It had lost the end of its log, and wrote other records at the same offsets under the same epoch: the followers,
    // which had the earlier ones, could not tell. All brokers lose their power and the controller with them.
    const actions = [1000, 6000].flatMap((atMs): PlannedAction[] => [
      { atMs, kind: 'power-loss', brokers: [1, 2, 3], downMs: 100 },
    ])
    const settings = { 'log.flush.interval.messages': '1' }
    for (const { elections } of await mustHold('unnoticed restart', 3, actions, { settings }))
      expect(elections).to.be.greaterThan(5)
  })

  it('has another in-sync replica lead after such a restart where one was there all the time', () => {
    const ids = (...list: number[]): BrokerId[] => list as BrokerId[]
    const state = {
      leader: 1 as BrokerId,
      leaderEpoch: 4 as LeaderEpoch,
      inSyncReplicas: ids(1, 2, 3),
      leaderRecoveryState: 'RECOVERED' as const,
      partitionEpoch: 7 as PartitionEpoch,
      controllerEpoch: 2 as ControllerEpoch,
    }
    expect(afterRestart(state, ids(1, 2, 3), (id) => id === 3)).to.deep.equal({
      ...state,
      leader: 3,
      leaderEpoch: 5,
    })
    expect(afterRestart(state, ids(1, 2, 3), () => false)).to.deep.equal({ ...state, leaderEpoch: 5 })
    const outOfSync = { ...state, inSyncReplicas: ids(1) }
    expect(afterRestart(outOfSync, ids(1, 2, 3), (id) => id !== 1)).to.deep.equal({
      ...outOfSync,
      leaderEpoch: 5,
    })
  })
})
