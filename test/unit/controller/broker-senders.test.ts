import { expect } from 'chai'
import { type Answered, BrokerSenders, type ControlChannel } from '../../../src/controller/broker-senders.ts'
import type { BrokerRequest, ControlApi } from '../../../src/controller/request-batch.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import type { BrokerEpoch, BrokerId } from '../../../src/model/ids.ts'
import type { RequestInput, ResponseRead } from '../../../src/protocol/apis.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeLogger } from '../../fakes/logger.ts'

/** A channel whose calls the test settles by hand. */
class HandChannel implements ControlChannel {
  readonly name: string
  readonly calls: {
    readonly number: number
    readonly resolve: () => void
    readonly reject: (error: Error) => void
  }[] = []
  isClosed = false

  constructor(name: string) {
    this.name = name
  }

  call<Api extends ControlApi>(_: Api, __: number, request: RequestInput<Api>): Promise<ResponseRead<Api>> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        number: (request as BrokerRequest['request']).controllerEpoch,
        resolve: () => resolve({ errorCode: 0, topics: [], partitionErrors: [] } as never),
        reject,
      })
    })
  }

  close(): void {
    this.isClosed = true
    for (const call of this.calls) call.reject(new KafkaError('NETWORK_EXCEPTION', 'closed'))
  }
}

class Bench {
  readonly clock = new FakeClock()
  readonly logger = new FakeLogger()
  readonly channels: HandChannel[] = []
  readonly answers: Answered[] = []
  readonly resyncs: number[] = []
  readonly senders = new BrokerSenders({
    clock: this.clock,
    logger: this.logger,
    listenerName: 'CONTROL',
    open: (endpoint) => {
      const channel = new HandChannel(`${endpoint.host}:${endpoint.port}`)
      this.channels.push(channel)
      return channel
    },
    onAnswer: (answered) => this.answers.push(answered),
    onResync: (broker) => this.resyncs.push(broker),
    maxQueuedRequests: 4,
  })

  /** Requests are told apart by their controller epoch. */
  send(...numbers: number[]): void {
    for (const number of numbers) {
      const request: BrokerRequest = {
        broker: 1 as BrokerId,
        size: 1,
        api: 'UpdateMetadata',
        request: { controllerId: 0, controllerEpoch: number, liveBrokers: [] },
      }
      this.senders.send([request])
    }
  }

  stop(...numbers: number[]): void {
    for (const number of numbers) {
      const request = { controllerId: 0, controllerEpoch: number }
      this.senders.send([{ broker: 1 as BrokerId, size: 1, api: 'StopReplica', request }])
    }
  }

  get channel(): HandChannel {
    const channel = this.channels.at(-1)
    if (channel === undefined) throw new Error('no channel was opened')
    return channel
  }

  get sent(): number[] {
    return this.channels.flatMap((channel) => channel.calls.map(({ number }) => number))
  }

  get answered(): number[] {
    return this.answers.map(({ request }) => request.controllerEpoch)
  }

  async settle(ms = 0): Promise<void> {
    await this.clock.advance(ms)
  }
}

const broker = (port: number, listenerName = 'CONTROL') => ({
  id: 1 as BrokerId,
  epoch: 1 as BrokerEpoch,
  info: {
    endpoints: [{ listenerName, securityProtocol: 'PLAINTEXT' as const, host: 'h', port }],
    rack: null,
    features: new Map(),
    jmxPort: -1,
    timestampMs: 0,
  },
})

describe('BrokerSenders', () => {
  it('has one request in flight, and sends the next when that is answered', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2, 3)
    await bench.settle()
    expect(bench.sent).to.deep.equal([1])
    bench.channel.calls[0]?.resolve()
    await bench.settle()
    expect(bench.sent).to.deep.equal([1, 2])
    expect(bench.answered).to.deep.equal([1])
    expect([...bench.senders.queueSizes()]).to.deep.equal([[1, 2]])
  })

  it('repeats a request every 100 ms until it is answered, before any later one', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2)
    for (let attempt = 0; attempt < 5; attempt++) {
      await bench.settle()
      bench.channel.calls.at(-1)?.reject(new KafkaError('NETWORK_EXCEPTION', 'refused'))
      await bench.settle(99)
      expect(bench.sent).to.have.lengthOf(attempt + 1)
      await bench.settle(1)
    }
    expect(bench.sent).to.deep.equal([1, 1, 1, 1, 1, 1])
    bench.channel.calls.at(-1)?.resolve()
    await bench.settle()
    expect(bench.sent.at(-1)).to.equal(2)
    // One line for the whole row of failures.
    expect(bench.logger.messages('warn')).to.have.lengthOf(1)
  })

  it('forgets what waits when the broker is gone, and hears no answer any more', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2)
    await bench.settle()
    const [call] = bench.channel.calls
    bench.senders.remove(1 as BrokerId)
    call?.resolve()
    await bench.settle(1000)
    expect(bench.channel.isClosed).to.equal(true)
    expect(bench.sent).to.deep.equal([1])
    expect(bench.answered).to.deep.equal([])
  })

  it('stops repeating when it is closed during a pause', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1)
    await bench.settle()
    bench.channel.calls[0]?.reject(new KafkaError('REQUEST_TIMED_OUT', 'silence'))
    await bench.settle(50)
    bench.senders.close()
    await bench.settle(1000)
    expect(bench.sent).to.deep.equal([1])
    expect(bench.clock.pendingTimers).to.equal(0)
  })

  it('sends nothing to a broker that it was not told of', async () => {
    const bench = new Bench()
    bench.send(1)
    await bench.settle()
    expect(bench.channels).to.deep.equal([])
  })

  it('drops a queue that has run full, and asks for a fresh start when the broker answers again', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2, 3, 4, 5, 6, 7)
    await bench.settle()
    expect([...bench.senders.queueSizes()]).to.deep.equal([[1, 1]])
    expect(bench.resyncs).to.deep.equal([])
    bench.channel.calls[0]?.resolve()
    await bench.settle()
    expect(bench.resyncs).to.deep.equal([1])
    bench.send(8)
    await bench.settle()
    expect(bench.sent).to.deep.equal([1, 8])
  })

  it('keeps orders to stop when it drops the rest, for nothing makes up for them', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2)
    bench.stop(3)
    bench.send(4, 5, 6)
    bench.stop(7)
    await bench.settle()
    for (let call = 0; call < 3; call++) {
      bench.channel.calls.at(-1)?.resolve()
      await bench.settle()
    }
    expect(bench.sent).to.deep.equal([1, 3, 7])
    expect(bench.resyncs).to.deep.equal([1])
    bench.stop(...Array.from({ length: 9 }, (_, number) => number + 10))
    await bench.settle()
    expect([...bench.senders.queueSizes()]).to.not.deep.equal([[1, 9]])
  })

  it('gives up a request that cannot be encoded, and goes on', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1, 2)
    await bench.settle()
    bench.channel.calls[0]?.reject(new RangeError('4294967296 is no int32'))
    await bench.settle()
    expect(bench.sent).to.deep.equal([1, 2])
    expect(bench.answered).to.deep.equal([])
    expect(bench.logger.messages('error')).to.have.lengthOf(1)
  })

  it('repeats the request at the new endpoint of a broker that has moved', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1)
    await bench.settle()
    bench.senders.update(broker(2))
    await bench.settle(100)
    expect(bench.channels.map(({ name, isClosed }) => [name, isClosed])).to.deep.equal([
      ['h:1', true],
      ['h:2', false],
    ])
    expect(bench.sent).to.deep.equal([1, 1])
  })

  it('keeps the connection when only other endpoints have changed', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1))
    bench.send(1)
    await bench.settle()
    bench.senders.update(broker(1))
    expect(bench.channel.isClosed).to.equal(false)
  })

  it('has nothing to say to a broker without the listener, until it has one', async () => {
    const bench = new Bench()
    bench.senders.add(broker(1, 'OTHER'))
    expect(bench.logger.messages('error')).to.deep.equal([
      'Broker 1 has no endpoint with listener name CONTROL: it cannot be controlled',
    ])
    bench.send(1)
    await bench.settle()
    expect(bench.channels).to.deep.equal([])
    bench.senders.update(broker(1))
    expect(bench.resyncs).to.deep.equal([1])
  })
})
