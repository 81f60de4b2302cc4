import { expect } from 'chai'
import { resolve } from 'node:path'
import { ClusterAdmin } from '../../src/client/cluster-admin.ts'
import { ClusterClient } from '../../src/client/cluster-client.ts'
import { Consumer } from '../../src/client/consumer.ts'
import { Producer } from '../../src/client/producer.ts'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { NodeNetwork } from '../../src/platform/node/node-network.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import type { CompressionType } from '../../src/records/compression/codec.ts'
import { RealKafka } from '../support/real-kafka.ts'
import { shared } from '../support/shared.ts'

const script = shared('peer/kafka.sh', "one broker on the other's directories")
const root = resolve(import.meta.dirname, '..', '..')
/** Zürau as it stands in the tree, or what ZURAU_COMMAND names. */
const zurau = process.env['ZURAU_COMMAND'] ?? `${process.execPath} --import tsx ${root}/src/main.ts start`
const CODECS: readonly CompressionType[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const PER_CODEC = 60
const COMPACTED = 'kept-by-key'
const TIMEOUT_MS = 60_000

/** All that is written, by topic: what must be read again, whoever serves it. */
type Ledger = Map<string, string[]>

describe("one broker on the other's directories and ZooKeeper", function () {
  if (script === null) {
    it.skip('needs kafka.sh')
    return
  }
  this.timeout(400_000)
  let kafka: RealKafka
  const ledger: Ledger = new Map()

  before(async () => {
    kafka = await RealKafka.prepare(script)
  })
  after(() => kafka.close())

  async function withClient<T>(act: (client: ClusterClient) => Promise<T>): Promise<T> {
    const client = new ClusterClient({
      clock: new NodeClock(),
      network: new NodeNetwork(),
      bootstrap: [{ host: '127.0.0.1', port: kafka.port }],
      clientId: 'swap',
      requestTimeoutMs: 15_000,
    })
    try {
      return await act(client)
    } finally {
      client.close()
    }
  }

  async function createTopics(): Promise<void> {
    await withClient(async (client) => {
      const admin = new ClusterAdmin({ client, timeoutMs: TIMEOUT_MS })
      const common = { partitions: 1, replicationFactor: 1 }
      for (const codec of CODECS)
        await admin.createTopic({ name: codec, ...common, configs: { 'segment.bytes': '4000' } })
      await admin.createTopic({
        name: COMPACTED,
        ...common,
        configs: {
          'cleanup.policy': 'compact',
          'segment.bytes': '2000',
          'min.cleanable.dirty.ratio': '0.01',
        },
      })
    })
  }

  /** Idempotent, several segments a topic, every codec; `who` wrote it. */
  async function write(who: string): Promise<void> {
    await withClient(async (client) => {
      for (const topic of [...CODECS, COMPACTED]) {
        const compression = topic === COMPACTED ? 'none' : (topic as CompressionType)
        const producer = new Producer({
          client,
          random: new NodeRandom(),
          compression,
          lingerMs: 0,
          batchBytes: 600,
        })
        const sent: Promise<unknown>[] = []
        for (let i = 0; i < PER_CODEC; i++) {
          const key = `k${i % 7}`
          const value = `${who} ${i} `.padEnd(120, '.')
          sent.push(producer.send({ topic, partition: 0, key, value }))
          ledger.set(topic, [...(ledger.get(topic) ?? []), `${key}=${value}`])
        }
        await producer.flush()
        await Promise.all(sent)
        producer.close()
      }
    })
  }

  async function readAll(topic: string): Promise<string[]> {
    return withClient(async (client) => {
      const consumer = new Consumer({ client, maxWaitMs: 200 })
      await consumer.assign([{ topic, partition: 0, from: { kind: 'earliest' } }])
      const wanted = (ledger.get(topic) ?? []).length
      const found: string[] = []
      let lastOffset = -1
      while (lastOffset < wanted - 1) {
        for (const { offset, key, value } of await consumer.poll(TIMEOUT_MS)) {
          found.push(`${String(key)}=${String(value)}`)
          lastOffset = offset
        }
      }
      consumer.close()
      return found
    })
  }

  async function expectAll(): Promise<void> {
    for (const codec of CODECS) expect(await readAll(codec), codec).to.deep.equal(ledger.get(codec))
    const newest = new Map((ledger.get(COMPACTED) ?? []).map((line) => [line.split('=')[0], line]))
    const kept = new Map((await readAll(COMPACTED)).map((line) => [line.split('=')[0], line]))
    expect(kept).to.deep.equal(newest)
  }

  it('serves every record, stopped clean or killed, in both directions', async () => {
    await kafka.start(['zookeeper.session.timeout.ms=4000', 'log.cleaner.backoff.ms=500'])
    await createTopics()
    await write('Kafka')
    const turns = [
      { end: 'stop', next: 'Zürau' },
      { end: 'kill', next: 'Kafka' },
      { end: 'kill', next: 'Zürau' },
      { end: 'stop', next: 'Kafka' },
    ] as const
    for (const { end, next } of turns) {
      await (end === 'stop' ? kafka.stop() : kafka.kill())
      await kafka.startOnRemains(next === 'Kafka' ? '' : zurau)
      await expectAll()
      await write(next)
      await expectAll()
    }
  })
})
