import { expect } from 'chai'

import { Database } from '../../../../zk/embedded/database.ts'
import { DamagedFileError } from '../../../../zk/embedded/framed-file.ts'
import type { TreeOperation } from '../../../../zk/embedded/operations.ts'
import type { Capture } from '../../../../zk/embedded/snapshot.ts'
import { capture, readSnapshot, writeSnapshot } from '../../../../zk/embedded/snapshot.ts'
import type { SessionId, Zxid } from '../../../../zk/zookeeper.ts'
import { OPEN_ACL } from '../../../../zk/zookeeper.ts'
import { FakePlatform } from '../../../fakes/platform.ts'

const DIRECTORY = '/zk'
const never = new AbortController().signal

function aDatabase(): Database {
  const database = Database.empty(1000, () => undefined)
  const session = { id: 5n as SessionId, timeoutMs: 4000, password: Buffer.alloc(16, 1) }
  database.openSession(session, 0, 0)
  const create = (path: string, data: Buffer | null, flags = 0): TreeOperation => ({
    kind: 'create',
    path,
    data,
    acl: OPEN_ACL,
    flags,
  })
  const actor = { sessionId: 5n, identities: [{ scheme: 'digest', id: 'u:h' }] }
  const secret = [{ permissions: 31, scheme: 'auth', id: '' }]
  database.write(
    actor,
    [create('/a', Buffer.from('data')), create('/a/null', null), create('/a/e', Buffer.alloc(0), 1)],
    1000,
  )
  database.write(
    actor,
    [create('/c', null, 4), { kind: 'set-acl', path: '/a', acl: secret, version: 0 }],
    2000,
  )
  database.write(
    actor,
    [
      { kind: 'set', path: '/a', data: Buffer.from('more'), version: 0 },
      { kind: 'delete', path: '/a/null', version: 0 },
    ],
    3000,
  )
  return database
}

const nodesOf = ({
  paths,
  nodes,
}: {
  paths: readonly string[]
  nodes: readonly unknown[]
}): Map<string, unknown> => new Map(paths.map((path, index) => [path, nodes[index]]))

describe('snapshot', () => {
  let platform: FakePlatform

  beforeEach(() => {
    platform = new FakePlatform()
    platform.disk.makeDirectory(DIRECTORY)
  })

  const write = (captured: Capture, signal = never): Promise<void> =>
    platform.clock.until(writeSnapshot(platform.disk, DIRECTORY, captured, signal))
  const read = (zxid: number) =>
    readSnapshot(platform.disk, DIRECTORY, zxid as Zxid, { tickTimeMs: 1000, nowMs: 500 })

  it('keeps everything that a database knows', async () => {
    const database = aDatabase()
    const captured = capture(database)
    await write(captured)
    const { tree, sessions, zxid } = await read(4)
    expect(zxid).to.equal(4)
    expect(nodesOf(tree.capture())).to.deep.equal(nodesOf(captured))
    expect(tree.get('/zookeeper/quota')?.acl).to.equal(OPEN_ACL)
    expect([...sessions.records()]).to.deep.equal([...database.sessions.records()])
    expect(tree.ephemeralsOf(5n)).to.deep.equal(['/a/e'])
    expect(tree.childNames('/a')).to.deep.equal(['e'])
    expect(tree.approximateBytes).to.equal(database.tree.approximateBytes)
    expect([...sessions.expiries()]).to.deep.equal([[5n, 5000]])
  })

  it('is of one moment, though the database goes on while it is written', async () => {
    const database = aDatabase()
    const actor = { sessionId: 5n, identities: [] }
    for (let index = 0; index < 5000; index++) {
      database.write(
        actor,
        [{ kind: 'create', path: `/n${index}`, data: Buffer.alloc(100), acl: OPEN_ACL, flags: 0 }],
        0,
      )
    }
    const captured = capture(database)
    const expected = nodesOf(captured)
    const written = writeSnapshot(platform.disk, DIRECTORY, captured, never)
    for (let index = 0; index < 5000; index += 2) {
      database.write(actor, [{ kind: 'delete', path: `/n${index}`, version: 0 }], 0)
      database.write(actor, [{ kind: 'set', path: `/n${index + 1}`, data: null, version: 0 }], 0)
    }
    await platform.clock.until(written)
    expect(nodesOf((await read(5004)).tree.capture())).to.deep.equal(expected)
  })

  it('has its name only when it is whole and durable', async () => {
    const path = `${DIRECTORY}/snapshot.0000000000000004`
    platform = new FakePlatform({ disk: { latencyMs: (call) => (call === 'sync' ? 10 : 0) } })
    platform.disk.makeDirectory(DIRECTORY)
    const written = writeSnapshot(platform.disk, DIRECTORY, capture(aDatabase()), never)
    await platform.clock.advance(5)
    expect(platform.disk.list(DIRECTORY)).to.deep.equal(['snapshot.0000000000000004.unfinished'])
    await platform.clock.until(written)
    expect(platform.disk.list(DIRECTORY)).to.deep.equal(['snapshot.0000000000000004'])
    expect(platform.disk.openFiles).to.equal(0)
    const { disk } = platform.restart()
    disk.crash('lost')
    expect(disk.status(path)?.sizeBytes).to.be.greaterThan(0)
  })

  it('leaves nothing behind when it is stopped or the disk refuses', async () => {
    const stopped = new AbortController()
    stopped.abort()
    for (const prepare of [
      () => platform.disk.inject({ on: 'write', error: 'ENOSPC' }),
      () => platform.disk.inject({ on: 'sync', error: 'EIO' }),
    ]) {
      prepare()
      let error: unknown
      await write(capture(aDatabase())).catch((thrown: unknown) => (error = thrown))
      expect(error).to.have.property('name', 'DiskError')
      expect(platform.disk.list(DIRECTORY)).to.deep.equal([])
    }
    let error: unknown
    await write(capture(aDatabase()), stopped.signal).catch((thrown: unknown) => (error = thrown))
    expect(error).to.have.property('name', 'AbortError')
    expect(platform.disk.list(DIRECTORY)).to.deep.equal([])
    expect(platform.disk.openFiles).to.equal(0)
  })

  it('is refused when a byte of it is missing or changed', async () => {
    await write(capture(aDatabase()))
    const path = `${DIRECTORY}/snapshot.0000000000000004`
    const refusal = async (): Promise<unknown> => {
      try {
        await read(4)
        return null
      } catch (error) {
        return error
      }
    }
    const whole = platform.disk.readSmallFile(path)
    for (let position = 0; position < whole.length; position++) {
      platform.disk.flipBit(path, position, position % 8)
      expect(await refusal(), `byte ${position}`).to.be.instanceOf(DamagedFileError)
      platform.disk.flipBit(path, position, position % 8)
    }
    expect(await refusal()).to.equal(null)
    for (let end = whole.length - 1; end >= 0; end--) {
      const file = platform.disk.open(path, { mode: 'write' })
      file.truncate(end)
      file.close()
      expect(await refusal(), `cut at ${end}`).to.be.instanceOf(DamagedFileError)
    }
  })

  it('is refused under the name of another', async () => {
    await write(capture(aDatabase()))
    platform.disk.rename(`${DIRECTORY}/snapshot.0000000000000004`, `${DIRECTORY}/snapshot.0000000000000005`)
    let error: unknown
    await read(5).catch((thrown: unknown) => (error = thrown))
    expect(error).to.be.instanceOf(DamagedFileError)
  })
})
