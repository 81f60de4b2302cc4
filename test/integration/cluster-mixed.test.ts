import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { kafkaJars } from '../support/broker-command.ts'
import { hasKcat, NumberProducer, NumberReader } from '../support/numbered-records.ts'
import { RealCluster, type BrokerKind } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const WHO = 'Kafka and Zürau in one cluster'
const jars = kafkaJars(WHO)
const TOPIC = 'mixed'
const PARTITIONS = 6

/**
 * Brokers of both kinds on one ensemble: whoever is the controller, whoever leads, the other kind obeys and copies. The
 * whole cluster is exchanged one broker at a time while a producer and a reader go on, and then exchanged back.
 */
describe('a cluster of Kafka and Zürau', function () {
  if (jars === null || !hasKcat(WHO)) {
    it.skip('needs a Kafka and kcat')
    return
  }
  this.timeout(400_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster | null = null
  let producer: NumberProducer | null = null
  let reader: NumberReader | null = null

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 1000 })
  })
  after(() => zooKeeper.stop())
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') {
      console.log(cluster?.diagnosis())
      console.log('producer:', producer?.count, producer?.words.slice(-1500))
      console.log('reader:', reader?.count, reader?.words.slice(-1500))
      console.log('so far:', reader?.verdict(producer?.count ?? 0))
    }
    producer?.kill()
    reader?.kill()
    await cluster?.stop()
  })

  /** Who did what, so that the test can say what it has seen. */
  interface Company {
    readonly controller: BrokerKind
    readonly kafkas: number
    readonly leads: ReadonlySet<BrokerKind>
  }

  async function company(running: RealCluster): Promise<Company> {
    const controller = await running.controller()
    if (controller === null) throw new Error('there is no controller')
    const states = await running.states(TOPIC)
    return {
      controller: running.kindOf(controller),
      kafkas: running.ids.filter((id) => running.kindOf(id) === 'kafka').length,
      leads: new Set(states.map(({ leader }) => running.kindOf(leader))),
    }
  }

  /** Exchanges a broker, and waits until it is in sync and leads what it should. */
  async function exchange(running: RealCluster, id: number, kind: BrokerKind): Promise<void> {
    await running.down(id)
    await running.up(id, kind)
    await running.inSync(TOPIC, 3)
    await running.electPreferred()
    await until(
      async () => new Set((await running.states(TOPIC)).map(({ leader }) => leader)).size === 3,
      'all three brokers lead partitions',
    )
  }

  /** The controller last: so that it has the others of the other kind under it. */
  async function inOrder(running: RealCluster): Promise<number[]> {
    const controller = await running.controller()
    return [...running.ids].sort((one, other) => Number(one === controller) - Number(other === controller))
  }

  function logsOf(running: RealCluster, id: number): string[] {
    return Array.from({ length: PARTITIONS }, (_, partition) =>
      createHash('sha256')
        .update(running.logBytes(id, TOPIC, partition))
        .digest('hex'),
    )
  }

  it('is rolled from all Kafka to all Zürau and back, and nothing is lost, doubled or out of order', async () => {
    const running = await RealCluster.start({
      brokers: { 1: 'kafka', 2: 'kafka', 3: 'kafka' },
      zooKeeper: `${zooKeeper.connectString}/mixed`,
      jars,
      properties: {
        'zookeeper.session.timeout.ms': '18000',
        'min.insync.replicas': '2',
        'auto.leader.rebalance.enable': 'false',
      },
    })
    cluster = running
    await running.createTopic(TOPIC, { partitions: PARTITIONS, replicas: 3 })
    const what = { bootstrap: running.bootstrap, topic: TOPIC, partitions: PARTITIONS }
    const writing = (producer = new NumberProducer(what))
    const reading = (reader = new NumberReader({ ...what, run: writing.run }))
    const seen: Company[] = []
    for (const kind of ['zurau', 'kafka'] as const) {
      for (const id of await inOrder(running)) {
        const before = reading.count
        await exchange(running, id, kind)
        await until(() => reading.count > before + 200, `records go on after broker ${id} became ${kind}`)
        seen.push(await company(running))
        console.log(
          `      broker ${id} became ${kind}: nothing to read for ${reading.takeSilence()} ms at most`,
        )
      }
    }
    const written = await writing.finish()
    await until(() => reading.count >= written, `all ${written} records are read`)

    const verdict = reading.verdict(written)
    expect(verdict).to.include({ lost: 0, duplicated: 0, reordered: 0, gaps: 0, read: written })
    expect(
      seen.map(({ controller, kafkas }) => `${kafkas} Kafka, controller ${controller}`),
    ).to.include.members([
      '2 Kafka, controller kafka',
      '1 Kafka, controller kafka',
      '1 Kafka, controller zurau',
      '2 Kafka, controller zurau',
    ])
    const mixed = seen.filter(({ kafkas }) => kafkas > 0 && kafkas < 3)
    for (const { leads } of mixed) expect([...leads]).to.have.members(['kafka', 'zurau'])
    for (const id of [2, 3]) expect(logsOf(running, id)).to.deep.equal(logsOf(running, 1))
  })
})
