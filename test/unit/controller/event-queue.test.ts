import { expect } from 'chai'
import { EventQueue } from '../../../src/controller/event-queue.ts'
import type { ControllerEvent } from '../../../src/controller/events.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { deferred, type Deferred } from '../../../src/std/deferred.ts'
import { FakeClock } from '../../fakes/clock.ts'

class Bench {
  readonly clock = new FakeClock()
  readonly handled: string[] = []
  readonly waits: number[] = []
  /** The event being handled ends when this is resolved; null: at once. */
  gate: Deferred<void> | null = null
  readonly queue = new EventQueue({
    clock: this.clock,
    handle: async (event) => {
      this.handled.push(event.kind)
      await this.gate?.promise
      if ('reply' in event) event.reply.resolve(undefined as never)
    },
    onTaken: (_, waitedMs) => this.waits.push(waitedMs),
  })

  /** Puts a request; resolves to `done` or to its error. */
  ask(
    kind: 'ListPartitionReassignments' | 'ControlledShutdown' = 'ListPartitionReassignments',
  ): Promise<string> {
    return new Promise((resolve) => {
      const reply = {
        resolve: () => resolve('done'),
        reject: (error: Error) => resolve(error instanceof KafkaError ? error.error : String(error)),
      }
      this.queue.put(
        kind === 'ControlledShutdown'
          ? { kind, broker: 1 as BrokerId, brokerEpoch: null, reply }
          : { kind, partitions: null, reply },
      )
    })
  }
}

const topic = (name: string): ControllerEvent => ({ kind: 'PartitionModifications', topic: name })

describe('EventQueue', () => {
  it('handles events one at a time, in the order in which they came', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    for (const kind of ['Startup', 'BrokerChange', 'TopicChange'] as const) bench.queue.put({ kind })
    await bench.clock.advance(0)
    expect(bench.handled).to.deep.equal(['Startup'])
    expect(bench.queue.size).to.equal(2)
    bench.gate.resolve()
    await bench.queue.drained()
    expect(bench.handled).to.deep.equal(['Startup', 'BrokerChange', 'TopicChange'])
  })

  it('never handles an event inside the call that reports it', () => {
    const bench = new Bench()
    bench.queue.put({ kind: 'Startup' })
    expect(bench.handled).to.deep.equal([])
  })

  it('drops what only says "look again" while the same waits, not while it is being handled', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    bench.queue.put({ kind: 'TopicChange' })
    await bench.clock.advance(0)
    for (let time = 0; time < 3; time++) bench.queue.put({ kind: 'TopicChange' })
    for (const name of ['a', 'b', 'a']) bench.queue.put(topic(name))
    bench.gate.resolve()
    await bench.queue.drained()
    expect(bench.handled).to.deep.equal([
      'TopicChange',
      'TopicChange',
      'PartitionModifications',
      'PartitionModifications',
    ])
  })

  it('never drops a request', async () => {
    const bench = new Bench()
    expect(await Promise.all([bench.ask(), bench.ask()])).to.deep.equal(['done', 'done'])
  })

  it('says how long each event has waited', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    bench.queue.put({ kind: 'Startup' })
    await bench.clock.advance(0)
    bench.queue.put({ kind: 'TopicChange' })
    await bench.clock.advance(70)
    bench.gate.resolve()
    await bench.queue.drained()
    expect(bench.waits).to.deep.equal([0, 70])
  })

  it('answers what waits when it is preempted, and handles the new event next', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    const [running, waiting, shutdown] = [bench.ask(), bench.ask(), bench.ask('ControlledShutdown')]
    await bench.clock.advance(0)
    bench.queue.put({ kind: 'BrokerChange' })
    let isOver = false
    const preempted = bench.queue.preempt({ kind: 'Expire' }).then(() => (isOver = true))
    expect(await waiting).to.equal('NOT_CONTROLLER')
    expect(await shutdown).to.equal('STALE_CONTROLLER_EPOCH')
    expect(isOver).to.equal(false)
    bench.gate.resolve()
    await preempted
    expect(await running).to.equal('done')
    expect(bench.handled).to.deep.equal(['ListPartitionReassignments', 'Expire'])
  })

  it('lets an event that was preempted in its turn count as over', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    bench.queue.put({ kind: 'Startup' })
    await bench.clock.advance(0)
    const first = bench.queue.preempt({ kind: 'Expire' })
    const second = bench.queue.preempt({ kind: 'ShutDown' })
    await first
    bench.gate.resolve()
    await second
    expect(bench.handled).to.deep.equal(['Startup', 'ShutDown'])
  })

  it('coalesces anew after it was preempted', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    bench.queue.put({ kind: 'Startup' })
    await bench.clock.advance(0)
    bench.queue.put({ kind: 'TopicChange' })
    const preempted = bench.queue.preempt({ kind: 'Expire' })
    bench.queue.put({ kind: 'TopicChange' })
    bench.gate.resolve()
    await preempted
    await bench.queue.drained()
    expect(bench.handled).to.deep.equal(['Startup', 'Expire', 'TopicChange'])
  })

  it('refuses more requests than may wait, and takes new ones when there is room', async () => {
    const bench = new Bench()
    bench.gate = deferred()
    const asked = Array.from({ length: 10_001 }, () => bench.ask())
    await bench.clock.advance(0)
    // One is being handled by now.
    const [last, oneTooMany] = [bench.ask(), bench.ask()]
    expect(await asked[10_000]).to.equal('REQUEST_TIMED_OUT')
    expect(await oneTooMany).to.equal('REQUEST_TIMED_OUT')
    bench.gate.resolve()
    expect(await last).to.equal('done')
  })

  it('refuses everything after it was closed', async () => {
    const bench = new Bench()
    bench.queue.close()
    expect(await bench.ask()).to.equal('NOT_CONTROLLER')
    await bench.queue.preempt({ kind: 'Expire' })
    expect(bench.handled).to.deep.equal([])
  })
})
