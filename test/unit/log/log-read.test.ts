import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import type { LogSlice } from '../../../src/log/log-slice.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { batchesIn, LogWorld, recordsIn } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

function batch(count: number, from: number, bytes = 1): Buffer {
  return buildBatch(
    Array.from({ length: count }, (_, i) => ({
      value: Buffer.alloc(bytes, 65 + ((from + i) % 26)),
      timestamp: T + from + i,
    })),
  )
}

/** Batches of three records each: offsets 0–2, 3–5 … */
async function filled(world: LogWorld, batches: number, bytes = 1): Promise<Log> {
  const log = world.log()
  for (let i = 0; i < batches; i++) await world.append(log, batch(3, i * 3, bytes))
  return log
}

/** Everything that was in memory is forgotten: reads come from the files. */
async function forgetTail(world: LogWorld): Promise<Log> {
  await world.restart()
  return world.log()
}

const SIZE = batch(3, 0).length

for (const [place, move] of [
  ['memory', async (world: LogWorld) => world.log()],
  ['the files', forgetTail],
] as const) {
  describe(`reading a log from ${place}`, () => {
    async function setUp(batches = 5, config = {}): Promise<{ world: LogWorld; log: Log }> {
      const world = await new LogWorld({ config }).start()
      await filled(world, batches)
      return { world, log: await move(world) }
    }

    it('begins with the batch that holds the offset', async () => {
      const { world, log } = await setUp()
      for (const [offset, first] of [
        [0, 0],
        [2, 0],
        [3, 3],
        [7, 6],
        [14, 12],
      ] as const) {
        const slice = await world.read(log, offset)
        expect(batchesIn(slice)[0]?.[0], `${offset}`).to.equal(first)
        expect(slice.startOffset).to.equal(offset)
        expect(slice.nextOffset).to.equal(15)
        expect(slice.position).to.equal((first / 3) * SIZE)
      }
    })

    it('takes as many whole batches as fit', async () => {
      const { world, log } = await setUp()
      for (const [maxBytes, count] of [
        [SIZE, 1],
        [2 * SIZE - 1, 1],
        [2 * SIZE, 2],
        [99 * SIZE, 5],
      ] as const) {
        const slice = await world.read(log, 0, { maxBytes })
        expect(batchesIn(slice)).to.have.length(count)
        expect(slice.sizeBytes).to.equal(count * SIZE)
        expect(slice.nextOffset).to.equal(count * 3)
      }
    })

    it('takes the first batch whatever its size, if told so', async () => {
      const { world, log } = await setUp()
      for (const maxBytes of [0, 1, SIZE - 1]) {
        expect(batchesIn(await world.read(log, 4, { maxBytes }))).to.deep.equal([[3, 5]])
        const none = await world.read(log, 4, { maxBytes, atLeastOneBatch: false })
        expect([none.sizeBytes, none.nextOffset, none.firstBatchTooLarge]).to.deep.equal([0, 4, true])
      }
    })

    it('stops before a batch that reaches the upper bound', async () => {
      const { world, log } = await setUp()
      for (const [upperBoundOffset, count] of [
        [0, 0],
        [2, 0],
        [3, 1],
        [5, 1],
        [6, 2],
        [15, 5],
        [99, 5],
      ] as const) {
        const slice = await world.read(log, 0, { upperBoundOffset })
        expect(batchesIn(slice), `${upperBoundOffset}`).to.have.length(count)
        expect(slice.firstBatchTooLarge).to.equal(false)
      }
    })

    it('is empty at the end and refused beyond', async () => {
      const { world, log } = await setUp()
      const end = await world.read(log, 15)
      expect([end.sizeBytes, end.nextOffset, end.segmentBaseOffset, end.position]).to.deep.equal([
        0,
        15,
        0,
        5 * SIZE,
      ])
      for (const offset of [-1, 16]) {
        expect(() => log.read({ offset, maxBytes: 1, upperBoundOffset: 99, atLeastOneBatch: true }))
          .to.throw(KafkaError)
          .with.property('error', 'OFFSET_OUT_OF_RANGE')
      }
    })

    it('is refused before the log start', async () => {
      const { world, log } = await setUp()
      log.setHighWatermark(15)
      log.deleteRecordsBefore(4)
      expect(() =>
        log.read({ offset: 3, maxBytes: 1, upperBoundOffset: 99, atLeastOneBatch: true }),
      ).to.throw(KafkaError)
      expect(batchesIn(await world.read(log, 4))[0]).to.deep.equal([3, 5])
    })

    it('goes through many segments', async () => {
      const { world, log } = await setUp(20, { 'segment.bytes': 3 * SIZE, 'index.interval.bytes': SIZE })
      expect(log.segmentCount).to.equal(7)
      const offsets: number[] = []
      for (let offset = 0; offset < 60;) {
        const slice = await world.read(log, offset)
        offsets.push(...recordsIn(slice).map((record) => record.offset))
        offset = slice.nextOffset
      }
      expect(offsets).to.deep.equal(Array.from({ length: 60 }, (_, i) => i))
      expect((await world.read(log, 58)).segmentBaseOffset).to.equal(54)
    })

    it('gives bytes that stay as they are while the log goes on', async () => {
      const { world, log } = await setUp(2)
      const slice = await world.read(log, 0)
      const before = Buffer.concat(slice.records).toString('hex')
      for (let i = 0; i < 50; i++) await world.append(log, batch(3, 0, 3000))
      await world.run(log.truncateTo(3))
      await world.append(log, batch(3, 50))
      expect(Buffer.concat(slice.records).toString('hex')).to.equal(before)
    })
  })
}

describe('reading a log', () => {
  it('goes over from the files to memory without a seam', async () => {
    const world = await new LogWorld().start()
    await filled(world, 5)
    const log = await forgetTail(world)
    for (let i = 5; i < 10; i++) await world.append(log, batch(3, i * 3))
    const all = await world.readAll(log)
    expect(all.map((record) => record.offset)).to.deep.equal(Array.from({ length: 30 }, (_, i) => i))
  })

  it('keeps only so much in memory, and never what idles', async () => {
    const world = await new LogWorld({ tailBytes: 200_000 }).start()
    world.manager.startTasks()
    const log = await filled(world, 40, 10_000)
    const used = () => log.directory.tailMemory.usedBytes
    expect(used()).to.be.greaterThan(0).and.at.most(200_000)
    await world.clock.advance(60_000)
    expect(used()).to.equal(0)
    expect(await world.readAll(log)).to.have.length(120)
    await world.append(log, batch(3, 120))
    expect(await world.readAll(log)).to.have.length(123)
    await world.stop()
  })

  it('shares memory between logs: the oldest bytes go first', async () => {
    const world = await new LogWorld({ tailBytes: 300_000 }).start()
    for (let i = 0; i < 60; i++) await world.append(world.log('orders', i % 3), batch(3, i, 5000))
    expect(world.log().directory.tailMemory.usedBytes).to.be.at.most(300_000)
    for (let partition = 0; partition < 3; partition++) {
      expect(await world.readAll(world.log('orders', partition))).to.have.length(60)
    }
  })

  it('reads much at a time off the event loop', async () => {
    const world = await new LogWorld().start()
    await filled(world, 100, 5000)
    const log = await forgetTail(world)
    const request = { offset: 0, upperBoundOffset: Infinity, atLeastOneBatch: true }
    expect(log.read({ ...request, maxBytes: 100_000 })).not.to.be.instanceOf(Promise)
    const slow = log.read({ ...request, maxBytes: 1_000_000 })
    expect(slow).to.be.instanceOf(Promise)
    const slice = await world.run(slow as Promise<LogSlice>)
    expect(slice.sizeBytes).to.be.greaterThan(900_000)
  })

  it('reads a batch that is larger than its first look', async () => {
    const world = await new LogWorld({ config: { 'max.message.bytes': 3_000_000 } }).start()
    await world.append(world.log(), batch(1, 0, 2_000_000))
    await world.append(world.log(), batch(3, 1))
    const log = await forgetTail(world)
    expect(batchesIn(await world.read(log, 0, { maxBytes: 100 }))).to.deep.equal([[0, 0]])
    expect(batchesIn(await world.read(log, 1, { maxBytes: 100 }))).to.deep.equal([[1, 3]])
    expect((await world.read(log, 0, { maxBytes: 100, atLeastOneBatch: false })).firstBatchTooLarge).to.equal(
      true,
    )
  })

  it('reads again what was cut while it read', async () => {
    const world = await new LogWorld().start()
    await filled(world, 100, 5000)
    const log = await forgetTail(world)
    await world.read(log, 0, { maxBytes: 1 })
    world.disk.inject({ on: 'read', path: /\.log$/, delayMs: 100 })
    const reading = log.read({
      offset: 3,
      maxBytes: 1_000_000,
      upperBoundOffset: Infinity,
      atLeastOneBatch: true,
    })
    const cutting = log.truncateTo(6)
    const [slice] = await world.run(Promise.all([reading, cutting]))
    expect(batchesIn(slice)).to.deep.equal([[3, 5]])
  })

  it('goes on where a reader stopped without looking into the index', async () => {
    const world = await new LogWorld({ config: { 'index.interval.bytes': 1_000_000 } }).start()
    await filled(world, 50, 1000)
    const log = await forgetTail(world)
    const first = await world.read(log, 0, { maxBytes: 10_000 })
    const second = await world.read(log, first.nextOffset, { maxBytes: 10_000 })
    expect(second.position).to.equal(first.sizeBytes)
    expect(log.positionOf(second.nextOffset)).to.deep.equal({
      segmentBaseOffset: 0,
      position: first.sizeBytes + second.sizeBytes,
    })
    expect(log.positionOf(1), 'not known without the disk').to.equal(null)
  })

  it('says where offsets lie, for counting bytes', async () => {
    const world = await new LogWorld().start()
    const log = await filled(world, 4)
    expect(log.positionOf(3)).to.deep.equal({ segmentBaseOffset: 0, position: SIZE })
    expect(log.positionOf(12)).to.deep.equal({ segmentBaseOffset: 0, position: 4 * SIZE })
    log.appendAsLeader(batch(3, 12), { leaderEpoch: 0, origin: 'client' })
    expect(log.positionOf(12), 'what is not written is not there').to.deep.equal({
      segmentBaseOffset: 0,
      position: 4 * SIZE,
    })
    await world.settle()
    expect(log.positionOf(15)).to.deep.equal({ segmentBaseOffset: 0, position: 5 * SIZE })
  })

  it('never holds more files open than it may', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': SIZE }, maxOpenFiles: 5 }).start()
    await filled(world, 30)
    const log = await forgetTail(world)
    expect(await world.readAll(log)).to.have.length(90)
    expect(world.disk.openFiles).to.be.at.most(5)
    await world.stop()
    expect(world.disk.openFiles).to.equal(0)
  })

  describe('by time', () => {
    async function setUp(): Promise<{ world: LogWorld; log: Log }> {
      const world = await new LogWorld({
        config: { 'segment.bytes': 4 * SIZE, 'index.interval.bytes': SIZE },
      }).start()
      for (let i = 0; i < 20; i++) {
        const times = i === 7 ? [9000, 1, 2] : [i * 100, i * 100 + 50, i * 100 + 50]
        await world.append(world.log(), buildBatch(times.map((ms) => ({ value: 'x', timestamp: T + ms }))), {
          leaderEpoch: i < 10 ? 1 : 2,
        })
      }
      return { world, log: world.log() }
    }

    it('finds the first record that is not earlier', async () => {
      const { world, log } = await setUp()
      const cases: [number, number | null, number?][] = [
        [-5000, 0],
        [0, 0],
        [1, 1],
        [50, 1],
        [51, 3],
        [650, 19],
        // Batch 7 begins with a record far ahead of its time.
        [651, 21, 9000],
        [1900, 21, 9000],
        [9000, 21],
        [9001, null],
      ]
      for (const [ms, offset] of cases) {
        const found = await world.run(log.offsetForTimestamp(T + ms))
        expect(found?.offset ?? null, `${ms}`).to.equal(offset)
        if (found !== null) expect(found.timestamp).to.be.at.least(T + ms)
      }
      expect(await world.run(log.offsetForTimestamp(T + 300))).to.deep.equal({
        offset: 9,
        timestamp: T + 300,
        leaderEpoch: 1,
      })
    })

    it('finds nothing before the log start', async () => {
      const { world, log } = await setUp()
      log.setHighWatermark(60)
      log.deleteRecordsBefore(4)
      expect((await world.run(log.offsetForTimestamp(T)))?.offset).to.equal(4)
    })

    it('finds the first record with the largest timestamp', async () => {
      const { world, log } = await setUp()
      expect(await world.run(log.offsetOfMaxTimestamp())).to.deep.equal({
        offset: 21,
        timestamp: T + 9000,
        leaderEpoch: 1,
      })
      await world.restart()
      expect((await world.run(world.log().offsetOfMaxTimestamp()))?.offset).to.equal(21)
    })

    it('finds nothing in a log without timestamps, or without records', async () => {
      const world = await new LogWorld().start()
      expect(await world.run(world.log().offsetOfMaxTimestamp())).to.equal(null)
      await world.append(world.log(), buildBatch([{ value: 'x' }]))
      expect(await world.run(world.log().offsetOfMaxTimestamp())).to.equal(null)
      expect(await world.run(world.log().offsetForTimestamp(0))).to.equal(null)
    })

    it('gives the first record of a stamped batch', async () => {
      const world = await new LogWorld({ config: { 'message.timestamp.type': 'LogAppendTime' } }).start()
      await world.append(world.log(), batch(3, 0))
      await world.clock.advance(10)
      await world.append(world.log(), batch(3, 3))
      expect((await world.run(world.log().offsetOfMaxTimestamp()))?.offset).to.equal(3)
      expect((await world.run(world.log().offsetForTimestamp(world.clock.nowMs())))?.offset).to.equal(3)
    })
  })
})
