import { expect } from 'chai'
import fc from 'fast-check'
import type { Log } from '../../../src/log/log.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import type { CompressionType } from '../../../src/records/compression/codec.ts'
import { LogWorld } from '../../support/log-fixture.ts'

const HOUR = 3_600_000
const DELETE_RETENTION = 24 * HOUR
/** 24 bytes a key: the map is full after this many of the keys below. */
const SMALL_MAP_KEYS = 5

interface Written {
  readonly offset: number
  readonly key: string
  /** Null deletes the key. */
  readonly value: string | null
  readonly atMs: number
}

/** What was ever appended and is still to be accounted for, in the order of offsets. */
interface Model {
  written: Written[]
  end: number
  /** Everything before is durable. */
  flushed: number
  nextValue: number
}

interface Real {
  readonly world: LogWorld
}

type Table = Map<string, string>

/** What a reader of the whole log believes in the end: the last value of each key that was not deleted. */
function tableOf(records: readonly { readonly key: string; readonly value: string | null }[]): Table {
  const table: Table = new Map()
  for (const { key, value } of records) {
    if (value === null) table.delete(key)
    else table.set(key, value)
  }
  return new Map([...table].sort(([a], [b]) => (a < b ? -1 : 1)))
}

abstract class Command implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    await this.compare(model, real.world)
  }

  abstract act(model: Model, real: Real): Promise<void>
  abstract toString(): string

  private async compare(model: Model, world: LogWorld): Promise<void> {
    const log = world.log()
    expect(world.offline).to.deep.equal([])
    expect(world.manager.cleaner.uncleanableIn(log.directory)).to.deep.equal([])
    expect(log.logEndOffset).to.equal(model.end)
    const found = (await world.readAll(log)).map(({ offset, key, value }) => ({
      offset,
      key: String(key),
      value: value === null ? null : String(value),
    }))
    const written = new Map(model.written.map((record) => [record.offset, record]))
    let last = -1
    for (const record of found) {
      expect(record.offset).to.be.greaterThan(last)
      last = record.offset
      const { key, value } = written.get(record.offset) as Written
      expect(record).to.deep.equal({ offset: record.offset, key, value })
    }
    expect([...tableOf(found)]).to.deep.equal([...tableOf(model.written)])
    this.compareTombstones(model, world, new Set(found.map(({ offset }) => offset)))
    this.compareClean(log, found)
  }

  /** Readers that fall behind must have the time to see that a key was deleted. */
  private compareTombstones(model: Model, world: LogWorld, found: ReadonlySet<number>): void {
    const newest = new Map(model.written.map((record) => [record.key, record]))
    for (const { offset, value, atMs } of newest.values()) {
      if (value !== null || found.has(offset)) continue
      expect(world.clock.nowMs(), `the tombstone at ${offset} has gone`).to.be.at.least(
        atMs + DELETE_RETENTION,
      )
    }
  }

  /** What is called clean has each key once. */
  private compareClean(log: Log, found: readonly { readonly offset: number; readonly key: string }[]): void {
    const clean = found.filter(({ offset }) => offset < (log.firstDirtyOffset ?? 0)).map(({ key }) => key)
    expect(clean).to.have.length(new Set(clean).size)
  }
}

class Append extends Command {
  private readonly keys: readonly number[]
  private readonly deletes: readonly boolean[]
  private readonly compression: CompressionType

  constructor(keys: readonly number[], deletes: readonly boolean[], compression: CompressionType) {
    super()
    this.keys = keys
    this.deletes = deletes
    this.compression = compression
  }

  async act(model: Model, { world }: Real): Promise<void> {
    const log = world.log()
    const atMs = world.clock.nowMs()
    const records = this.keys.map((key, i) => ({
      key: `key ${key}`,
      value: this.deletes[i] === true ? null : `value ${model.nextValue++}`,
      timestamp: atMs + i,
    }))
    let offset = await world.append(log, buildBatch(records, { compression: this.compression }))
    await world.run(log.whenWritten())
    for (const { key, value } of records) model.written.push({ offset: offset++, key, value, atMs })
    model.end = offset
    log.setHighWatermark(log.logEndOffset)
  }

  toString(): string {
    const pairs = this.keys.map((key, i) => `${key}${this.deletes[i] === true ? '†' : ''}`)
    return `append(${pairs.join(' ')} ${this.compression})`
  }
}

class Roll extends Command {
  async act(_model: Model, { world }: Real): Promise<void> {
    world.log().rollNow()
    await world.settle()
  }

  toString(): string {
    return 'roll'
  }
}

class Flush extends Command {
  async act(model: Model, { world }: Real): Promise<void> {
    await world.run(world.log().flush())
    model.flushed = model.end
  }

  toString(): string {
    return 'flush'
  }
}

class Compact extends Command {
  async act(model: Model, { world }: Real): Promise<void> {
    const log = world.log()
    if (await world.run(world.manager.cleaner.cleanDirtiest())) {
      model.flushed = Math.max(model.flushed, log.recoveryPoint)
    }
  }

  toString(): string {
    return 'compact'
  }
}

class Wait extends Command {
  private readonly hours: number

  constructor(hours: number) {
    super()
    this.hours = hours
  }

  async act(_model: Model, { world }: Real): Promise<void> {
    await world.clock.advance(this.hours * HOUR)
  }

  toString(): string {
    return `wait(${this.hours} h)`
  }
}

class Restart extends Command {
  private readonly how: 'clean' | 'kill' | 'crash'
  /** How far a compaction has come when the end comes; null for none. */
  private readonly compactingMs: number | null

  constructor(how: 'clean' | 'kill' | 'crash', compactingMs: number | null) {
    super()
    this.how = how
    this.compactingMs = compactingMs
  }

  async act(model: Model, { world }: Real): Promise<void> {
    let round: Promise<unknown> = Promise.resolve()
    if (this.compactingMs !== null) {
      round = world.manager.cleaner.cleanDirtiest()
      await world.clock.advance(this.compactingMs)
    }
    const before = { end: model.end, flushed: Math.max(model.flushed, world.log().recoveryPoint) }
    if (this.how === 'clean') {
      await world.restart()
      await world.run(round)
    } else if (this.how === 'kill') await world.killAndStart()
    else await world.crashAndStart()
    const log = world.log()
    if (this.how !== 'crash') expect(log.logEndOffset).to.equal(before.end)
    expect(log.logEndOffset).to.be.at.least(before.flushed).and.at.most(before.end)
    model.flushed = before.flushed
    model.end = log.logEndOffset
    // Of what was not flushed a power cut may leave the later and take the earlier, in another file.
    const left = new Set((await world.readAll(log)).map(({ offset }) => offset))
    model.written = model.written.filter(({ offset }) => offset < before.flushed || left.has(offset))
    log.setHighWatermark(log.logEndOffset)
  }

  toString(): string {
    return this.compactingMs === null ? this.how : `${this.how}(${this.compactingMs} ms into a compaction)`
  }
}

const append = fc.array(fc.tuple(fc.nat(11), fc.nat(4)), { minLength: 1, maxLength: 6 }).chain((pairs) =>
  fc.constantFrom<CompressionType>('none', 'none', 'gzip', 'lz4').map(
    (compression) =>
      new Append(
        pairs.map(([key]) => key),
        pairs.map(([, n]) => n === 0),
        compression,
      ),
  ),
)
const commands = fc.commands(
  [
    append,
    append,
    append,
    fc.constant(new Roll()),
    fc.constant(new Flush()),
    fc.constant(new Compact()),
    fc.constant(new Compact()),
    fc.integer({ min: 1, max: 30 }).map((hours) => new Wait(hours)),
    fc
      .tuple(
        fc.constantFrom('clean' as const, 'kill' as const, 'crash' as const),
        fc.option(fc.integer({ min: 0, max: 60 }), { freq: 4 }),
      )
      .map(([how, compactingMs]) => new Restart(how, compactingMs)),
  ],
  { maxCommands: 35, size: 'max' },
)

describe('a compacted log, against a table', () => {
  it('tells the same of every key, whatever was compacted, crashed or restarted', async function () {
    this.timeout(120_000)
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.record({
          segmentBytes: fc.integer({ min: 250, max: 1500 }),
          hasSmallMap: fc.boolean(),
          bufferBytes: fc.constantFrom(2048, 524_288),
          latencyMs: fc.constantFrom(0, 1),
          seed: fc.nat(),
        }),
        async (sequence, shape) => {
          const world = await new LogWorld({
            seed: `compaction ${shape.seed}`,
            latencyMs: () => shape.latencyMs,
            config: {
              'cleanup.policy': ['compact'],
              'segment.bytes': shape.segmentBytes,
              'index.interval.bytes': 200,
              'min.cleanable.dirty.ratio': 0,
              'delete.retention.ms': DELETE_RETENTION,
              'retention.ms': -1,
            },
            managerConfig: {
              'log.cleaner.io.buffer.size': shape.bufferBytes,
              ...(shape.hasSmallMap
                ? {
                    'log.cleaner.dedupe.buffer.size': SMALL_MAP_KEYS * 24,
                    'log.cleaner.io.buffer.load.factor': 1,
                  }
                : {}),
            },
          }).start()
          const model: Model = { written: [], end: 0, flushed: 0, nextValue: 0 }
          await fc.asyncModelRun(() => ({ model, real: { world } }), sequence)
          await world.stop()
          expect(world.disk.openFiles).to.equal(0)
        },
      ),
      { numRuns: Number(process.env['ZURAU_MODEL_RUNS'] ?? 60) },
    )
  })
})
