import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { LOG_DIR, LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

function batch(bytes = 10): Buffer {
  return buildBatch([{ value: Buffer.alloc(bytes, 65), timestamp: T }])
}

function append(log: Log, bytes = 10): number {
  return log.appendAsLeader(batch(bytes), { leaderEpoch: 0, origin: 'client' }).lastOffset
}

function isStorageError(action: () => unknown): boolean {
  try {
    action()
  } catch (error) {
    return error instanceof KafkaError && error.error === 'KAFKA_STORAGE_ERROR'
  }
  return false
}

describe('writing to segments', () => {
  it('makes one write of all batches of a turn', async () => {
    const world = await new LogWorld().start()
    const writes = world.disk.inject({ on: 'write', path: /\.log$/, times: Infinity, delayMs: 0 })
    for (let i = 0; i < 50; i++) append(world.log('orders', i % 2))
    await world.settle()
    expect(writes.hits).to.equal(2)
    expect(world.written).to.deep.equal([world.log('orders', 0), world.log('orders', 1)])
    expect(world.log('orders', 0).logEndOffset).to.equal(25)
  })

  it('writes a megabyte a turn at once and the rest off the event loop, in order all the same', async () => {
    const world = await new LogWorld({ latencyMs: () => 0 }).start()
    for (let i = 0; i < 8; i++) append(world.log('orders', i), 600_000)
    const done = (): number =>
      Array.from({ length: 8 }, (_, i) => world.log('orders', i).logEndOffset).filter((end) => end > 0).length
    await world.clock.advance(0, { maxEvents: 1000 })
    expect(done()).to.equal(8)
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 20; i++) append(world.log(), 100_000)
      await world.settle()
    }
    const records = await world.readAll(world.log())
    expect(records.map((record) => record.offset)).to.deep.equal(Array.from({ length: 101 }, (_, i) => i))
  })

  it('goes off the event loop while the device is slow, and comes back', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const { writer } = log.directory
    append(log)
    await world.settle()
    expect(writer.isSlow).to.equal(false)
    const slow = world.disk.inject({ on: 'write', path: /\.log$/, times: 1, delayMs: 30 })
    append(log)
    await world.settle()
    expect(slow.hits).to.equal(1)
    expect(writer.isSlow).to.equal(true)
    await world.clock.advance(31)
    const blocked = world.disk.inject({ on: 'write', path: /\.log$/, times: 1, delayMs: 50 })
    const last = append(log)
    const before = world.clock.monotonicMs()
    await world.settle()
    expect(blocked.hits).to.equal(1)
    expect(world.clock.monotonicMs(), 'nobody waited').to.equal(before)
    expect(log.logEndOffset).to.equal(last)
    append(log)
    await world.clock.advance(200)
    expect(log.logEndOffset).to.equal(last + 2)
    expect(writer.isSlow).to.equal(false)
  })

  it('suspects one slow write, and believes two', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    for (const expectedSlow of [false, true]) {
      world.disk.inject({ on: 'write', path: /\.log$/, times: 1, delayMs: 8 })
      append(log)
      await world.settle()
      expect(log.directory.writer.isSlow).to.equal(expectedSlow)
      await world.clock.advance(10)
    }
  })

  it('lets nobody see what a failing write did not write, and takes the directory offline', async () => {
    for (const delayMs of [0, 5]) {
      const world = await new LogWorld({ directories: [LOG_DIR, '/data/b'] }).start()
      const log = world.log('orders', 0)
      const other = world.log('orders', 1)
      append(log)
      append(other)
      await world.settle()
      world.written.length = 0
      if (delayMs > 0) append(log, 1_000_000)
      if (delayMs > 0) append(log, 1_000_000)
      world.disk.inject({ on: 'write', path: LOG_DIR, error: 'EIO', afterBytes: 20 })
      append(log)
      append(other)
      await world.settle()
      expect([log.logEndOffset, log.nextOffset > 1]).to.deep.equal([1, true])
      expect(world.written).to.deep.equal([other])
      expect(world.offline.map(({ path, logs }) => [path, logs])).to.deep.equal([[LOG_DIR, [log]]])
      expect(isStorageError(() => append(log))).to.equal(true)
      expect(
        isStorageError(() =>
          log.read({ offset: 0, maxBytes: 1, upperBoundOffset: 1, atLeastOneBatch: true }),
        ),
      ).to.equal(true)
      expect(world.manager.get(log.topicPartition)).to.equal(null)
      append(other)
      await world.settle()
      expect(other.logEndOffset).to.equal(3)
      await world.stop()
      expect(world.disk.list(LOG_DIR)).not.to.include('.kafka_cleanshutdown')
      expect(world.disk.list('/data/b')).to.include('.kafka_cleanshutdown')
      expect(world.disk.openFiles).to.equal(0)
    }
  })

  it('writes the other logs though the owner of one throws', async () => {
    const world = await new LogWorld().start()
    const [first, second] = [world.log('orders', 0), world.log('orders', 1)]
    let threw = 0
    world.process.onUncaught = () => threw++
    const written = world.written
    world.written.push = () => {
      if (threw === 0) throw new Error('the owner is broken')
      return 0
    }
    append(first)
    append(second)
    await world.settle()
    expect(threw).to.equal(1)
    expect([first.logEndOffset, second.logEndOffset]).to.deep.equal([1, 1])
    expect(written).to.equal(world.written)
  })

  describe('with flush.messages', () => {
    it('shows a batch only when it is durable', async () => {
      const world = await new LogWorld({ config: { 'flush.messages': 1 } }).start()
      const log = world.log()
      world.disk.inject({ on: 'sync', path: /\.log$/, times: Infinity, delayMs: 10 })
      append(log)
      append(log)
      await world.clock.advance(5)
      append(log)
      expect([log.logEndOffset, log.recoveryPoint]).to.deep.equal([0, 0])
      await world.clock.advance(5)
      expect([log.logEndOffset, log.recoveryPoint], 'one sync for the batches of a turn').to.deep.equal([
        2, 2,
      ])
      await world.clock.advance(10)
      expect([log.logEndOffset, log.recoveryPoint]).to.deep.equal([3, 3])
      await world.crashAndStart()
      expect(world.log().logEndOffset).to.equal(3)
    })

    it('loses nothing that was shown, whatever a power cut takes', async () => {
      for (let seed = 0; seed < 30; seed++) {
        const world = await new LogWorld({
          seed: `durable ${seed}`,
          config: { 'flush.messages': 1, 'segment.bytes': 300 },
          latencyMs: () => 1,
        }).start()
        const log = world.log()
        for (let i = 0; i < 12; i++) {
          append(log)
          await world.clock.advance(seed % 7)
        }
        const shown = log.logEndOffset
        await world.crashAndStart()
        expect(world.log().logEndOffset, `seed ${seed}`).to.be.at.least(shown)
      }
    })

    it('takes the directory offline when the sync fails, and shows nothing', async () => {
      const world = await new LogWorld({ config: { 'flush.messages': 1 } }).start()
      const log = world.log()
      world.disk.inject({ on: 'sync', path: /\.log$/, error: 'EIO', dropsPages: true })
      append(log)
      await world.settle()
      expect(log.logEndOffset).to.equal(0)
      expect(world.offline).to.have.length(1)
    })
  })

  it('flushes in the background what has been dirty for long', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': 1 << 30 } }).start()
    const log = world.log()
    for (let i = 0; i < 150; i++) {
      append(log, 1_000_000)
      await world.settle()
      expect(log.directory.flushes.unflushedBytes).to.be.lessThan(140_000_000)
    }
    expect(log.recoveryPoint).to.be.greaterThan(100)
  })

  it('flushes a segment when the next one begins', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': 2 * batch().length } }).start()
    for (let i = 0; i < 5; i++) append(world.log())
    await world.settle()
    expect(world.log().recoveryPoint).to.be.at.least(4)
    world.disk.crash('lost')
    await world.crashAndStart()
    expect(world.log().logEndOffset).to.be.at.least(4)
  })
})
