import { expect } from 'chai'
import { afterRestart } from '../../../src/controller/unnoticed-restarts.ts'
import type {
  BrokerEpoch,
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  PartitionEpoch,
} from '../../../src/model/ids.ts'
import type { ControllerChannel } from '../../../src/network/controller-channel.ts'
import type { RequestInput } from '../../../src/protocol/apis.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import type { IsrChange } from '../../../src/replication/isr.ts'
import { IsrProposals } from '../../../src/replication/isr-proposals.ts'
import type { Leader } from '../../../src/replication/leader.ts'
import type { Partition } from '../../../src/replication/partition.ts'
import { deferred, type Deferred } from '../../../src/std/deferred.ts'
import { FakePlatform } from '../../fakes/platform.ts'
import { LOG_DIR, LogWorld } from '../../support/log-fixture.ts'
import type { PlannedAction } from '../plan.ts'
import { mustHold } from './scenario.ts'

function numbered(i: number): Buffer {
  return buildBatch([{ value: `value ${i}`, timestamp: 1_700_000_000_000 + i }])
}

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

  it('a log ends where whole batches are missing, also when a later segment has kept its name', async () => {
    // A power cut took the batches at the end of one segment and left the file of the next: the log went on behind a hole.
    const world = await new LogWorld({ config: { 'segment.bytes': 3 * numbered(0).length } }).start()
    for (let i = 0; i < 10; i++) await world.append(world.log(), numbered(i))
    const segment = world.disk.open(`${LOG_DIR}/orders-0/00000000000000000003.log`, { mode: 'write' })
    segment.truncate(numbered(0).length)
    segment.close()
    await world.killAndStart()
    const log = world.log()
    expect(log.logEndOffset).to.equal(4)
    expect((await world.readAll(log)).map(({ offset }) => offset)).to.deep.equal([0, 1, 2, 3])
    expect(await world.append(log, numbered(4))).to.equal(4)
  })

  it('a compacted log keeps what lies behind a hole: compaction makes them', async () => {
    const config = { 'segment.bytes': 3 * numbered(0).length }
    const world = await new LogWorld({ config }).start()
    for (let i = 0; i < 10; i++) await world.append(world.log(), numbered(i))
    world.config = { ...world.config, 'cleanup.policy': ['compact'] }
    const segment = world.disk.open(`${LOG_DIR}/orders-0/00000000000000000003.log`, { mode: 'write' })
    segment.truncate(numbered(0).length)
    segment.close()
    await world.killAndStart()
    expect(world.log().logEndOffset).to.equal(10)
  })

  it('a directory that fails while its logs are read leaves no file open', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': 3 * numbered(0).length } }).start()
    for (let i = 0; i < 10; i++) await world.append(world.log(), numbered(i))
    world.disk.kill()
    world.disk.inject({ on: ['write'], times: Infinity, error: 'EIO' })
    await world.killAndStart().catch(() => undefined)
    expect(world.manager.onlineDirectories).to.deep.equal([])
    await world.stop()
    expect(world.disk.openFiles).to.equal(0)
  })

  it('a late answer to a former leadership leaves the proposal of the present one alone', async () => {
    // The watermark and the in-sync replicas stood still for ever: the new leader waited for an answer to what was never sent.
    const answers: Deferred<unknown>[] = []
    const asked: number[] = []
    const call = (_api: string, _version: number, { topics }: RequestInput<'AlterPartition'>) => {
      asked.push(topics[0]?.partitions[0]?.leaderEpoch ?? -1)
      const answer = deferred<unknown>()
      answers.push(answer)
      return answer.promise
    }
    const { clock, logger } = new FakePlatform()
    const proposals = new IsrProposals({
      self: 1 as BrokerId,
      brokerEpoch: () => 7 as BrokerEpoch,
      controller: { call } as unknown as ControllerChannel,
      clock,
      logger,
    })
    const leaderOf = (leaderEpoch: number): Leader =>
      ({ leaderEpoch, isrState: { partitionEpoch: 0 } }) as unknown as Leader
    const [former, present] = [leaderOf(4), leaderOf(5)]
    const partition = { key: 'ledger-0', topic: 'ledger', partition: 0, topicId: null, role: former }
    const change: IsrChange = { kind: 'expand', inSyncReplicas: [1 as BrokerId, 2 as BrokerId] }
    proposals.propose(partition as unknown as Partition, former, change)
    await clock.advance(0)
    partition.role = present
    proposals.propose(partition as unknown as Partition, present, change)
    answers[0]?.resolve({
      errorCode: 0,
      topics: [{ topicName: 'ledger', partitions: [{ partitionIndex: 0, errorCode: 74 }] }],
    })
    await clock.advance(0)
    expect(asked).to.deep.equal([4, 5])
    proposals.close()
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
