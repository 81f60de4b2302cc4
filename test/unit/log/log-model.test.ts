import { expect } from 'chai'
import fc from 'fast-check'
import type { Log } from '../../../src/log/log.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { LogWorld, recordsIn } from '../../support/log-fixture.ts'

const T = 1_700_000_000_000

/** A log as anybody would write it down: an array of records. */
interface Model {
  /** By offset; records before `start` are gone for readers. */
  records: { offset: number; value: string; timestamp: number; epoch: number }[]
  start: number
  /** Everything before is durable. */
  flushed: number
  highWatermark: number
  epoch: number
  nextValue: number
}

interface Real {
  world: LogWorld
}

function end(model: Model): number {
  const last = model.records.at(-1)
  return last === undefined ? model.start : last.offset + 1
}

function log(real: Real): Log {
  return real.world.log()
}

function visible(model: Model, from = model.start): Model['records'] {
  return model.records.filter((record) => record.offset >= from && record.offset >= model.start)
}

abstract class Command implements fc.AsyncCommand<Model, Real> {
  check(_model: Readonly<Model>): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    const found = log(real)
    expect([found.logStartOffset, found.logEndOffset, found.nextOffset]).to.deep.equal([
      model.start,
      end(model),
      end(model),
    ])
    expect(found.highWatermark).to.be.at.least(model.start).and.at.most(end(model))
    expect(found.recoveryPoint).to.be.at.most(end(model))
    expect(real.world.offline).to.deep.equal([])
  }

  abstract act(model: Model, real: Real): Promise<void>
  abstract toString(): string
}

class Append extends Command {
  private readonly sizes: readonly number[]
  private readonly timeSteps: readonly number[]
  private readonly bumpsEpoch: boolean

  constructor(sizes: readonly number[], timeSteps: readonly number[], bumpsEpoch: boolean) {
    super()
    this.sizes = sizes
    this.timeSteps = timeSteps
    this.bumpsEpoch = bumpsEpoch
  }

  async act(model: Model, real: Real): Promise<void> {
    if (this.bumpsEpoch) model.epoch++
    // Several batches in one turn.
    for (const [i, size] of this.sizes.entries()) {
      const timestamp = T + end(model) * 100 + (this.timeSteps[i % this.timeSteps.length] ?? 0)
      const records = Array.from({ length: 1 + (size % 3) }, (_, n) => ({
        value: `${model.nextValue + n}:`.padEnd(size, 'x'),
        timestamp: timestamp + n,
      }))
      const { firstOffset } = log(real).appendAsLeader(buildBatch(records), {
        leaderEpoch: model.epoch,
        origin: 'client',
      })
      expect(firstOffset).to.equal(end(model))
      for (const record of records) {
        model.records.push({ offset: end(model), ...record, epoch: model.epoch })
        model.nextValue++
      }
    }
    await real.world.settle()
  }

  toString(): string {
    return `append(${this.sizes.join(',')}; ${this.timeSteps.join(',')}${this.bumpsEpoch ? '; new epoch' : ''})`
  }
}

class Read extends Command {
  private readonly where: number
  private readonly maxBytes: number

  constructor(where: number, maxBytes: number) {
    super()
    this.where = where
    this.maxBytes = maxBytes
  }

  async act(model: Model, real: Real): Promise<void> {
    const offset = model.start + Math.floor(this.where * (end(model) - model.start + 1))
    const slice = await real.world.read(log(real), Math.min(offset, end(model)), { maxBytes: this.maxBytes })
    const got = recordsIn(slice).filter((record) => record.offset >= offset)
    const wanted = visible(model, offset).slice(0, got.length)
    expect(got.map((record) => [record.offset, String(record.value), record.timestamp])).to.deep.equal(
      wanted.map((record) => [record.offset, record.value, record.timestamp]),
    )
    if (offset < end(model)) expect(got.length).to.be.greaterThan(0)
    expect(slice.nextOffset).to.equal((wanted.at(-1)?.offset ?? offset - 1) + 1)
  }

  toString(): string {
    return `read(${this.where.toFixed(3)}, ${this.maxBytes})`
  }
}

class FindTime extends Command {
  private readonly where: number

  constructor(where: number) {
    super()
    this.where = where
  }

  async act(model: Model, real: Real): Promise<void> {
    const timestamp = T + Math.floor(this.where * (end(model) + 2) * 100)
    const found = await real.world.run(log(real).offsetForTimestamp(timestamp))
    const wanted = visible(model).find((record) => record.timestamp >= timestamp)
    expect(found?.offset, `${timestamp - T}`).to.equal(wanted?.offset)
    const largest = await real.world.run(log(real).offsetOfMaxTimestamp())
    const times = visible(model).map((record) => record.timestamp)
    // What was deleted without its segment may still count.
    if (largest !== null && times.length > 0) expect(largest.timestamp).to.be.at.least(Math.max(...times))
  }

  toString(): string {
    return `findTime(${this.where.toFixed(3)})`
  }
}

class Truncate extends Command {
  private readonly where: number

  constructor(where: number) {
    super()
    this.where = where
  }

  async act(model: Model, real: Real): Promise<void> {
    // Followers cut where a batch begins.
    const target = model.start + Math.floor(this.where * (end(model) - model.start + 1))
    const slice = target < end(model) ? await real.world.read(log(real), target, { maxBytes: 1 }) : null
    const first = slice === null ? undefined : recordsIn(slice)[0]
    const offset = Math.max(model.start, first?.offset ?? target)
    if (first !== undefined && first.offset < model.start) return
    await real.world.run(log(real).truncateTo(offset))
    model.records = model.records.filter((record) => record.offset < offset)
    model.flushed = Math.min(model.flushed, offset)
    model.highWatermark = Math.min(model.highWatermark, offset)
  }

  toString(): string {
    return `truncate(${this.where.toFixed(3)})`
  }
}

class Flush extends Command {
  async act(model: Model, real: Real): Promise<void> {
    await real.world.run(log(real).flush())
    model.flushed = end(model)
    expect(log(real).recoveryPoint).to.equal(end(model))
  }

  toString(): string {
    return 'flush'
  }
}

class Replicate extends Command {
  private readonly where: number

  constructor(where: number) {
    super()
    this.where = where
  }

  async act(model: Model, real: Real): Promise<void> {
    const offset = model.start + Math.floor(this.where * (end(model) - model.start + 1))
    model.highWatermark = log(real).setHighWatermark(Math.max(offset, model.highWatermark))
    expect(log(real).lastStableOffset).to.equal(model.highWatermark)
  }

  toString(): string {
    return `replicate(${this.where.toFixed(3)})`
  }
}

class DeleteRecords extends Command {
  private readonly where: number

  constructor(where: number) {
    super()
    this.where = where
  }

  async act(model: Model, real: Real): Promise<void> {
    const highWatermark = log(real).highWatermark
    const offset = Math.floor(model.start + this.where * (highWatermark - model.start + 1))
    model.start = log(real).deleteRecordsBefore(Math.min(offset, highWatermark))
    expect(model.start).to.be.at.least(Math.min(offset, highWatermark))
    log(real).applyRetention()
  }

  toString(): string {
    return `deleteRecords(${this.where.toFixed(3)})`
  }
}

class Restart extends Command {
  private readonly how: 'clean' | 'kill' | 'crash'

  constructor(how: 'clean' | 'kill' | 'crash') {
    super()
    this.how = how
  }

  async act(model: Model, real: Real): Promise<void> {
    const { world } = real
    const before = { start: model.start, end: end(model) }
    if (this.how === 'clean') await world.restart()
    else if (this.how === 'kill') await world.killAndStart()
    else await world.crashAndStart()
    const found = log(real)
    if (this.how === 'clean') {
      expect(found.logStartOffset).to.equal(before.start)
    } else {
      // The log start is written down once a minute: what was deleted may be back, if its segment is.
      expect(found.logStartOffset).to.be.at.most(before.start)
      await world.clock.advance(0)
      if (found.logStartOffset < before.start) {
        found.setHighWatermark(found.logEndOffset)
        if (found.logEndOffset >= before.start) found.advanceLogStart(before.start)
        else await world.run(found.truncateFullyAndStartAt(before.start))
      }
    }
    if (this.how !== 'crash') expect(found.logEndOffset).to.equal(before.end)
    // A power cut takes only what was not flushed, and leaves no gap.
    expect(found.logEndOffset).to.be.at.least(Math.max(model.flushed, model.start)).and.at.most(before.end)
    model.records = model.records.filter((record) => record.offset < found.logEndOffset)
    model.highWatermark = found.highWatermark
    const records = await world.readAll(found)
    expect(records.map((record) => String(record.value))).to.deep.equal(
      visible(model).map((record) => record.value),
    )
    const lastEpoch = visible(model).at(-1)?.epoch
    if (lastEpoch !== undefined) expect(found.latestEpoch).to.equal(lastEpoch)
  }

  toString(): string {
    return this.how
  }
}

class Idle extends Command {
  async act(_model: Model, real: Real): Promise<void> {
    log(real).directory.tailMemory.dropIdle(Infinity)
    log(real).rest()
  }

  toString(): string {
    return 'idle'
  }
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true })
const commands = fc.commands(
  [
    fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
      )
      .map(([sizes, steps, bumps]) => new Append(sizes, steps, bumps)),
    fc
      .tuple(fraction, fc.integer({ min: 0, max: 3000 }))
      .map(([where, maxBytes]) => new Read(where, maxBytes)),
    fraction.map((where) => new FindTime(where)),
    fraction.map((where) => new Truncate(where)),
    fc.constant(new Flush()),
    fraction.map((where) => new Replicate(where)),
    fraction.map((where) => new DeleteRecords(where)),
    fc.constantFrom('clean' as const, 'kill' as const, 'crash' as const).map((how) => new Restart(how)),
    fc.constant(new Idle()),
  ],
  { maxCommands: 40, size: 'max' },
)

describe('a log, against an array', () => {
  it('appends, reads, finds, cuts, deletes, restarts and crashes alike', async function () {
    this.timeout(120_000)
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.record({
          segmentBytes: fc.integer({ min: 1500, max: 6000 }),
          interval: fc.integer({ min: 0, max: 1000 }),
          indexBytes: fc.integer({ min: 36, max: 400 }),
          tailBytes: fc.constantFrom(20_000, 1 << 20),
          seed: fc.nat(),
        }),
        async (sequence, shape) => {
          const setup = async (): Promise<{ model: Model; real: Real }> => ({
            model: { records: [], start: 0, flushed: 0, highWatermark: 0, epoch: 0, nextValue: 0 },
            real: {
              world: await new LogWorld({
                seed: `model ${shape.seed}`,
                tailBytes: shape.tailBytes,
                config: {
                  'segment.bytes': shape.segmentBytes,
                  'index.interval.bytes': shape.interval,
                  'segment.index.bytes': shape.indexBytes,
                  'retention.ms': -1,
                },
              }).start(),
            },
          })
          const { model, real } = await setup()
          await fc.asyncModelRun(() => ({ model, real }), sequence)
          await real.world.stop()
          expect(real.world.disk.openFiles).to.equal(0)
        },
      ),
      { numRuns: Number(process.env['ZURAU_MODEL_RUNS'] ?? 60) },
    )
  })
})
