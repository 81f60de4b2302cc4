import { expect } from 'chai'

import type { SessionState, ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION, isZooKeeperError } from '../../zk/zookeeper.ts'
import { recorder, refusal, settled, untilState } from './zookeeper-expectations.ts'
import type { ZooKeeperSuiteOptions, ZooKeeperTestBed } from './zookeeper-harness.ts'

/** The life of sessions: what ends with them, what outlives a connection, and that nothing hangs for ever. */
export function describeSessions(bed: ZooKeeperTestBed, can: ZooKeeperSuiteOptions['can']): void {
  let zk: ZooKeeper
  let other: ZooKeeper
  let path: string

  beforeEach(async () => {
    zk = await bed.connect()
    other = await bed.connect()
    path = `${bed.root}/session`
  })

  /** The states that the client comes into from now on. */
  function statesOf(client: ZooKeeper): SessionState[] {
    const states: SessionState[] = []
    client.session.listen({ onState: ({ state }) => states.push(state) })
    return states
  }

  /** Resolves when the znode is gone, for somebody who saw it. */
  async function untilGone(observer: ZooKeeper, gone: string): Promise<void> {
    const { watcher, first } = recorder()
    if ((await observer.exists(gone, watcher)) !== null) expect(await first).to.equal('deleted')
  }

  describe('a session', () => {
    it('is connected, has a name of its own and a deadline that moves on', async () => {
      expect(zk.session.state).to.equal('connected')
      expect(zk.session.id).to.not.equal(0n)
      expect(zk.session.id).to.not.equal(other.session.id)
      expect(zk.session.timeoutMs).to.equal(bed.harness.sessionTimeoutMs)
      const deadlineMs = zk.session.deadlineMs
      const nowMs = bed.harness.monotonicMs()
      expect(deadlineMs).to.be.within(nowMs - 1, nowMs + zk.session.timeoutMs)
      while (bed.harness.monotonicMs() < nowMs + 1) await zk.exists('/')
      await zk.exists('/')
      expect(zk.session.deadlineMs).to.be.greaterThan(deadlineMs)
    })

    it('takes its ephemerals with it when it is closed', async () => {
      await zk.create(path, null, { mode: 'ephemeral' })
      await zk.close()
      await other.sync(path)
      expect(await other.exists(path)).to.equal(null)
    })

    it('does what was asked before it is closed, and refuses what is asked after', async () => {
      const states = statesOf(zk)
      const created = zk.create(path, null)
      const closed = zk.close()
      await refusal(zk.create(`${path}/late`, null), 'CLOSED')
      expect(await created).to.equal(path)
      await closed
      await zk.close()
      await refusal(zk.exists(path), 'CLOSED')
      expect(states).to.deep.equal(['closed'])
    })

    it('that was closed tells watchers of its ephemerals', async () => {
      await zk.create(path, null, { mode: 'ephemeral' })
      const { watcher, first } = recorder()
      await other.exists(path, watcher)
      await zk.close()
      expect(await first).to.equal('deleted')
    })
  })

  if (can.includes('disconnect')) {
    describe('a broken connection', () => {
      const disconnect = async (): Promise<void> => {
        const suspended = untilState(zk, 'suspended')
        await bed.harness.disconnect?.(zk)
        await suspended
      }

      it('leaves the session and its ephemerals', async () => {
        const states = statesOf(zk)
        const { id } = zk.session
        await zk.create(path, null, { mode: 'ephemeral' })
        await disconnect()
        await untilState(zk, 'connected')
        expect(zk.session.id).to.equal(id)
        expect((await zk.exists(path))?.ephemeralOwner).to.equal(id)
        expect(states).to.deep.equal(['suspended', 'connected'])
      })

      it('lets calls wait for the next one, in order', async () => {
        await zk.create(path, null)
        await disconnect()
        const results = await Promise.all([zk.set(path, null, 0), zk.exists(path), zk.set(path, null, 1)])
        expect(results.map((stat) => stat?.version)).to.deep.equal([1, 1, 2])
      })

      it('lets watches hear of what happened meanwhile, and of what happens later', async () => {
        const [data, deleted, absent, children, quiet] = [
          recorder(),
          recorder(),
          recorder(),
          recorder(),
          recorder(),
        ]
        for (const name of ['data', 'deleted', 'children', 'quiet'])
          await zk.create(`${bed.root}/${name}`, null)
        await zk.get(`${bed.root}/data`, data.watcher)
        await zk.get(`${bed.root}/deleted`, deleted.watcher)
        await zk.exists(`${bed.root}/absent`, absent.watcher)
        await zk.children(`${bed.root}/children`, children.watcher)
        await zk.get(`${bed.root}/quiet`, quiet.watcher)
        const changes = [
          other.set(`${bed.root}/data`, Buffer.from('1'), 0),
          other.delete(`${bed.root}/deleted`, 0),
          other.create(`${bed.root}/absent`, null),
          other.create(`${bed.root}/children/a`, null),
        ]
        await disconnect()
        await Promise.all(changes)
        const events = await Promise.all([data.first, deleted.first, absent.first, children.first])
        expect(events).to.deep.equal(['changed', 'deleted', 'created', 'children'])
        await settled(zk)
        expect(quiet.seen).to.deep.equal([])
        await other.set(`${bed.root}/quiet`, null, 0)
        expect(await quiet.first).to.equal('changed')
        expect([data, deleted, absent, children].map(({ seen }) => seen.length)).to.deep.equal([1, 1, 1, 1])
      })

      it('lets each pending call settle, and those that succeeded have been done', async () => {
        await zk.create(path, null)
        let succeeded = 0
        const calls = Array.from({ length: 200 }, () =>
          zk.set(path, null, ANY_VERSION).then(
            () => succeeded++,
            (error: unknown) => expect(isZooKeeperError(error, 'UNKNOWN_OUTCOME', 'NOT_SENT')).to.equal(true),
          ),
        )
        await disconnect()
        await Promise.all(calls)
        const version = (await zk.exists(path))?.version
        expect(version).to.be.within(succeeded, calls.length)
      })
    })
  }

  if (can.includes('expire')) {
    describe('an expired session', () => {
      const expire = async (): Promise<void> => {
        const expired = untilState(zk, 'expired')
        await bed.harness.expire?.(zk)
        await expired
      }

      it('is followed by a new one, once its listeners have finished', async () => {
        const order: string[] = []
        const { id } = zk.session
        let finish: () => void = () => undefined
        const finished = new Promise<void>((resolve) => (finish = resolve))
        const isNew = new Promise<void>((resolve) => {
          zk.session.listen({
            onState: ({ state }) => order.push(state),
            beforeNewSession: () => {
              order.push('before')
              return finished
            },
            afterNewSession: () => {
              order.push('after')
              resolve()
            },
          })
        })
        await expire()
        expect(zk.session.state).to.equal('expired')
        await refusal(zk.exists('/'), 'SESSION_EXPIRED')
        finish()
        await isNew
        expect(zk.session.state).to.equal('connected')
        expect(zk.session.id).to.not.equal(id)
        expect(await zk.create(path, null)).to.equal(path)
        expect(order.filter((state) => state !== 'suspended')).to.deep.equal([
          'expired',
          'before',
          'connecting',
          'connected',
          'after',
        ])
      })

      it('takes its ephemerals with it', async () => {
        await zk.create(path, null, { mode: 'ephemeral' })
        await expire()
        await untilGone(other, path)
      })

      it('makes every watch fire with lost, and no other', async () => {
        const { watcher, seen, first } = recorder()
        const [children, absent] = [recorder(), recorder()]
        await zk.create(path, null)
        await zk.get(path, watcher)
        await zk.children(path, children.watcher)
        await zk.exists(`${path}/absent`, absent.watcher)
        await expire()
        expect(await Promise.all([first, children.first, absent.first])).to.deep.equal([
          'lost',
          'lost',
          'lost',
        ])
        await untilState(zk, 'connected')
        await other.set(path, null, 0)
        await settled(zk)
        expect(seen).to.deep.equal([`lost ${path}`])
      })

      it('lets pending calls settle', async () => {
        await zk.create(path, null)
        const names = new Set<string>()
        const calls = Array.from({ length: 100 }, () =>
          zk.set(path, null, ANY_VERSION).catch((error: unknown) => {
            if (!isZooKeeperError(error)) throw error
            names.add(error.error)
          }),
        )
        await expire()
        await Promise.all(calls)
        for (const name of names) expect(name).to.be.oneOf(['SESSION_EXPIRED', 'UNKNOWN_OUTCOME', 'NOT_SENT'])
      })

      it('tells every listener, though one of them throws', async () => {
        let toldBefore = 0
        const toldAfter = new Promise<void>((resolve) => {
          zk.session.listen({
            onState: () => {
              throw new Error('a listener that throws')
            },
            beforeNewSession: () => Promise.reject(new Error('a listener that rejects')),
          })
          zk.session.listen({ beforeNewSession: () => void toldBefore++, afterNewSession: resolve })
        })
        await expire()
        await toldAfter
        expect(toldBefore).to.equal(1)
      })
    })
  }

  if (can.includes('hang')) {
    describe('servers that do not answer', () => {
      it('let every call settle within the session timeout and a little', async function () {
        this.timeout(60_000)
        await zk.create(path, null)
        await bed.harness.hang?.()
        const startMs = bed.harness.monotonicMs()
        const names: string[] = []
        const calls = [
          () => zk.get(path),
          () => zk.set(path, null, ANY_VERSION),
          () => zk.create(`${path}/a`, null),
          () => zk.multi([{ kind: 'check', path, version: 0 }]),
          () => zk.sync(path),
        ]
        await Promise.all(
          calls.map((call) =>
            call().catch((error: unknown) => {
              if (!isZooKeeperError(error)) throw error
              names.push(error.error)
            }),
          ),
        )
        const tookMs = bed.harness.monotonicMs() - startMs
        await bed.harness.resume?.()
        expect(names).to.have.lengthOf(calls.length)
        for (const name of names) expect(name).to.be.oneOf(['UNKNOWN_OUTCOME', 'NOT_SENT', 'SESSION_EXPIRED'])
        expect(tookMs).to.be.lessThan(1.5 * zk.session.timeoutMs + 500)
        await untilState(zk, 'connected')
        expect(await zk.exists(path)).to.not.equal(null)
      })

      it('make the client see that it is cut off', async function () {
        this.timeout(60_000)
        await bed.harness.hang?.()
        await untilState(zk, 'suspended')
        const remainingMs = zk.session.deadlineMs - bed.harness.monotonicMs()
        await bed.harness.resume?.()
        expect(remainingMs).to.be.lessThan(zk.session.timeoutMs)
        await untilState(zk, 'connected')
      })
    })
  }
}
