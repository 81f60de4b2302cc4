import { expect } from 'chai'
import type { Log } from '../../../src/log/log.ts'
import { AssertionError } from '../../../src/std/assert.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { LogWorld } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

function one(i: number, leaderEpoch = 0): Buffer {
  return buildBatch([{ value: `v${i}`, timestamp: T + i * 1000 }], { baseOffset: 0, leaderEpoch })
}

const SIZE = one(0).length

/** Ten records, three to a segment: 0–2, 3–5, 6–8, 9. */
async function ten(world: LogWorld): Promise<Log> {
  for (let i = 0; i < 10; i++) await world.append(world.log(), one(i), { leaderEpoch: Math.floor(i / 4) })
  return world.log()
}

function small(config = {}): Promise<LogWorld> {
  return new LogWorld({
    config: { 'segment.bytes': 3 * SIZE, 'index.interval.bytes': SIZE, ...config },
  }).start()
}

function logFiles(world: LogWorld): string[] {
  return world.disk
    .list('/data/a/orders-0')
    .filter((name) => name.endsWith('.log'))
    .sort()
}

async function valuesOf(world: LogWorld): Promise<string[]> {
  return (await world.readAll(world.log())).map((record) => String(record.value))
}

function firstValues(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `v${i}`)
}

describe('truncating a log', () => {
  for (let offset = 0; offset <= 11; offset++) {
    it(`at ${offset} keeps what is before, in memory, on disk and after every kind of restart`, async () => {
      const world = await small()
      const log = await ten(world)
      log.setHighWatermark(10)
      await world.run(log.truncateTo(offset))
      const kept = Math.min(offset, 10)
      expect([log.logEndOffset, log.nextOffset, log.highWatermark]).to.deep.equal([kept, kept, kept])
      expect(await valuesOf(world)).to.deep.equal(firstValues(kept))
      expect(log.leaderEpochs.map(({ epoch }) => epoch)).to.deep.equal(
        [0, 1, 2].filter((epoch) => epoch * 4 < kept),
      )
      await world.append(log, buildBatch([{ value: 'new', timestamp: T }]), { leaderEpoch: 9 })
      expect(await valuesOf(world)).to.deep.equal([...firstValues(kept), 'new'])
      await world.restart()
      expect(await valuesOf(world)).to.deep.equal([...firstValues(kept), 'new'])
      await world.killAndStart()
      expect(await valuesOf(world)).to.deep.equal([...firstValues(kept), 'new'])
      expect(world.log().leaderEpochs.at(-1)).to.deep.equal({ epoch: 9, startOffset: kept })
    })
  }

  it('is durable: a power cut does not bring back what was cut off', async () => {
    for (let seed = 0; seed < 10; seed++) {
      const world = await new LogWorld({ seed: `cut ${seed}`, config: { 'segment.bytes': 3 * SIZE } }).start()
      const log = await ten(world)
      await world.run(log.flush())
      await world.run(world.manager.upkeep.checkpointRecoveryPoints())
      await world.run(log.truncateTo(4))
      await world.crashAndStart()
      expect(await valuesOf(world), `seed ${seed}`).to.deep.equal(firstValues(4))
    }
  })

  it('lowers the recovery point on disk before anything can take the place of what was cut off', async () => {
    const world = await small()
    const log = await ten(world)
    await world.run(log.flush())
    await world.run(world.manager.upkeep.checkpointRecoveryPoints())
    await world.run(log.truncateTo(4))
    expect(log.recoveryPoint).to.equal(4)
    expect(world.disk.readSmallFile('/data/a/recovery-point-offset-checkpoint').toString()).to.contain(
      'orders 0 4\n',
    )
  })

  it('waits for what is on its way to the disk', async () => {
    const world = await small()
    const log = await ten(world)
    log.appendAsLeader(one(10), { leaderEpoch: 2, origin: 'client' })
    const cutting = log.truncateTo(5)
    expect(() => log.appendAsLeader(one(11), { leaderEpoch: 2, origin: 'client' })).to.throw(AssertionError)
    await world.run(cutting)
    expect(await valuesOf(world)).to.deep.equal(firstValues(5))
  })

  it('finds largest timestamps again', async () => {
    const world = await small()
    const log = await ten(world)
    await world.run(log.truncateTo(5))
    expect((await world.run(log.offsetOfMaxTimestamp()))?.offset).to.equal(4)
    expect((await world.run(log.offsetForTimestamp(T + 3500)))?.offset).to.equal(4)
    expect(await world.run(log.offsetForTimestamp(T + 4500))).to.equal(null)
  })

  it('forgets producers whose batches were cut off', async () => {
    const world = await small()
    const log = world.log()
    for (let i = 0; i < 9; i++) {
      const batch = buildBatch([{ value: `v${i}`, timestamp: T }], {
        producerId: i % 2,
        producerEpoch: 0,
        baseSequence: Math.floor(i / 2),
      })
      await world.append(log, batch)
    }
    await world.run(log.truncateTo(4))
    const last = Object.fromEntries(
      log.activeProducers().map((entry) => [entry.producerId, entry.batches.at(-1)?.lastSequence]),
    )
    expect(last).to.deep.equal({ 0: 1, 1: 1 })
  })

  it('opens again a transaction whose end was cut off', async () => {
    const world = await small()
    const log = world.log()
    const producer = { producerId: 1, producerEpoch: 0 }
    await world.append(
      log,
      buildBatch([{ value: 't' }], { ...producer, baseSequence: 0, isTransactional: true }),
    )
    await world.append(log, one(1))
    await world.append(
      log,
      buildEndTransactionBatch({ ...producer, result: 'abort', coordinatorEpoch: 0, timestamp: T }),
      {
        origin: 'coordinator',
      },
    )
    log.setHighWatermark(3)
    await world.run(log.truncateTo(2))
    log.setHighWatermark(2)
    expect(log.lastStableOffset).to.equal(0)
    expect((await world.read(log, 0, { withAborted: true })).abortedTransactions).to.deep.equal([])
  })
})

describe('starting a log anew', () => {
  it('drops everything and goes on at an offset, over every kind of restart', async () => {
    const world = await small()
    const log = await ten(world)
    await world.run(log.truncateFullyAndStartAt(50))
    expect([log.logStartOffset, log.logEndOffset, log.highWatermark]).to.deep.equal([50, 50, 50])
    expect(log.leaderEpochs).to.deep.equal([])
    expect(logFiles(world)).to.deep.equal(['00000000000000000050.log'])
    await world.crashAndStart()
    expect([world.log().logStartOffset, world.log().logEndOffset]).to.deep.equal([50, 50])
    await world.append(world.log(), one(50))
    await world.restart()
    expect((await world.readAll(world.log())).map((record) => record.offset)).to.deep.equal([50])
  })
})

describe('deleting records', () => {
  it('hides them at once and removes whole segments with retention', async () => {
    const world = await small()
    const log = await ten(world)
    log.setHighWatermark(10)
    expect(log.deleteRecordsBefore(4)).to.equal(4)
    expect(log.logStartOffset).to.equal(4)
    expect(logFiles(world)).to.have.length(4)
    expect(log.applyRetention()).to.equal(1)
    expect(logFiles(world)).to.deep.equal([
      '00000000000000000003.log',
      '00000000000000000006.log',
      '00000000000000000009.log',
    ])
    expect(log.leaderEpochs[0]).to.deep.equal({ epoch: 1, startOffset: 4 })
    expect((await world.readAll(log))[0]?.offset).to.equal(4)
  })

  it('survives a restart, for the log start lies inside a segment', async () => {
    const world = await small()
    const log = await ten(world)
    log.setHighWatermark(10)
    log.deleteRecordsBefore(4)
    await world.restart()
    expect(world.log().logStartOffset).to.equal(4)
    expect(world.disk.readSmallFile('/data/a/log-start-offset-checkpoint').toString()).to.equal(
      '0\n1\norders 0 4\n',
    )
    await world.killAndStart()
    expect(world.log().logStartOffset).to.equal(4)
  })

  it('goes up to the high watermark and not beyond', async () => {
    const world = await small()
    const log = await ten(world)
    log.setHighWatermark(7)
    for (const offset of [8, -2]) {
      expect(() => log.deleteRecordsBefore(offset))
        .to.throw(KafkaError)
        .with.property('error', 'OFFSET_OUT_OF_RANGE')
    }
    expect(log.deleteRecordsBefore(-1)).to.equal(7)
    expect(log.deleteRecordsBefore(3), 'never back').to.equal(7)
  })

  it('follows the leader no further than its own high watermark', async () => {
    const world = await small()
    const log = await ten(world)
    log.setHighWatermark(5)
    expect(log.advanceLogStart(9)).to.equal(true)
    expect(log.logStartOffset).to.equal(5)
    expect(log.advanceLogStart(4)).to.equal(false)
  })
})

describe('retention of a log', () => {
  it('deletes what is too old, in the records’ time, and removes the files later', async () => {
    const world = await small({ 'retention.ms': 4500, 'file.delete.delay.ms': 1000 })
    const log = await ten(world)
    log.setHighWatermark(10)
    // The clock stands at T: nothing is old.
    expect(log.applyRetention()).to.equal(0)
    await world.clock.advance(10_000)
    expect(log.applyRetention()).to.equal(2)
    expect(log.logStartOffset).to.equal(6)
    const marked = world.disk.list('/data/a/orders-0').filter((name) => name.endsWith('.deleted'))
    expect(marked).to.have.length(6)
    await world.clock.advance(1000)
    expect(world.disk.list('/data/a/orders-0').filter((name) => name.endsWith('.deleted'))).to.deep.equal([])
    expect(
      world.disk
        .list('/data/a/orders-0')
        .filter((name) => name.endsWith('.snapshot'))
        .sort(),
    ).to.deep.equal(['00000000000000000006.snapshot', '00000000000000000009.snapshot'])
  })

  it('deletes even the active segment, and goes on in an empty one', async () => {
    const world = await small({ 'retention.ms': 1000 })
    const log = await ten(world)
    log.setHighWatermark(10)
    await world.clock.advance(3_600_000)
    expect(log.applyRetention()).to.equal(4)
    expect([log.logStartOffset, log.logEndOffset, log.segmentCount]).to.deep.equal([10, 10, 1])
    await world.killAndStart()
    expect([world.log().logStartOffset, world.log().logEndOffset]).to.deep.equal([10, 10])
    expect(await world.append(world.log(), one(10))).to.equal(10)
  })

  it('deletes by size', async () => {
    const world = await small({ 'retention.bytes': 5 * SIZE, 'retention.ms': -1 })
    const log = await ten(world)
    expect(log.applyRetention(), 'nothing that is not replicated').to.equal(0)
    log.setHighWatermark(10)
    expect(log.applyRetention()).to.equal(1)
    expect(log.logStartOffset).to.equal(3)
  })

  it('leaves slow readers what they have', async () => {
    const world = await small({ 'retention.bytes': 0 })
    const log = await ten(world)
    const slice = await world.read(log, 0)
    log.setHighWatermark(10)
    log.applyRetention()
    expect(Buffer.concat(slice.records).length).to.be.greaterThan(0)
  })
})
