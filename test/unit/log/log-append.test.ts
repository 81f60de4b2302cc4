import { expect } from 'chai'
import type { LeaderAppend } from '../../../src/log/log-append.ts'
import type { Log } from '../../../src/log/log.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildLegacyMessages } from '../../../src/records/legacy-messages.ts'
import {
  baseOffsetOf,
  isBatchValid,
  leaderEpochOf,
  timestampTypeOf,
} from '../../../src/records/record-batch.ts'
import { recordsOf } from '../../../src/records/record.ts'
import { batchesIn, LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

const leader: LeaderAppend = { leaderEpoch: 0, origin: 'client' }

function values(count: number, from = 0): Buffer {
  return buildBatch(
    Array.from({ length: count }, (_, i) => ({ value: `v${from + i}`, timestamp: T + from + i })),
  )
}

function error(action: () => unknown): string {
  try {
    action()
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown.error
    throw thrown
  }
  return 'NONE'
}

describe('appending to a log as its leader', () => {
  it('gives offsets in the order of arrival, and stamps them', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    expect(log.appendAsLeader(values(3), { ...leader, leaderEpoch: 7 })).to.deep.equal({
      firstOffset: 0,
      lastOffset: 2,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      isDuplicate: false,
      recordCount: 3,
      sizeBytes: values(3).length,
    })
    expect(log.appendAsLeader(values(2, 3), { ...leader, leaderEpoch: 7 }).firstOffset).to.equal(3)
    await world.settle()
    const { records } = await world.read(log, 0)
    const bytes = Buffer.concat(records)
    expect(batchesIn({ records })).to.deep.equal([
      [0, 2],
      [3, 4],
    ])
    expect(leaderEpochOf(bytes, 0)).to.equal(7)
    expect((await world.readAll(log)).map((record) => String(record.value))).to.deep.equal([
      'v0',
      'v1',
      'v2',
      'v3',
      'v4',
    ])
  })

  it('keeps nothing of the bytes that it was given', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const incoming = values(3)
    log.appendAsLeader(incoming, leader)
    incoming.fill(0)
    await world.settle()
    expect((await world.readAll(log)).map((record) => String(record.value))).to.deep.equal(['v0', 'v1', 'v2'])
    expect(isBatchValid(world.disk.readSmallFile('/data/a/orders-0/00000000000000000000.log'), 0)).to.equal(
      true,
    )
  })

  it('shows nothing before it is with the operating system, and tells its owner once then', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    log.appendAsLeader(values(3), leader)
    log.appendAsLeader(values(3), leader)
    expect([log.nextOffset, log.logEndOffset]).to.deep.equal([6, 0])
    expect((await world.read(log, 0)).sizeBytes).to.equal(0)
    expect(
      error(() => log.read({ offset: 3, maxBytes: 1, upperBoundOffset: 9, atLeastOneBatch: true })),
    ).to.equal('OFFSET_OUT_OF_RANGE')
    await world.settle()
    expect([log.nextOffset, log.logEndOffset]).to.deep.equal([6, 6])
    expect(world.written).to.deep.equal([log])
  })

  it('stamps the append time where the topic wants it', async () => {
    const world = await new LogWorld({ config: { 'message.timestamp.type': 'LogAppendTime' } }).start()
    const log = world.log()
    await world.clock.advance(5000)
    const now = world.clock.nowMs()
    expect(log.appendAsLeader(values(2), leader).logAppendTimeMs).to.equal(now)
    await world.settle()
    const bytes = Buffer.concat((await world.read(log, 0)).records)
    expect(timestampTypeOf(bytes, 0)).to.equal('LogAppendTime')
    expect(isBatchValid(bytes, 0)).to.equal(true)
    expect([...recordsOf(bytes, 0)].map((record) => record.timestamp)).to.deep.equal([now, now])
  })

  it('appends old messages as one batch', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    await world.append(log, values(2))
    const messages = buildLegacyMessages(
      [
        { offset: 0, timestamp: T, key: null, value: Buffer.from('old') },
        { offset: 1, timestamp: T, key: null, value: Buffer.from('older') },
      ],
      { magic: 1, compression: 'none', timestampType: 'CreateTime', appendTimeMs: -1 },
    )
    expect(log.appendAsLeader(messages, leader)).to.include({ firstOffset: 2, lastOffset: 3, recordCount: 2 })
    await world.settle()
    expect((await world.readAll(log, 2)).map(({ offset, value }) => [offset, String(value)])).to.deep.equal([
      [2, 'old'],
      [3, 'older'],
    ])
  })

  it('refuses what the validator refuses, and is as it was', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    const spoiled = values(3)
    spoiled[70] = 0xff
    expect(error(() => log.appendAsLeader(spoiled, leader))).to.equal('CORRUPT_MESSAGE')
    expect(log.nextOffset).to.equal(0)
    expect(log.appendAsLeader(Buffer.alloc(0), leader).firstOffset).to.equal(-1)
    expect(await world.append(log, values(1))).to.equal(0)
  })

  it('refuses a batch larger than a segment', async () => {
    const world = await new LogWorld({ config: { 'segment.bytes': 100 } }).start()
    expect(error(() => world.log().appendAsLeader(values(20), leader))).to.equal('RECORD_LIST_TOO_LARGE')
  })

  it('notes where a leader epoch begins', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    log.assignLeaderEpoch(1, 0)
    for (const leaderEpoch of [1, 1, 4]) await world.append(log, values(2), { leaderEpoch })
    expect(log.leaderEpochs).to.deep.equal([
      { epoch: 1, startOffset: 0 },
      { epoch: 4, startOffset: 4 },
    ])
    expect(log.endOffsetForEpoch(4)).to.deep.equal({ epoch: 4, endOffset: 6 })
    expect(log.endOffsetForEpoch(2)).to.deep.equal({ epoch: 1, endOffset: 4 })
    await world.run(log.flush())
    expect(world.disk.readSmallFile('/data/a/orders-0/leader-epoch-checkpoint').toString()).to.equal(
      '0\n2\n1 0\n4 4\n',
    )
  })

  describe('rolls', () => {
    async function bases(world: LogWorld): Promise<number[]> {
      await world.settle()
      return world.disk
        .list('/data/a/orders-0')
        .filter((name) => name.endsWith('.log'))
        .map((name) => Number(name.slice(0, 20)))
        .sort((a, b) => a - b)
    }

    it('when the segment is full', async () => {
      const size = values(1).length
      const world = await new LogWorld({ config: { 'segment.bytes': 3 * size } }).start()
      for (let i = 0; i < 7; i++) await world.append(world.log(), values(1))
      expect(await bases(world)).to.deep.equal([0, 3, 6])
      expect(world.log().segmentCount).to.equal(3)
    })

    it('by the time of the records', async () => {
      const world = await new LogWorld({ config: { 'segment.ms': 1000 } }).start()
      const at = (ms: number) => buildBatch([{ value: 'x', timestamp: T + ms }])
      for (const ms of [0, 1000, 500, 1001, 2001, 2002]) await world.append(world.log(), at(ms))
      expect(await bases(world)).to.deep.equal([0, 3, 5])
    })

    it('by its own clock where the records have no time', async () => {
      const world = await new LogWorld({ config: { 'segment.ms': 1000 } }).start()
      const batch = buildBatch([{ value: 'x' }])
      await world.append(world.log(), batch)
      await world.clock.advance(1000)
      await world.append(world.log(), batch)
      await world.clock.advance(1)
      await world.append(world.log(), batch)
      expect(await bases(world)).to.deep.equal([0, 2])
    })

    it('a compacted topic also for the time in which it must be compacted', async () => {
      const config = { 'segment.ms': 5000, 'max.compaction.lag.ms': 1000, 'cleanup.policy': ['compact'] }
      const world = await new LogWorld({ config }).start()
      const at = (ms: number) => buildBatch([{ key: 'k', value: 'x', timestamp: T + ms }])
      for (const ms of [0, 1000, 1001]) await world.append(world.log(), at(ms))
      expect(await bases(world)).to.deep.equal([0, 2])
    })

    it('earlier by chance, so that logs made together do not roll together', async () => {
      const world = await new LogWorld({
        config: { 'segment.ms': 10_000, 'segment.jitter.ms': 9000 },
      }).start()
      const rolledAt = new Set<number>()
      for (let partition = 0; partition < 5; partition++) {
        const log = world.log('orders', partition)
        for (let ms = 0; log.segmentCount === 1; ms += 100) {
          await world.append(log, buildBatch([{ value: 'x', timestamp: T + ms }]))
          if (log.segmentCount > 1) rolledAt.add(ms)
        }
      }
      expect(rolledAt.size).to.be.greaterThan(3)
      expect(Math.max(...rolledAt)).to.be.at.most(10_100)
    })

    it('when an index is full', async () => {
      const world = await new LogWorld({
        config: { 'segment.index.bytes': 24, 'index.interval.bytes': 0 },
      }).start()
      for (let i = 0; i < 6; i++) await world.append(world.log(), values(1, i))
      // The first batch of a segment has no entry; two time entries and the closing one make 36 bytes: full after one.
      expect((await bases(world)).length).to.be.greaterThan(2)
      for (const name of world.disk.list('/data/a/orders-0').filter((file) => file.endsWith('index'))) {
        expect(world.disk.status(`/data/a/orders-0/${name}`)?.sizeBytes, name).to.be.at.most(24)
      }
      expect(await world.readAll(world.log())).to.have.length(6)
    })

    it('when told to, but not an empty segment', async () => {
      const world = await new LogWorld().start()
      const log = world.log()
      log.rollNow()
      expect(log.segmentCount).to.equal(1)
      await world.append(log, values(2))
      log.rollNow()
      log.rollNow()
      expect(log.segmentCount).to.equal(2)
      expect(await bases(world)).to.deep.equal([0, 2])
    })

    it('in the middle of a turn, and every byte lands in its file', async () => {
      const size = values(1).length
      const world = await new LogWorld({ config: { 'segment.bytes': 2 * size } }).start()
      for (let i = 0; i < 9; i++) world.log().appendAsLeader(values(1, i), leader)
      expect(await bases(world)).to.deep.equal([0, 2, 4, 6, 8])
      for (const base of [0, 2, 4, 6, 8]) {
        const bytes = world.disk.readSmallFile(`/data/a/orders-0/${String(base).padStart(20, '0')}.log`)
        expect(baseOffsetOf(bytes, 0)).to.equal(base)
        expect(bytes.length).to.equal(base === 8 ? size : 2 * size)
      }
    })
  })

  describe('with idempotence', () => {
    const produce = (log: Log, epoch: number, sequence: number, count = 1) =>
      log.appendAsLeader(
        buildBatch(
          Array.from({ length: count }, () => ({ value: 'x', timestamp: T })),
          { producerId: 4000, producerEpoch: epoch, baseSequence: sequence },
        ),
        leader,
      )

    it('answers a repeated batch with its first offsets', async () => {
      const world = await new LogWorld().start()
      const log = world.log()
      produce(log, 0, 0, 2)
      produce(log, 0, 2, 3)
      await world.settle()
      expect(produce(log, 0, 2, 3)).to.deep.include({
        firstOffset: 2,
        lastOffset: 4,
        isDuplicate: true,
        logAppendTimeMs: T,
        sizeBytes: 0,
      })
      expect(produce(log, 0, 0, 2)).to.deep.include({ firstOffset: 0, lastOffset: 1, isDuplicate: true })
      expect(log.nextOffset).to.equal(5)
    })

    it('refuses gaps and old epochs, and keeps its state over a clean restart', async () => {
      const world = await new LogWorld().start()
      produce(world.log(), 3, 0, 5)
      await world.settle()
      await world.restart()
      const log = world.log()
      expect(error(() => produce(log, 3, 6))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(error(() => produce(log, 2, 5))).to.equal('INVALID_PRODUCER_EPOCH')
      expect(produce(log, 3, 0, 5).isDuplicate).to.equal(true)
      expect(produce(log, 3, 5).firstOffset).to.equal(5)
    })

    it('keeps its state over a kill and a power cut', async () => {
      const world = await new LogWorld({ config: { 'segment.bytes': 300 } }).start()
      for (let i = 0; i < 10; i++) produce(world.log(), 0, i)
      await world.settle()
      await world.killAndStart()
      expect(produce(world.log(), 0, 9).isDuplicate).to.equal(true)
      expect(produce(world.log(), 0, 10).firstOffset).to.equal(10)
      await world.settle()
      await world.run(world.log().flush())
      await world.crashAndStart()
      expect(error(() => produce(world.log(), 0, 12))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(produce(world.log(), 0, 11).firstOffset).to.equal(11)
    })

    it('keeps its state though the records are deleted', async () => {
      const world = await new LogWorld({ config: { 'segment.bytes': 80 } }).start()
      const log = world.log()
      for (let i = 0; i < 4; i++) produce(log, 0, i)
      await world.settle()
      log.setHighWatermark(4)
      log.deleteRecordsBefore(4)
      log.applyRetention()
      expect(error(() => produce(log, 0, 7))).to.equal('OUT_OF_ORDER_SEQUENCE_NUMBER')
      expect(produce(log, 0, 4).firstOffset).to.equal(4)
    })
  })

  it('is refused when the device is hopelessly behind', async () => {
    const world = await new LogWorld().start()
    const log = world.log()
    log.appendAsLeader(values(1), leader)
    log.directory.unwrittenBytes += 512 * 1024 * 1024
    expect(error(() => log.appendAsLeader(values(1), leader))).to.equal('REQUEST_TIMED_OUT')
    log.directory.unwrittenBytes -= 512 * 1024 * 1024
    await world.settle()
    expect(log.directory.unwrittenBytes).to.equal(0)
  })
})
