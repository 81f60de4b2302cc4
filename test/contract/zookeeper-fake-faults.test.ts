import { expect } from 'chai'

import type { WatchEvent } from '../../zk/zookeeper.ts'
import { FakeClock } from '../fakes/clock.ts'
import { FakeRandom } from '../fakes/random.ts'
import { Scheduler } from '../fakes/scheduler.ts'
import { SimulatedProcess } from '../fakes/simulated-process.ts'
import type { FakeZooKeeper } from '../fakes/zookeeper-client.ts'
import { FakeZooKeeperService } from '../fakes/zookeeper.ts'
import { refusal, untilState } from './zookeeper-expectations.ts'

const TIMEOUT_MS = 6000

describe('the fake ZooKeeper lets simulations', () => {
  let scheduler: Scheduler
  let service: FakeZooKeeperService
  let process: SimulatedProcess
  let zk: FakeZooKeeper
  let observer: FakeZooKeeper

  function aWorld(seed: string): void {
    scheduler = new Scheduler()
    service = new FakeZooKeeperService({ clock: new FakeClock({ scheduler }), tickTimeMs: 2000 })
    process = new SimulatedProcess(scheduler, 'broker')
    const random = new FakeRandom(seed)
    const connect = (clock: FakeClock): FakeZooKeeper =>
      service.connect({ clock, random, sessionTimeoutMs: TIMEOUT_MS, latencyMs: () => random.between(1, 3) })
    zk = connect(new FakeClock({ scheduler, process }))
    observer = connect(new FakeClock({ scheduler }))
  }

  const until = <T>(promise: Promise<T>): Promise<T> => scheduler.until(promise)

  beforeEach(async () => {
    aWorld('faults')
    await until(zk.create('/a', Buffer.from('0')))
    await until(zk.create('/e', null, { mode: 'ephemeral' }))
  })

  it('cut a client off until its session has ended, which it learns when it is back', async () => {
    service.partition(zk)
    const startMs = scheduler.nowMs
    await until(untilState(zk, 'suspended'))
    expect(scheduler.nowMs - startMs).to.be.within(TIMEOUT_MS / 3, TIMEOUT_MS)
    await scheduler.untilTrue(() => service.tree.get('/e') === undefined)
    expect(scheduler.nowMs - startMs).to.be.within(TIMEOUT_MS * (2 / 3), TIMEOUT_MS + 2000)
    await scheduler.advance(20_000)
    expect(zk.session.state).to.equal('suspended')
    expect(zk.session.deadlineMs).to.be.below(scheduler.nowMs)
    const { id } = zk.session
    service.heal(zk)
    await until(untilState(zk, 'expired'))
    await until(untilState(zk, 'connected'))
    expect(zk.session.id).to.not.equal(id)
  })

  it('cut a client off for so short a time that it does not notice', async () => {
    service.partition(zk)
    const written = zk.set('/a', Buffer.from('1'), 0)
    await scheduler.advance(1000)
    expect(service.tree.get('/a')?.version).to.equal(0)
    service.heal(zk)
    expect((await until(written)).version).to.equal(1)
    expect(zk.session.state).to.equal('connected')
  })

  it('lose the quorum: nobody is served and nobody’s session ends', async () => {
    service.loseQuorum()
    const [written, read] = [
      refusal(zk.set('/a', null, 0), 'NOT_SENT', 'UNKNOWN_OUTCOME'),
      refusal(zk.get('/a'), 'NOT_SENT'),
    ]
    await until(Promise.all([written, read]))
    await scheduler.advance(60_000)
    expect(zk.session.state).to.equal('suspended')
    service.restoreQuorum()
    await until(untilState(zk, 'connected'))
    expect((await until(observer.exists('/e')))?.ephemeralOwner).to.equal(zk.session.id)
  })

  it('lose the reply of a write that was done', async () => {
    service.loseNextReply(zk)
    expect(await until(zk.exists('/a'))).to.include({ version: 0 })
    await until(refusal(zk.set('/a', Buffer.from('1'), 0), 'UNKNOWN_OUTCOME'))
    expect(service.tree.get('/a')?.version).to.equal(1)
    expect((await until(zk.set('/a', Buffer.from('2'), 1))).version).to.equal(2)
  })

  it('lose a write that was not done', async () => {
    const written = refusal(zk.set('/a', Buffer.from('1'), 0), 'UNKNOWN_OUTCOME')
    service.disconnect(zk)
    await until(written)
    await until(zk.sync('/'))
    expect(service.tree.get('/a')?.version).to.equal(0)
  })

  it('make a client’s replies slow, and its watches with them', async () => {
    service.slow(zk, 500)
    const events: WatchEvent[] = []
    await until(zk.get('/a', (event) => events.push(event)))
    const startMs = scheduler.nowMs
    await until(observer.set('/a', null, 0))
    expect(scheduler.nowMs - startMs).to.be.below(10)
    await until(zk.exists('/a'))
    expect(scheduler.nowMs - startMs).to.be.within(500, 520)
    expect(events).to.deep.equal(['changed'])
  })

  it('freeze a client for longer than its session: it knows at once by its clock, and soon by the service', async () => {
    process.freeze()
    await scheduler.advance(TIMEOUT_MS + 2000)
    expect(service.tree.get('/e')).to.equal(undefined)
    const states: string[] = []
    zk.session.listen({ onState: ({ state }) => states.push(state) })
    process.thaw()
    expect(zk.session.state).to.equal('connected')
    expect(zk.session.deadlineMs).to.be.below(scheduler.nowMs)
    await until(untilState(zk, 'expired'))
    await until(untilState(zk, 'connected'))
    expect(states).to.deep.equal(['suspended', 'expired', 'connecting', 'connected'])
  })

  it('freeze a client for less than its session, which it keeps', async () => {
    for (let round = 0; round < 5; round++) {
      process.freeze()
      await scheduler.advance(TIMEOUT_MS * 0.6)
      process.thaw()
      await scheduler.advance(TIMEOUT_MS / 3)
    }
    expect(zk.session.state).to.equal('connected')
    expect(service.tree.get('/e')).to.not.equal(undefined)
  })

  it('kill a client, whose ephemerals stay until its session ends', async () => {
    process.kill()
    const startMs = scheduler.nowMs
    await scheduler.advance(TIMEOUT_MS * (2 / 3))
    expect(service.tree.get('/e')).to.not.equal(undefined)
    await scheduler.untilTrue(() => service.tree.get('/e') === undefined)
    expect(scheduler.nowMs - startMs).to.be.below(TIMEOUT_MS + 2000 + 10)
  })

  it('share no memory between the two ends', async () => {
    const data = Buffer.from('mine')
    const created = zk.create('/b', data)
    data.fill(0)
    await until(created)
    const read = await until(zk.get('/b'))
    expect(read?.data?.toString()).to.equal('mine')
    read?.data?.fill(0)
    expect((await until(observer.get('/b')))?.data?.toString()).to.equal('mine')
  })

  it('come to rest when all clients are closed', async () => {
    await until(Promise.all([zk.close(), observer.close()]))
    await scheduler.runUntilIdle({ maxMs: 60_000 })
    expect(service.database.sessions.count).to.equal(0)
  })

  it('close a client that nobody answers within a second', async () => {
    service.hang()
    const pending = refusal(zk.get('/a'), 'UNKNOWN_OUTCOME', 'CLOSED')
    const startMs = scheduler.nowMs
    await until(zk.close())
    await until(pending)
    expect(scheduler.nowMs - startMs).to.be.at.most(1000)
  })

  it('be played again from their seed', async () => {
    const play = async (seed: string): Promise<number> => {
      aWorld(seed)
      await until(zk.create('/a', null))
      for (let round = 0; round < 20; round++) {
        const calls = [zk.set('/a', null, -1), observer.get('/a'), zk.exists('/a')].map((call) =>
          call.catch(() => null),
        )
        if (round % 5 === 0) service.disconnect(zk)
        if (round === 12) service.expire(zk)
        await until(Promise.all(calls))
      }
      return scheduler.fingerprint
    }
    const [one, same, other] = [await play('x'), await play('x'), await play('y')]
    expect(one).to.equal(same)
    expect(one).to.not.equal(other)
  })
})
