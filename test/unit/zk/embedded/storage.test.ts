import { expect } from 'chai'

import type { Actor } from '../../../../zk/embedded/access.ts'
import { DamagedFileError } from '../../../../zk/embedded/framed-file.ts'
import type { TreeOperation } from '../../../../zk/embedded/operations.ts'
import { Storage } from '../../../../zk/embedded/storage.ts'
import { cutLog } from '../../../../zk/embedded/txn-log.ts'
import type { SessionId } from '../../../../zk/zookeeper.ts'
import { ANY_VERSION, OPEN_ACL } from '../../../../zk/zookeeper.ts'
import { FakePlatform } from '../../../fakes/platform.ts'
import { FakeRandom } from '../../../fakes/random.ts'

const DIRECTORY = '/var/lib/zk'
const actor: Actor = { sessionId: 1n, identities: [] }
const create = (path: string, data = Buffer.from(path)): TreeOperation => ({
  kind: 'create',
  path,
  data,
  acl: OPEN_ACL,
  flags: 0,
})

describe('storage', () => {
  let platform: FakePlatform
  let storage: Storage
  let failures: unknown[]

  beforeEach(() => {
    platform = new FakePlatform()
    failures = []
  })

  async function open(snapshotEveryTransactions = 1000): Promise<void> {
    const { clock, disk, logger } = platform
    storage = await clock.until(
      Storage.open({
        ...{ clock, disk, logger, directory: DIRECTORY, tickTimeMs: 1000, snapshotEveryTransactions },
        onDurable: () => undefined,
        onFailure: (error) => failures.push(error),
      }),
    )
  }

  const close = (): Promise<void> => platform.clock.until(storage.close())

  /** One transaction for each path, each made durable. */
  async function write(...paths: string[]): Promise<void> {
    for (const path of paths) {
      expect(storage.database.write(actor, [create(path)], 0).kind).to.equal('done')
      storage.commit()
      const { zxid } = storage.database
      await platform.scheduler.untilTrue(() => storage.durableZxid === zxid)
    }
  }

  const files = (): string[] =>
    platform.disk
      .list(DIRECTORY)
      .filter((name) => name !== 'lock')
      .toSorted()
  const children = (): string[] =>
    storage.database.tree.childNames('/').filter((name) => name !== 'zookeeper')

  async function refusal(): Promise<unknown> {
    try {
      await open()
      return null
    } catch (error) {
      return error
    }
  }

  it('begins empty and keeps what becomes durable', async () => {
    await open()
    expect(storage.database.zxid).to.equal(0)
    await write('/a', '/b')
    await close()
    await open()
    expect(storage.database.zxid).to.equal(2)
    expect(children()).to.deep.equal(['a', 'b'])
    await close()
  })

  it('keeps sessions, each with its full timeout from the start on', async () => {
    await open()
    storage.database.openSession(
      { id: 9n as SessionId, timeoutMs: 4000, password: Buffer.alloc(16, 3) },
      0,
      platform.clock.monotonicMs(),
    )
    await close()
    await platform.clock.advance(100_000)
    await open()
    expect(storage.database.sessions.get(9n as SessionId)).to.deep.include({
      timeoutMs: 4000,
      password: Buffer.alloc(16, 3),
    })
    expect(storage.database.sessions.expired(104_000)).to.deep.equal([])
    expect(storage.database.sessions.expired(105_000)).to.deep.equal([9n])
    await close()
  })

  it('goes on in a file of its own after each start', async () => {
    for (const path of ['/a', '/b', '/c']) {
      await open()
      await write(path)
      await close()
    }
    expect(files()).to.deep.equal(['log.0000000000000001', 'log.0000000000000002', 'log.0000000000000003'])
    await open()
    expect(children()).to.deep.equal(['a', 'b', 'c'])
    await close()
  })

  it('puts the logs of many starts together into a snapshot', async () => {
    for (let start = 0; start <= 17; start++) {
      await open()
      await write(`/n${start}`)
      if (start === 17)
        await platform.scheduler.untilTrue(() => files().includes('snapshot.0000000000000011'))
      await close()
    }
    expect(files()).to.deep.equal(['log.0000000000000012', 'snapshot.0000000000000011'])
    await open()
    expect(children()).to.have.lengthOf(18)
    await close()
  })

  it('writes a snapshot after so many transactions, and removes what it makes unnecessary', async () => {
    await open(4)
    await write('/a', '/b', '/c', '/d')
    await platform.scheduler.untilTrue(() => files().includes('snapshot.0000000000000004'))
    await write('/e')
    expect(files()).to.deep.equal(['log.0000000000000005', 'snapshot.0000000000000004'])
    await write('/f', '/g', '/h')
    await platform.scheduler.untilTrue(() => files().includes('snapshot.0000000000000008'))
    await write('/i')
    await close()
    await open(4)
    expect(children()).to.have.lengthOf(9)
    expect(files()).to.deep.equal(['log.0000000000000009', 'snapshot.0000000000000008'])
    await close()
  })

  it('counts what it replays towards the next snapshot', async () => {
    await open(4)
    await write('/a', '/b', '/c')
    await close()
    await open(4)
    await write('/d')
    await platform.scheduler.untilTrue(() => files().includes('snapshot.0000000000000004'))
    await close()
  })

  it('lives without a snapshot when the disk refuses one', async () => {
    await open(2)
    platform.disk.inject({ on: 'rename', error: 'ENOSPC' })
    await write('/a', '/b', '/c')
    await platform.clock.advance(1000)
    expect(platform.logger.messages('error')).to.deep.equal(['ZooKeeper snapshot failed'])
    await close()
    await open(1000)
    expect(children()).to.deep.equal(['a', 'b', 'c'])
    expect(files().filter((name) => name.includes('snapshot'))).to.deep.equal([])
    await close()
  })

  it('removes a snapshot that was never finished', async () => {
    await open()
    await write('/a')
    await close()
    platform.disk.open(`${DIRECTORY}/snapshot.0000000000000001.unfinished`, { mode: 'create' }).close()
    await open()
    expect(files()).to.deep.equal(['log.0000000000000001'])
    expect(children()).to.deep.equal(['a'])
    await close()
  })

  it('cuts a torn end off, and what is written then is read again', async () => {
    await open()
    await write('/a', '/b')
    await close()
    const path = `${DIRECTORY}/log.0000000000000001`
    const size = platform.disk.status(path)!.sizeBytes
    const file = platform.disk.open(path, { mode: 'write' })
    file.truncate(size - 1)
    file.close()
    await open()
    expect(children()).to.deep.equal(['a'])
    expect(platform.logger.messages('warn')).to.deep.equal(['cutting the torn end of a ZooKeeper log'])
    await write('/c')
    await close()
    await open()
    expect(children()).to.deep.equal(['a', 'c'])
    expect(storage.database.zxid).to.equal(2)
    await close()
  })

  it('has cut a torn end off for good, also when the power fails again', async () => {
    await open()
    await write('/a', '/b')
    await close()
    const path = `${DIRECTORY}/log.0000000000000001`
    const size = platform.disk.status(path)!.sizeBytes
    await platform.clock.until(cutLog(platform.disk, path, size - 1))
    await open()
    await write('/c')
    platform.process.kill()
    platform.disk.crash('lost')
    platform = platform.restart()
    await open()
    expect(children()).to.deep.equal(['a', 'c'])
    await close()
  })

  it('begins a file again of which not even the header was written', async () => {
    await open()
    await write('/a')
    await close()
    platform.disk.open(`${DIRECTORY}/log.0000000000000002`, { mode: 'create' }).close()
    await open()
    await write('/b')
    await close()
    await open()
    expect(children()).to.deep.equal(['a', 'b'])
    await close()
  })

  describe('refuses to start', () => {
    beforeEach(async () => {
      for (const path of ['/a', '/b', '/c']) {
        await open()
        await write(path)
        await close()
      }
    })

    it('when a log is damaged that others follow', async () => {
      const path = `${DIRECTORY}/log.0000000000000002`
      const before = platform.disk.status(path)!.sizeBytes
      platform.disk.flipBit(path, before - 1)
      const error = await refusal()
      expect(error).to.be.instanceOf(DamagedFileError)
      expect(String(error)).to.contain('damaged at byte 16, and others follow')
      expect(platform.disk.status(path)!.sizeBytes).to.equal(before)
    })

    it('when a log is missing between others', async () => {
      platform.disk.remove(`${DIRECTORY}/log.0000000000000002`)
      expect(String(await refusal())).to.contain('transactions 2 to 2 are missing')
    })

    it('when the first log is missing', async () => {
      platform.disk.remove(`${DIRECTORY}/log.0000000000000001`)
      expect(String(await refusal())).to.contain('transactions 1 to 1 are missing')
    })

    it('when its snapshot is damaged', async () => {
      platform.disk.open(`${DIRECTORY}/snapshot.0000000000000002`, { mode: 'create' }).close()
      expect(String(await refusal())).to.contain('not a whole snapshot')
    })

    it('when another server has the directory, and lets go of it after a refusal', async () => {
      await open()
      const { clock, disk, logger } = platform
      const options = {
        clock,
        disk,
        logger,
        directory: DIRECTORY,
        tickTimeMs: 1000,
        snapshotEveryTransactions: 1000,
      }
      const second = Storage.open({ ...options, onDurable: () => undefined, onFailure: () => undefined })
      let error: unknown
      await clock.until(second.catch((thrown: unknown) => (error = thrown)))
      expect(String(error)).to.contain('is used by another ZooKeeper server')
      await close()
      expect(await refusal()).to.equal(null)
      await close()
    })
  })

  it('says that it has failed when the disk refuses a transaction', async () => {
    await open()
    platform.disk.inject({ on: 'sync', error: 'EIO' })
    storage.database.write(actor, [create('/a')], 0)
    storage.commit()
    await platform.clock.advance(100)
    expect(failures).to.have.lengthOf(1)
    expect(storage.durableZxid).to.equal(0)
    await close()
  })

  it('knows how large it is', async () => {
    await open()
    await write('/a')
    expect(storage.sizes()).to.deep.equal({
      snapshotBytes: 0,
      logBytes: platform.disk.status(`${DIRECTORY}/log.0000000000000001`)!.sizeBytes,
    })
    await close()
  })

  describe('after a power cut', () => {
    for (let seed = 0; seed < 60; seed++) {
      it(`has all that was durable and nothing that was not done (seed ${seed})`, async () => {
        const random = new FakeRandom(`power cut ${seed}`)
        platform = new FakePlatform({
          seed,
          disk: { latencyMs: (call) => (call === 'sync' || call === 'write' ? random.between(0, 5) : 0) },
        })
        const histories: string[][] = []
        let durable = 0
        for (let life = 0; life < 4; life++) {
          await open(1 + random.below(8))
          const { database } = storage
          const length = database.zxid
          expect(length, 'nothing durable is lost').to.be.at.least(durable)
          const names = new Set(children())
          const known = histories.at(-1)?.slice(0, length) ?? []
          expect(names, 'the history up to there').to.deep.equal(namesAfter(known))
          const history = [...known]
          const steps = random.below(30)
          for (let step = 0; step < steps; step++) {
            const name = `n${random.below(6)}`
            const exists = namesAfter(history).has(name)
            const operation: TreeOperation = exists
              ? { kind: 'delete', path: `/${name}`, version: ANY_VERSION }
              : create(`/${name}`, Buffer.alloc(random.below(3000), name))
            expect(database.write(actor, [operation], 0).kind).to.equal('done')
            history.push(exists ? `-${name}` : `+${name}`)
            storage.commit()
            if (random.chance(0.5)) await platform.clock.advance(random.between(0, 10))
          }
          durable = storage.durableZxid
          histories.push(history)
          platform.crash()
          platform = platform.restart()
        }
      })
    }
  })
})

function namesAfter(history: readonly string[]): Set<string> {
  const names = new Set<string>()
  for (const step of history) {
    if (step.startsWith('+')) names.add(step.slice(1))
    else names.delete(step.slice(1))
  }
  return names
}
