import { expect } from 'chai'
import fc from 'fast-check'
import { KafkaError, type ErrorName } from '../../../src/model/errors.ts'
import { buildBatch } from '../../../src/records/batch-builder.ts'
import { buildEndTransactionBatch } from '../../../src/records/control-record.ts'
import { LogWorld } from '../../support/log-fixture.ts'

/** As many batches as a producer may have under way: a leader recognises their repeats. */
const REMEMBERED = 5
const PRODUCERS = [4000, 4001, 4002]

/** What was appended, as it lies in the log: the state of every producer follows from it. */
interface Written {
  readonly producerId: number
  readonly epoch: number
  readonly firstOffset: number
  readonly lastOffset: number
  readonly firstSequence: number
  readonly lastSequence: number
  readonly isTransactional: boolean
  readonly marker: { readonly result: 'commit' | 'abort'; readonly coordinatorEpoch: number } | null
}

interface Model {
  written: Written[]
  flushed: number
  /** From here on the leader has seen every batch itself; of those before it may know only each producer's last. */
  seenFrom: number
}

interface Real {
  readonly world: LogWorld
}

interface Producer {
  epoch: number
  coordinatorEpoch: number
  openFrom: number
  /** Of the epoch. */
  batches: Written[]
}

interface Aborted {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

function producersOf(model: Model): { producers: Map<number, Producer>; aborted: Aborted[] } {
  const producers = new Map<number, Producer>()
  const aborted: Aborted[] = []
  for (const written of model.written) {
    const { producerId, epoch, marker, firstOffset, lastOffset } = written
    let producer = producers.get(producerId)
    if (producer === undefined) {
      producer = { epoch, coordinatorEpoch: -1, openFrom: -1, batches: [] }
      producers.set(producerId, producer)
    }
    if (producer.epoch !== epoch) producer.batches = []
    producer.epoch = epoch
    if (marker === null) {
      producer.batches.push(written)
      if (written.isTransactional && producer.openFrom < 0) producer.openFrom = firstOffset
      continue
    }
    producer.coordinatorEpoch = marker.coordinatorEpoch
    if (producer.openFrom >= 0 && marker.result === 'abort')
      aborted.push({ producerId, firstOffset: producer.openFrom, lastOffset })
    producer.openFrom = -1
  }
  return { producers, aborted }
}

function endOf(model: Model): number {
  return (model.written.at(-1)?.lastOffset ?? -1) + 1
}

abstract class Command implements fc.AsyncCommand<Model, Real> {
  check(): boolean {
    return true
  }

  async run(model: Model, real: Real): Promise<void> {
    await this.act(model, real)
    const { world } = real
    const log = world.log()
    expect(world.offline).to.deep.equal([])
    expect(log.logEndOffset).to.equal(endOf(model))
    log.setHighWatermark(log.logEndOffset)
    const { producers, aborted } = producersOf(model)
    const known = new Map(log.activeProducers().map((entry) => [entry.producerId, entry]))
    expect([...known.keys()].sort()).to.deep.equal([...producers.keys()].sort())
    for (const [producerId, { epoch, coordinatorEpoch, openFrom, batches }] of producers) {
      const entry = known.get(producerId)
      const last = entry?.batches.at(-1)
      expect({
        epoch: entry?.producerEpoch,
        coordinatorEpoch: entry?.coordinatorEpoch,
        openFrom: entry?.currentTransactionFirstOffset,
        lastSequence: last?.lastSequence,
        lastOffset: last?.lastOffset,
      }).to.deep.equal({
        epoch,
        coordinatorEpoch,
        openFrom,
        lastSequence: batches.at(-1)?.lastSequence,
        lastOffset: batches.at(-1)?.lastOffset,
      })
    }
    const open = [...producers.values()].map(({ openFrom }) => openFrom).filter((offset) => offset >= 0)
    expect(log.lastStableOffset).to.equal(Math.min(endOf(model), ...open))
    // A read ends with its segment, and tells of what concerns it.
    const found = new Map<number, Aborted>()
    for (let offset = 0; offset < log.logEndOffset;) {
      const slice = await world.read(log, offset, { withAborted: true })
      for (const { producerId, firstOffset, lastOffset } of slice.abortedTransactions ?? [])
        found.set(lastOffset, { producerId, firstOffset, lastOffset })
      offset = slice.nextOffset
    }
    expect([...found.values()].sort((a, b) => a.lastOffset - b.lastOffset)).to.deep.equal(aborted)
  }

  abstract act(model: Model, real: Real): Promise<void>
  abstract toString(): string
}

/** What a leader makes of a batch; `duplicate-or-gap` where it may have forgotten. */
type Verdict = 'append' | 'duplicate' | 'duplicate-or-gap' | ErrorName

class Produce extends Command {
  private readonly producerId: number
  private readonly kind: 'next' | 'repeat' | 'gap' | 'new epoch' | 'new epoch, gap' | 'old epoch'
  private readonly count: number
  private readonly isTransactional: boolean
  private readonly back: number

  constructor(
    producerId: number,
    kind: Produce['kind'],
    count: number,
    isTransactional: boolean,
    back: number,
  ) {
    super()
    this.producerId = producerId
    this.kind = kind
    this.count = count
    this.isTransactional = isTransactional
    this.back = back
  }

  async act(model: Model, { world }: Real): Promise<void> {
    const { producerId } = this
    const producer = producersOf(model).producers.get(producerId)
    const batch = this.batch(producer)
    const verdict = this.judge(model, producer, batch)
    const log = world.log()
    const bytes = buildBatch(
      Array.from({ length: batch.count }, (_, i) => ({ value: `${i}`, timestamp: world.clock.nowMs() })),
      {
        producerId,
        producerEpoch: batch.epoch,
        baseSequence: batch.first,
        isTransactional: batch.isTransactional,
      },
    )
    let outcome: string
    let firstOffset = -1
    try {
      const result = log.appendAsLeader(bytes, { leaderEpoch: 0, origin: 'client' })
      outcome = result.isDuplicate ? 'duplicate' : 'append'
      firstOffset = result.firstOffset
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      outcome = error.error
    }
    if (verdict === 'duplicate-or-gap')
      expect(outcome).to.be.oneOf(['duplicate', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])
    else expect(outcome).to.equal(verdict)
    if (outcome === 'duplicate') {
      expect(producer?.batches.some((known) => known.firstOffset === firstOffset)).to.equal(true)
    }
    if (outcome !== 'append') return
    model.written.push({
      producerId,
      epoch: batch.epoch,
      firstOffset,
      lastOffset: firstOffset + batch.count - 1,
      firstSequence: batch.first,
      lastSequence: batch.first + batch.count - 1,
      isTransactional: batch.isTransactional,
      marker: null,
    })
    await world.settle()
  }

  private batch(producer: Producer | undefined): {
    epoch: number
    first: number
    count: number
    isTransactional: boolean
  } {
    const { count, isTransactional } = this
    const epoch = producer?.epoch ?? 0
    const next = (producer?.batches.at(-1)?.lastSequence ?? -1) + 1
    const known = producer?.batches.at(-this.back)
    switch (this.kind) {
      case 'next':
        return { epoch, first: next, count, isTransactional }
      case 'repeat':
        if (known === undefined) return { epoch, first: next, count, isTransactional }
        return {
          epoch,
          first: known.firstSequence,
          count: known.lastSequence - known.firstSequence + 1,
          isTransactional: known.isTransactional,
        }
      case 'gap':
        return { epoch, first: next + this.back, count, isTransactional }
      case 'new epoch':
        return { epoch: epoch + 1, first: 0, count, isTransactional }
      case 'new epoch, gap':
        return { epoch: epoch + 1, first: this.back, count, isTransactional }
      case 'old epoch':
        return { epoch: Math.max(0, epoch - 1), first: next, count, isTransactional }
    }
  }

  private judge(
    model: Model,
    producer: Producer | undefined,
    batch: { epoch: number; first: number; count: number; isTransactional: boolean },
  ): Verdict {
    if (producer === undefined) return 'append'
    const { batches } = producer
    const last = batch.first + batch.count - 1
    const at = batches.findLastIndex(
      (known) => known.firstSequence === batch.first && known.lastSequence === last,
    )
    if (batch.epoch === producer.epoch && at >= Math.max(0, batches.length - REMEMBERED)) {
      const isSure = at === batches.length - 1 || (batches[at] as Written).firstOffset >= model.seenFrom
      return isSure ? 'duplicate' : 'duplicate-or-gap'
    }
    if (batch.epoch < producer.epoch) return 'INVALID_PRODUCER_EPOCH'
    const next = batch.epoch > producer.epoch ? 0 : (batches.at(-1)?.lastSequence ?? -1) + 1
    if (batch.first !== next) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    return producer.openFrom >= 0 && !batch.isTransactional ? 'INVALID_TXN_STATE' : 'append'
  }

  toString(): string {
    const what = this.isTransactional ? 'in a transaction' : 'plain'
    return `produce(${this.producerId}, ${this.kind}, ${this.count}, ${what}, ${this.back})`
  }
}

class EndTransaction extends Command {
  private readonly producerId: number
  private readonly result: 'commit' | 'abort'
  private readonly epochStep: number
  private readonly coordinatorEpoch: number

  constructor(producerId: number, result: 'commit' | 'abort', epochStep: number, coordinatorEpoch: number) {
    super()
    this.producerId = producerId
    this.result = result
    this.epochStep = epochStep
    this.coordinatorEpoch = coordinatorEpoch
  }

  async act(model: Model, { world }: Real): Promise<void> {
    const { producerId, result, coordinatorEpoch } = this
    const producer = producersOf(model).producers.get(producerId)
    const epoch = Math.max(0, (producer?.epoch ?? 0) + this.epochStep)
    const verdict =
      producer === undefined
        ? 'append'
        : epoch < producer.epoch
          ? 'INVALID_PRODUCER_EPOCH'
          : coordinatorEpoch < producer.coordinatorEpoch
            ? 'TRANSACTION_COORDINATOR_FENCED'
            : 'append'
    const timestamp = world.clock.nowMs()
    const bytes = buildEndTransactionBatch({
      producerId,
      producerEpoch: epoch,
      result,
      coordinatorEpoch,
      timestamp,
    })
    try {
      const { firstOffset } = world.log().appendAsLeader(bytes, { leaderEpoch: 0, origin: 'coordinator' })
      expect(verdict).to.equal('append')
      model.written.push({
        producerId,
        epoch,
        firstOffset,
        lastOffset: firstOffset,
        firstSequence: -1,
        lastSequence: -1,
        isTransactional: true,
        marker: { result, coordinatorEpoch },
      })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      expect(error.error).to.equal(verdict)
    }
    await world.settle()
  }

  toString(): string {
    return `end(${this.producerId}, ${this.result}, epoch ${this.epochStep}, ${this.coordinatorEpoch})`
  }
}

class Truncate extends Command {
  private readonly where: number

  constructor(where: number) {
    super()
    this.where = where
  }

  async act(model: Model, { world }: Real): Promise<void> {
    // A follower cuts where a batch begins.
    const kept = Math.floor(this.where * (model.written.length + 1))
    const offset = model.written[kept]?.firstOffset ?? endOf(model)
    const cuts = offset < endOf(model)
    await world.run(world.log().truncateTo(offset))
    model.written = model.written.slice(0, kept)
    model.flushed = Math.min(model.flushed, offset)
    if (cuts) model.seenFrom = offset
  }

  toString(): string {
    return `truncate(${this.where.toFixed(3)})`
  }
}

class Flush extends Command {
  async act(model: Model, { world }: Real): Promise<void> {
    world.log().rollNow()
    await world.run(world.log().flush())
    model.flushed = endOf(model)
  }

  toString(): string {
    return 'roll and flush'
  }
}

class Restart extends Command {
  private readonly how: 'clean' | 'kill' | 'crash'
  private readonly losesSnapshots: boolean

  constructor(how: 'clean' | 'kill' | 'crash', losesSnapshots: boolean) {
    super()
    this.how = how
    this.losesSnapshots = losesSnapshots
  }

  async act(model: Model, { world }: Real): Promise<void> {
    if (this.how === 'clean') await world.restart()
    else {
      if (this.losesSnapshots) this.removeSnapshots(world)
      await (this.how === 'kill' ? world.killAndStart() : world.crashAndStart())
    }
    const { logEndOffset } = world.log()
    if (this.how !== 'crash') expect(logEndOffset).to.equal(endOf(model))
    expect(logEndOffset).to.be.at.least(model.flushed).and.at.most(endOf(model))
    model.written = model.written.filter(({ lastOffset }) => lastOffset < logEndOffset)
    model.seenFrom = logEndOffset
  }

  private removeSnapshots({ disk }: LogWorld): void {
    const folder = '/data/a/orders-0'
    if (disk.status(folder) === null) return
    for (const name of disk.list(folder)) if (name.endsWith('.snapshot')) disk.remove(`${folder}/${name}`)
  }

  toString(): string {
    return this.losesSnapshots ? `${this.how} without snapshots` : this.how
  }
}

const producerId = fc.constantFrom(...PRODUCERS)
const produce = fc
  .tuple(
    producerId,
    fc.constantFrom<Produce['kind']>(
      'next',
      'next',
      'next',
      'next',
      'repeat',
      'repeat',
      'gap',
      'new epoch',
      'new epoch, gap',
      'old epoch',
    ),
    fc.integer({ min: 1, max: 3 }),
    fc.boolean(),
    fc.integer({ min: 1, max: 6 }),
  )
  .map((values) => new Produce(...values))
const commands = fc.commands(
  [
    produce,
    produce,
    produce,
    fc
      .tuple(
        producerId,
        fc.constantFrom('commit' as const, 'abort' as const),
        fc.integer({ min: -1, max: 1 }),
        fc.integer({ min: 0, max: 2 }),
      )
      .map((values) => new EndTransaction(...values)),
    fc.double({ min: 0, max: 1, noNaN: true }).map((where) => new Truncate(where)),
    fc.constant(new Flush()),
    fc
      .tuple(fc.constantFrom('clean' as const, 'kill' as const, 'crash' as const), fc.boolean())
      .map((values) => new Restart(...values)),
  ],
  { maxCommands: 40, size: 'max' },
)

describe('the producers of a log, against the list of all they wrote', () => {
  it('are judged alike after snapshots, cuts, restarts and crashes', async function () {
    this.timeout(120_000)
    await fc.assert(
      fc.asyncProperty(
        commands,
        fc.integer({ min: 250, max: 2000 }),
        fc.nat(),
        async (sequence, segmentBytes, seed) => {
          const world = await new LogWorld({
            seed: `producers ${seed}`,
            config: { 'segment.bytes': segmentBytes, 'retention.ms': -1 },
          }).start()
          const model: Model = { written: [], flushed: 0, seenFrom: 0 }
          await fc.asyncModelRun(() => ({ model, real: { world } }), sequence)
          await world.stop()
          expect(world.disk.openFiles).to.equal(0)
        },
      ),
      { numRuns: Number(process.env['ZURAU_MODEL_RUNS'] ?? 60) },
    )
  })
})
