import { expect } from 'chai'
import { NumberProducer, NumberReader, hasKcat } from '../support/numbered-records.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const TOPIC = 'orders'
const SESSION_MS = 6000
/** What a machine that does other things too may take to see a session end and to elect. */
const ELECTION_MS = 1000
/** Longer than the session of a broker that is stopped lasts. */
const PAUSE_MS = 20_000

/** Three brokers of ours as processes on a real ZooKeeper: who takes over, and when. */
describe('a cluster of three brokers', function () {
  if (!hasKcat('failovers under load')) {
    it.skip('needs kcat')
    return
  }
  this.timeout(90_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster
  let load: Load | null = null

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 500 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau', 2: 'zurau', 3: 'zurau' },
      zooKeeper: `${zooKeeper.connectString}/failover`,
      properties: {
        'zookeeper.session.timeout.ms': String(SESSION_MS),
        'min.insync.replicas': '2',
        'auto.leader.rebalance.enable': 'false',
        'replica.lag.time.max.ms': '5000',
      },
    })
    await cluster.createTopic(TOPIC, { partitions: 6, replicas: 3 })
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(cluster.diagnosis())
    load?.kill()
    load = null
    // Every test begins with three brokers in sync.
    for (const id of cluster.ids) if (!cluster.isUp(id)) await cluster.up(id)
    await cluster.inSync(TOPIC, 3)
  })
  after(async () => {
    await cluster.stop()
    await zooKeeper.stop()
  })

  async function controllerNow(): Promise<number> {
    const controller = await cluster.controller()
    if (controller === null) throw new Error('there is no controller')
    return controller
  }

  /** Waits for another controller than this one; returns how long it took. */
  async function otherController(than: number, withinMs: number): Promise<number> {
    const startMs = performance.now()
    await until(
      async () => ![null, than].includes(await cluster.controller()),
      `another controller than ${than}`,
      withinMs,
    )
    return performance.now() - startMs
  }

  function startLoad(topic: string, partitions: number): Promise<Load> {
    load = new Load(cluster, topic, partitions)
    return load.isFlowing().then(() => load as Load)
  }

  it('has another controller within the session timeout when one is killed, one epoch later', async () => {
    const [old, epoch] = [await controllerNow(), await cluster.controllerEpoch()]
    const flow = await startLoad(TOPIC, 6)
    await cluster.kill(old)
    const tookMs = await otherController(old, SESSION_MS + ELECTION_MS)
    expect(await cluster.controllerEpoch()).to.equal(epoch + 1)
    await until(
      async () => (await cluster.states(TOPIC)).every(({ leader }) => leader !== old && leader > 0),
      'others lead what it led',
    )
    await flow.isFlowing()
    console.log(
      `      another controller after ${Math.round(tookMs)} ms, writes silent for ${flow.silenceMs} ms`,
    )
    await cluster.up(old)
    await cluster.inSync(TOPIC, 3)
    await flow.mustBeWhole()
  })

  it('has its old controller resign and register again after a long stop', async () => {
    const [old, epoch] = [await controllerNow(), await cluster.controllerEpoch()]
    const flow = await startLoad(TOPIC, 6)
    cluster.pause(old)
    await Promise.all([
      otherController(old, SESSION_MS + ELECTION_MS),
      new Promise((done) => setTimeout(done, PAUSE_MS)),
    ])
    expect(await cluster.liveBrokers()).to.not.include(old)
    cluster.resume(old)
    await until(async () => (await cluster.liveBrokers()).includes(old), 'it is registered again', 15_000)
    await until(() => cluster.process(old).log.includes('is not the controller any more'), 'it resigned')
    await cluster.inSync(TOPIC, 3)
    expect(await controllerNow()).to.not.equal(old)
    expect(await cluster.controllerEpoch()).to.equal(epoch + 1)
    await flow.mustBeWhole()
    console.log(`      writes silent for ${flow.silenceMs} ms at most`)
  })

  it('hands leadership away when a broker is told to end', async () => {
    const flow = await startLoad(TOPIC, 6)
    for (const id of cluster.ids) {
      flow.forgetSilence()
      const tookMs = await cluster.down(id)
      const states = await cluster.states(TOPIC)
      expect(states.every(({ leader, isr }) => leader !== id && leader > 0 && !isr.includes(id))).to.equal(
        true,
      )
      expect(await cluster.liveBrokers()).to.not.include(id)
      await cluster.up(id)
      await cluster.inSync(TOPIC, 3)
      await flow.isFlowing()
      console.log(
        `      broker ${id} ended in ${Math.round(tookMs)} ms, writes silent for ${flow.silenceMs} ms`,
      )
    }
    await flow.mustBeWhole()
  })

  it('elects again when somebody deletes /controller', async () => {
    const epoch = await cluster.controllerEpoch()
    const flow = await startLoad(TOPIC, 6)
    await (await cluster.zk()).delete('/controller', -1)
    await until(
      async () => (await cluster.controllerEpoch()) === epoch + 1,
      'the epoch has grown by one',
      5000,
    )
    const controller = await controllerNow()
    await until(
      () =>
        cluster
          .process(controller)
          .log.includes(`Broker ${controller} is the controller, epoch ${epoch + 1}`),
      'the elected one is in office',
    )
    await cluster.createTopic('after-deletion', { partitions: 3, replicas: 3 })
    await flow.mustBeWhole()
  })

  it('goes on producing and fetching while ZooKeeper is away, and works as before when it is back', async () => {
    const flow = await startLoad(TOPIC, 6)
    await zooKeeper.kill(1)
    const before = flow.readCount
    // Twice as long as sessions last, records go on with the leaders that are known.
    const endMs = performance.now() + 2 * SESSION_MS
    await until(
      () => performance.now() > endMs && flow.readCount > before + 1000,
      'records go on',
      3 * SESSION_MS,
    )
    flow.assertSilenceBelow(3000)
    await zooKeeper.up(1)
    await until(async () => (await cluster.liveBrokers()).length === 3, 'all brokers are registered', 30_000)
    await until(async () => (await cluster.controller()) !== null, 'there is a controller')
    await cluster.inSync(TOPIC, 3)
    await cluster.createTopic('after-silence', { partitions: 3, replicas: 3 })
    await flow.mustBeWhole()
  })
})

/** A producer and a reader beside each other. */
class Load {
  private readonly producer: NumberProducer
  private readonly reader: NumberReader
  private longestMs = 0

  constructor(cluster: RealCluster, topic: string, partitions: number) {
    const what = { bootstrap: cluster.bootstrap, topic, partitions }
    this.producer = new NumberProducer(what)
    this.reader = new NumberReader({ ...what, run: this.producer.run })
  }

  get readCount(): number {
    return this.reader.count
  }

  get silenceMs(): number {
    this.longestMs = Math.max(this.longestMs, this.reader.takeSilence())
    return this.longestMs
  }

  forgetSilence(): void {
    this.reader.takeSilence()
    this.longestMs = 0
  }

  assertSilenceBelow(limitMs: number): void {
    expect(this.silenceMs, 'longest silence in ms').to.be.below(limitMs)
  }

  async isFlowing(): Promise<void> {
    const before = this.reader.count
    await until(
      () => this.reader.count > before + 100,
      () => `records go on: ${this.words}`,
    )
  }

  /** Everything that was acknowledged is read, once and in order. */
  async mustBeWhole(): Promise<void> {
    const written = await this.producer.finish()
    await until(() => this.reader.count >= written, `all ${written} records are read`)
    const wanted = { lost: 0, duplicated: 0, reordered: 0, gaps: 0, read: written }
    expect(this.reader.verdict(written)).to.include(wanted)
  }

  kill(): void {
    this.producer.kill()
    this.reader.kill()
  }

  private get words(): string {
    return `${this.producer.count} written, ${this.producer.words.slice(-800)} ${this.reader.words.slice(-800)}`
  }
}
