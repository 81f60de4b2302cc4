import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import type { LogConfig } from '../../../src/log/log-config.ts'
import { buildBatch, type RecordInput } from '../../../src/records/batch-builder.ts'
import type { CompressionType } from '../../../src/records/compression/codec.ts'
import { prepareZstd } from '../../../src/records/compression/zstd.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import {
  baseTimestampOf,
  batchSizeOf,
  hasDeleteHorizon,
  isBatchValid,
  recordCountOf,
} from '../../../src/records/record-batch.ts'
import { LOG_DIR, LogWorld, type LogWorldOptions } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000
const DAY = 86_400_000
const FOLDER = `${LOG_DIR}/orders-0`

function compactedWorld(config: Partial<LogConfig> = {}, options: LogWorldOptions = {}): Promise<LogWorld> {
  return new LogWorld({
    ...options,
    config: {
      'cleanup.policy': ['compact'],
      'segment.bytes': 400,
      'min.cleanable.dirty.ratio': 0,
      ...config,
    },
  }).start()
}

function keyed(pairs: readonly (readonly [string | null, string | null])[], timestamp = T): Buffer {
  return buildBatch(pairs.map(([key, value]) => ({ key, value, timestamp })))
}

async function append(world: LogWorld, batch: Buffer, log = world.log()): Promise<void> {
  await world.append(log, batch)
  log.setHighWatermark(log.logEndOffset)
}

/** Closes the active segment, so that all so far may be compacted. */
async function roll(world: LogWorld, log = world.log()): Promise<void> {
  log.rollNow()
  await world.settle()
}

function clean(world: LogWorld): Promise<boolean> {
  return world.run(world.manager.cleaner.cleanDirtiest())
}

async function survivors(world: LogWorld, log = world.log()): Promise<string[]> {
  const records = await world.readAll(log)
  return records.map(({ offset, key, value }) => `${offset} ${String(key)}=${String(value)}`)
}

async function batches(world: LogWorld, log = world.log()): Promise<Buffer[]> {
  const found: Buffer[] = []
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const slice = await world.read(log, offset)
    if (slice.sizeBytes === 0) break
    for (const buffer of slice.records) {
      for (let at = 0; at < buffer.length; at += batchSizeOf(buffer, at))
        found.push(buffer.subarray(at, at + batchSizeOf(buffer, at)))
    }
    offset = slice.nextOffset
  }
  return found
}

function text(world: LogWorld, path: string): string {
  return world.disk.readSmallFile(path).toString()
}

describe('the log cleaner', () => {
  before(prepareZstd)

  it('leaves the newest record of each key, at its offset', async () => {
    const world = await compactedWorld()
    for (let i = 0; i < 30; i++) await append(world, keyed([[`k${i % 4}`, `v${i}`]]))
    await roll(world)
    await append(world, keyed([['k0', 'open']]))
    expect(await clean(world)).to.equal(true)
    expect(await survivors(world)).to.deep.equal([
      '26 k2=v26',
      '27 k3=v27',
      '28 k0=v28',
      '29 k1=v29',
      '30 k0=open',
    ])
    expect(world.log().logEndOffset).to.equal(31)
  })

  it('puts segments together that have become small', async () => {
    const world = await compactedWorld()
    for (let i = 0; i < 30; i++) await append(world, keyed([[`k${i % 4}`, `v${i}`]]))
    await roll(world)
    await clean(world)
    expect(world.log().segmentCount).to.equal(7)
    await append(world, keyed([['k9', 'new']]))
    await roll(world)
    await clean(world)
    expect(await survivors(world)).to.have.length(5)
    expect(world.log().segmentCount).to.equal(2)
    await world.restart()
    expect(await survivors(world)).to.have.length(5)
  })

  it('compacts inside batches, whatever their codec', async () => {
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as CompressionType[]) {
      const world = await compactedWorld()
      const records = (from: number): RecordInput[] =>
        Array.from({ length: 6 }, (_, i) => ({
          key: `k${(from + i) % 4}`,
          value: `v${from + i}`,
          timestamp: T + from + i,
          headers: [{ key: 'h', value: `${i}` }],
        }))
      for (let i = 0; i < 24; i += 6) await append(world, buildBatch(records(i), { compression }))
      await roll(world)
      await clean(world)
      expect(await survivors(world), compression).to.deep.equal([
        '20 k0=v20',
        '21 k1=v21',
        '22 k2=v22',
        '23 k3=v23',
      ])
      const [record] = await world.readAll(world.log())
      expect(record?.timestamp).to.equal(T + 20)
      expect(record?.headers).to.deep.equal([{ key: 'h', value: Buffer.from('2') }])
      for (const batch of await batches(world)) expect(isBatchValid(batch, 0)).to.equal(true)
    }
  })

  it('drops records without a key that came in before the topic was compacted', async () => {
    const world = await compactedWorld({ 'cleanup.policy': ['delete'] })
    await append(
      world,
      keyed([
        [null, 'x'],
        ['k', 'y'],
        [null, 'z'],
        ['l', 'w'],
      ]),
    )
    await roll(world)
    world.config = { ...world.config, 'cleanup.policy': ['compact'] }
    world.manager.updateConfig('orders', world.config)
    await clean(world)
    expect(await survivors(world)).to.deep.equal(['1 k=y', '3 l=w'])
  })

  it('leaves the active segment and what is not replicated alone', async () => {
    const world = await compactedWorld()
    for (let i = 0; i < 12; i++) await append(world, keyed([['k', `v${i}`]]))
    await roll(world)
    const log = world.log()
    await world.append(log, keyed([['k', 'a']]))
    log.rollNow()
    await world.append(log, keyed([['k', 'b']]))
    log.rollNow()
    await world.append(log, keyed([['k', 'c']]))
    expect(log.highWatermark).to.equal(12)
    await clean(world)
    expect(await survivors(world)).to.deep.equal(['11 k=v11', '12 k=a', '13 k=b', '14 k=c'])
  })

  describe('tombstones', () => {
    it('get a horizon at first and go after it', async () => {
      const world = await compactedWorld({ 'delete.retention.ms': DAY })
      await append(
        world,
        keyed([
          ['a', '1'],
          ['b', '1'],
        ]),
      )
      await append(
        world,
        keyed([
          ['a', null],
          ['c', '1'],
        ]),
      )
      await append(world, keyed([['last', '1']]))
      await roll(world)
      await clean(world)
      expect(await survivors(world)).to.deep.equal(['1 b=1', '2 a=null', '3 c=1', '4 last=1'])
      const marked = (await batches(world)).find((batch) => hasDeleteHorizon(batch, 0)) as Buffer
      expect(baseTimestampOf(marked, 0)).to.be.within(
        world.clock.nowMs() + DAY - 10,
        world.clock.nowMs() + DAY,
      )
      expect((await world.readAll(world.log(), 2))[0]?.timestamp).to.equal(T)

      const again = async (key: string): Promise<void> => {
        await append(world, keyed([[key, '1']]))
        await roll(world)
        await clean(world)
      }
      await world.clock.advance(DAY - 1000)
      await again('x')
      expect(await survivors(world)).to.include('2 a=null')
      await world.clock.advance(2000)
      await again('y')
      expect(await survivors(world)).to.deep.equal(['1 b=1', '3 c=1', '4 last=1', '5 x=1', '6 y=1'])
    })

    it('go for good only when everything they delete has gone', async () => {
      const world = await compactedWorld({ 'delete.retention.ms': 0 })
      await append(world, keyed([['a', '1']]))
      await append(world, keyed([['a', null]]))
      await append(world, keyed([['z', '1']]))
      await roll(world)
      await clean(world)
      expect(await survivors(world)).to.deep.equal(['1 a=null', '2 z=1'])
      await append(world, keyed([['y', '1']]))
      await roll(world)
      await world.clock.advance(1)
      await clean(world)
      expect(await survivors(world)).to.deep.equal(['2 z=1', '3 y=1'])
    })
  })

  describe('producers and transactions', () => {
    const producer = { producerId: 7, producerEpoch: 0 }
    const transactional = (key: string, value: string, baseSequence: number, id = 7): Buffer =>
      buildBatch([{ key, value, timestamp: T }], {
        ...producer,
        producerId: id,
        baseSequence,
        isTransactional: true,
      })
    const marker = (result: 'commit' | 'abort', id = 7): Buffer =>
      buildEndTransactionBatch({ ...producer, producerId: id, result, coordinatorEpoch: 0, timestamp: T })
    const appendMarker = async (world: LogWorld, result: 'commit' | 'abort', id = 7): Promise<void> => {
      await world.append(world.log(), marker(result, id), { origin: 'coordinator' })
      world.log().setHighWatermark(world.log().logEndOffset)
    }

    it('keeps the last batch of an active producer, empty if need be', async () => {
      const world = await compactedWorld()
      await append(
        world,
        buildBatch([{ key: 'a', value: '1', timestamp: T }], { ...producer, baseSequence: 0 }),
      )
      await append(
        world,
        buildBatch([{ key: 'a', value: '2', timestamp: T }], { ...producer, baseSequence: 1 }),
      )
      await append(world, keyed([['a', '3']]))
      await append(world, keyed([['b', '3']]))
      await roll(world)
      await clean(world)
      expect(await survivors(world)).to.deep.equal(['2 a=3', '3 b=3'])
      const [empty] = await batches(world)
      expect(recordCountOf(empty as Buffer, 0)).to.equal(0)
      await world.killAndStart()
      expect(
        world
          .log()
          .activeProducers()
          .map(({ producerId, batches: [batch] }) => [producerId, batch?.lastSequence]),
      ).to.deep.equal([[7, 1]])
    })

    it('drops what was aborted, and the marker when its time has come', async () => {
      const world = await compactedWorld({ 'delete.retention.ms': DAY })
      await append(world, keyed([['a', 'old']]))
      await append(world, transactional('a', 'aborted', 0))
      await appendMarker(world, 'abort')
      await append(world, transactional('b', 'committed', 0, 8))
      await appendMarker(world, 'commit', 8)
      await append(world, keyed([['z', '1']]))
      await roll(world)
      await clean(world)
      const before = (await survivors(world)).filter((line) => !line.includes('\0'))
      expect(before).to.deep.equal(['0 a=old', '3 b=committed', '5 z=1'])
      expect(await offsetsOfBatches(world)).to.deep.equal([0, 1, 2, 3, 4, 5])
      // The aborted batch is empty: it is the producer's last one.
      expect(recordCountOf((await batches(world))[1] as Buffer, 0)).to.equal(0)

      await append(world, keyed([['y', '1']]))
      await roll(world)
      await world.clock.advance(2 * DAY)
      world.log().expireProducers()
      await clean(world)
      expect(await offsetsOfBatches(world)).to.deep.equal([0, 2, 3, 4, 5, 6])
      for (const key of ['w', 'x']) {
        await append(world, keyed([[key, '1']]))
        await roll(world)
        await world.clock.advance(2 * DAY)
        await clean(world)
      }
      expect(await offsetsOfBatches(world)).to.deep.equal([0, 3, 4, 5, 6, 7, 8])
    })

    it('keeps the index of aborted transactions as long as their batches', async () => {
      const world = await compactedWorld({ 'segment.bytes': 10_000 })
      await append(world, transactional('a', '1', 0))
      await append(world, transactional('a', '2', 1))
      await appendMarker(world, 'abort')
      await roll(world)
      await append(world, keyed([['z', '1']]))
      await roll(world)
      await clean(world)
      const slice = await world.read(world.log(), 0, { withAborted: true })
      expect(slice.abortedTransactions?.map(({ producerId }) => producerId)).to.deep.equal([7])
      await world.killAndStart()
      const again = await world.read(world.log(), 0, { withAborted: true })
      expect(
        again.abortedTransactions?.map(({ producerId, lastOffset }) => [producerId, lastOffset]),
      ).to.deep.equal([[7, 2]])
    })

    it('does not go beyond an open transaction', async () => {
      const world = await compactedWorld()
      await append(world, keyed([['a', '1']]))
      await append(world, keyed([['a', '2']]))
      await roll(world)
      await append(world, transactional('a', '3', 0))
      await append(world, keyed([['a', '4']]))
      await roll(world)
      await clean(world)
      expect(await offsetsOfBatches(world)).to.deep.equal([1, 2, 3])
    })

    async function offsetsOfBatches(world: LogWorld): Promise<number[]> {
      return (await batches(world)).map((batch) => Number(batch.readBigInt64BE(0)))
    }
  })

  describe('when it comes', () => {
    const dirtyLog = async (world: LogWorld, topic: string, dirty: number): Promise<Log> => {
      const log = world.log(topic)
      for (let i = 0; i < 10; i++) await append(world, keyed([[`k${i}`, 'v']], world.clock.nowMs()), log)
      await roll(world, log)
      log.firstDirtyOffset = 10 - dirty
      return log
    }

    it('begins with the dirtiest log above its ratio', async () => {
      const world = await compactedWorld({ 'min.cleanable.dirty.ratio': 0.5, 'segment.bytes': 80 })
      const [a, b, c] = [
        await dirtyLog(world, 'a', 4),
        await dirtyLog(world, 'b', 10),
        await dirtyLog(world, 'c', 7),
      ]
      const ends = () => [a, b, c].map((log) => log.firstDirtyOffset)
      expect(await clean(world)).to.equal(true)
      expect(ends()).to.deep.equal([6, 10, 3])
      expect(await clean(world)).to.equal(true)
      expect(ends()).to.deep.equal([6, 10, 10])
      expect(await clean(world)).to.equal(false)
      expect(world.manager.cleaner.status.maxDirtyRatio).to.be.closeTo(0.4, 0.05)
    })

    it('waits for min.compaction.lag.ms', async () => {
      const world = await compactedWorld({ 'min.compaction.lag.ms': 60_000 })
      const log = await dirtyLog(world, 'a', 10)
      expect(await clean(world)).to.equal(false)
      await world.clock.advance(60_001)
      expect(await clean(world)).to.equal(true)
      expect(log.firstDirtyOffset).to.equal(10)
    })

    it('does not wait for the ratio beyond max.compaction.lag.ms', async () => {
      const world = await compactedWorld({ 'min.cleanable.dirty.ratio': 1, 'max.compaction.lag.ms': 60_000 })
      const log = await dirtyLog(world, 'a', 10)
      expect(await clean(world)).to.equal(false)
      await world.clock.advance(60_001)
      expect(await clean(world)).to.equal(true)
      expect(log.firstDirtyOffset).to.equal(10)
    })

    it('looks every log.cleaner.backoff.ms, and takes changes of the config at once', async () => {
      const world = await compactedWorld({ 'min.cleanable.dirty.ratio': 1 })
      const log = await dirtyLog(world, 'a', 10)
      world.manager.startTasks()
      await world.clock.advance(15_001)
      expect(log.firstDirtyOffset).to.equal(0)
      world.config = { ...world.config, 'min.cleanable.dirty.ratio': 0.1 }
      world.manager.updateConfig('a', world.config)
      await world.clock.advance(15_001)
      expect(log.firstDirtyOffset).to.equal(10)
      await world.stop()
      expect(world.clock.pendingTimers).to.equal(0)
    })

    it('does not come where log.cleaner.enable is false', async () => {
      const world = await compactedWorld({}, { managerConfig: { 'log.cleaner.enable': false } })
      const log = await dirtyLog(world, 'a', 10)
      world.manager.startTasks()
      await world.clock.advance(60_000)
      expect(log.firstDirtyOffset).to.equal(0)
    })

    it('reads and writes no faster than it may', async () => {
      const world = await compactedWorld(
        {},
        { managerConfig: { 'log.cleaner.io.max.bytes.per.second': 1000 } },
      )
      const log = await dirtyLog(world, 'a', 10)
      const bytes = log.sizeBytes
      const startedMs = world.clock.monotonicMs()
      await clean(world)
      // Read for the map, read to be copied, written: three times.
      expect(world.clock.monotonicMs() - startedMs).to.be.closeTo(bytes * 3 - 300, 200)
    })
  })

  describe('its checkpoint', () => {
    it('is written down and read again', async () => {
      const world = await compactedWorld()
      for (let i = 0; i < 20; i++) await append(world, keyed([['k', `v${i}`]]))
      await roll(world)
      await clean(world)
      await world.settle()
      expect(text(world, `${LOG_DIR}/cleaner-offset-checkpoint`)).to.equal('0\n1\norders 0 20\n')
      await world.restart()
      expect(world.log().firstDirtyOffset).to.equal(20)
      expect(await clean(world)).to.equal(false)
    })

    it('goes back when the log is cut', async () => {
      const world = await compactedWorld()
      for (let i = 0; i < 20; i++) await append(world, keyed([['k', `v${i}`]]))
      await roll(world)
      await clean(world)
      await append(world, keyed([['k', 'more']]))
      await world.run(world.log().truncateTo(20))
      expect(world.log().firstDirtyOffset).to.equal(20)
      await world.run(world.log().truncateTo(5))
      expect(world.log().firstDirtyOffset).to.be.at.most(5)
    })

    it('begins anew where the log does when it lies outside', async () => {
      const world = await compactedWorld()
      for (let i = 0; i < 20; i++) await append(world, keyed([['k', `v${i}`]]))
      await roll(world)
      world.log().firstDirtyOffset = 500
      expect(await clean(world)).to.equal(true)
      expect(world.log().firstDirtyOffset).to.equal(20)
      expect(await survivors(world)).to.deep.equal(['19 k=v19'])
    })
  })

  it('takes in as many keys as the buffer holds, and goes on there the next time', async () => {
    const world = await compactedWorld(
      { 'segment.bytes': 100_000 },
      {
        managerConfig: {
          'log.cleaner.dedupe.buffer.size': 24 * 20,
          'log.cleaner.io.buffer.load.factor': 0.5,
        },
      },
    )
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 15; i++) await append(world, keyed([[`k${i}`, `${round}`]]))
    await roll(world)
    await clean(world)
    expect(world.log().firstDirtyOffset).to.equal(10)
    await clean(world)
    expect(world.log().firstDirtyOffset).to.equal(20)
    await clean(world)
    expect(world.log().firstDirtyOffset).to.equal(30)
    expect(await survivors(world)).to.deep.equal(Array.from({ length: 15 }, (_, i) => `${i + 15} k${i}=1`))
  })

  it('leaves alone a log that it cannot read, and goes on with the others', async () => {
    const world = await compactedWorld()
    for (let i = 0; i < 12; i++) await append(world, keyed([['k', `v${i}`]]))
    await roll(world)
    const good = world.log('good')
    for (let i = 0; i < 12; i++) await append(world, keyed([['k', `v${i}`]]), good)
    await roll(world, good)
    world.disk.flipBit(`${FOLDER}/00000000000000000000.log`, 150)
    await clean(world)
    await clean(world)
    await clean(world)
    expect(good.firstDirtyOffset).to.equal(12)
    expect(world.log().firstDirtyOffset).to.equal(null)
    expect(world.offline).to.deep.equal([])
    expect(world.manager.cleaner.uncleanableIn(world.log().directory)).to.deep.equal([world.log()])
    expect(world.disk.list(FOLDER).filter((name) => name.endsWith('.cleaned'))).to.deep.equal([])
    await world.killAndStart()
    expect(world.manager.cleaner.uncleanableIn(world.log().directory)).to.deep.equal([])
  })

  for (const how of ['cut', 'deleted', 'closed'] as const) {
    it(`gives up when the log is ${how} under its hands`, async () => {
      const world = await compactedWorld({}, { latencyMs: () => 3 })
      for (let i = 0; i < 60; i++)
        world.log().appendAsLeader(keyed([[`k${i % 5}`, `v${i}`]]), { leaderEpoch: 0, origin: 'client' })
      await world.run(world.log().whenWritten())
      const log = world.log()
      log.setHighWatermark(60)
      await roll(world)
      await world.clock.advance(100)
      const round = world.manager.cleaner.cleanDirtiest()
      await world.clock.advance(20)
      expect(log.isCompacting).to.equal(true)
      if (how === 'cut') await world.run(log.truncateTo(30))
      else if (how === 'deleted') await world.run(world.manager.delete(log.topicPartition))
      else await world.stop()
      await world.run(round)
      expect(log.isCompacting).to.equal(false)
      expect(world.offline).to.deep.equal([])
      expect(world.manager.cleaner.uncleanableIn(log.directory)).to.deep.equal([])
      if (how !== 'cut') return
      expect((await survivors(world)).at(-1)).to.equal('29 k4=v29')
      expect(world.disk.list(FOLDER).filter((name) => /cleaned|swap/.test(name))).to.deep.equal([])
    })
  }

  it('takes the directory offline when its disk fails, and nothing else', async () => {
    for (const on of ['write', 'sync', 'rename', 'read', 'syncDirectory', 'open'] as const) {
      const world = await compactedWorld({}, { directories: [LOG_DIR, '/data/b'] })
      for (let i = 0; i < 20; i++) await append(world, keyed([['k', `v${i}`]]))
      await roll(world)
      const other = world.manager.getOrCreate(
        { ...world.log().topicPartition, topic: 'other' },
        { isNew: true, topicId: null, directory: '/data/b' },
      )
      world.disk.inject({ on, path: LOG_DIR, times: Infinity, error: 'EIO' })
      await clean(world)
      expect(
        world.offline.map(({ path }) => path),
        on,
      ).to.deep.equal([LOG_DIR])
      await append(world, keyed([['k', 'v']]), other)
      expect(other.logEndOffset).to.equal(1)
    }
  })

  it('deletes the old segments of a log that is compacted and deleted', async () => {
    const world = await compactedWorld({
      'cleanup.policy': ['compact', 'delete'],
      'retention.ms': 1000,
      'min.cleanable.dirty.ratio': 1,
    })
    for (let i = 0; i < 20; i++) await append(world, keyed([[`k${i}`, `v${i}`]], world.clock.nowMs()))
    await roll(world)
    await append(world, keyed([['new', '1']], world.clock.nowMs() + 100_000))
    world.manager.startTasks()
    await world.clock.advance(15_001)
    expect(await survivors(world)).to.deep.equal(['20 new=1'])
    await world.stop()
  })

  it('serves readers from one end to the other while it works', async () => {
    const world = await compactedWorld({}, { latencyMs: () => 1 })
    for (let i = 0; i < 50; i++)
      world.log().appendAsLeader(keyed([[`k${i % 5}`, `v${i}`]]), { leaderEpoch: 0, origin: 'client' })
    const log = world.log()
    await world.run(log.whenWritten())
    log.setHighWatermark(50)
    await roll(world)
    log.directory.tailMemory.dropIdle(Infinity)
    const round = world.manager.cleaner.cleanDirtiest()
    const newest = new Set<string>()
    for (let pass = 0; pass < 20; pass++) {
      const records = await world.readAll(log)
      expect(records.at(-1)?.offset).to.equal(49)
      for (const { key, value, offset } of records.slice(-5))
        newest.add(`${offset} ${String(key)}=${String(value)}`)
      await world.clock.advance(2)
    }
    await world.run(round)
    expect([...newest].filter((line) => Number(line.split(' ')[0]) >= 45)).to.have.length(5)
    expect(await survivors(world)).to.have.length(5)
  })

  it('keeps old or new segments over a power cut at any moment, never half of each', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const world = await compactedWorld(
        { 'segment.bytes': 300 },
        { seed: `cut ${seed}`, latencyMs: () => 1 },
      )
      const log = world.log()
      for (let i = 0; i < 40; i++)
        log.appendAsLeader(keyed([[`k${i % 5}`, `v${i}`]]), { leaderEpoch: 0, origin: 'client' })
      await world.run(log.whenWritten())
      log.setHighWatermark(40)
      await roll(world)
      await world.run(log.flush())
      await world.run(world.manager.upkeep.checkpointRecoveryPoints())
      void world.manager.cleaner.cleanDirtiest().catch(() => undefined)
      await world.clock.advance(seed)
      await world.crashAndStart()
      const records = await survivors(world)
      expect(records.slice(-5), `seed ${seed}`).to.deep.equal(
        [35, 36, 37, 38, 39].map((i) => `${i} k${i % 5}=v${i}`),
      )
      expect(world.log().logEndOffset).to.equal(40)
      await world.run(world.manager.cleaner.cleanDirtiest())
      world.log().setHighWatermark(40)
      await world.run(world.manager.cleaner.cleanDirtiest())
      expect(await survivors(world)).to.have.length(5)
    }
  })
})
