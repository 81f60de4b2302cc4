import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PartitionAdmin, type Reassignment } from '../../src/client/partition-admin.ts'
import { hasKcat } from '../support/numbered-records.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const RECORD_BYTES = 10_000
const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const REASSIGN = '/admin/reassign_partitions'
const ELECT = '/admin/preferred_replica_election'

/** What operators do to a cluster of three brokers of ours, as processes on a real ZooKeeper. */
describe('operations on a cluster of three brokers', function () {
  if (!hasKcat('operations on real processes')) {
    it.skip('needs kcat')
    return
  }
  this.timeout(90_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster
  let partitions: PartitionAdmin

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 500 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau', 2: 'zurau', 3: 'zurau' },
      zooKeeper: `${zooKeeper.connectString}/operations`,
      properties: { 'auto.leader.rebalance.enable': 'false', 'replica.lag.time.max.ms': '5000' },
    })
    partitions = new PartitionAdmin({ client: cluster.client, timeoutMs: 20_000 })
  })
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') console.log(cluster.diagnosis())
    for (const id of cluster.ids) if (!cluster.isUp(id)) await cluster.up(id)
    await throttle(null)
  })
  after(async () => {
    await cluster.stop()
    await zooKeeper.stop()
  })

  /** A topic of one partition. */
  async function create(
    name: string,
    replicas: readonly number[],
    configs: Record<string, string> = {},
  ): Promise<void> {
    const topic = { name, partitions: null, replicationFactor: null, configs, assignment: [replicas] }
    await cluster.admin.createTopic(topic)
    await cluster.inSync(name, replicas.length)
  }

  /** Writes so many records of 10 kB that do not compress, each acknowledged by whoever is in sync. */
  async function write(topic: string, count: number): Promise<void> {
    const settings = ['acks=all', 'batch.size=200000', 'message.timeout.ms=20000']
    const args = [
      '-P',
      '-b',
      cluster.bootstrap,
      '-t',
      topic,
      '-p',
      '0',
      ...settings.flatMap((one) => ['-X', one]),
    ]
    const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] })
    let words = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text))
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.stdin.end(
      Array.from({ length: count }, (_, i) => `${String(i).padStart(RECORD_BYTES, '.')}\n`).join(''),
    )
    const code = await exited
    if (code !== 0 || /Delivery failed/.test(words))
      throw new Error(`not written, ${code}: ${words.slice(-800)}`)
  }

  /** Sets the rate of every broker, or takes it back; returns when each of them says so. */
  async function throttle(bytesPerSecond: number | null): Promise<void> {
    for (const id of cluster.ids) {
      const broker = { type: 'broker' as const, name: String(id) }
      const value = bytesPerSecond === null ? null : String(bytesPerSecond)
      const operation = value === null ? ('delete' as const) : ('set' as const)
      await cluster.admin.alterConfigs(
        broker,
        RATES.map((key) => ({ key, operation, value })),
      )
    }
  }

  async function throttleReplicas(topic: string, sending: string, receiving: string): Promise<void> {
    await cluster.admin.alterConfigs({ type: 'topic', name: topic }, [
      { key: 'leader.replication.throttled.replicas', operation: 'set', value: sending },
      { key: 'follower.replication.throttled.replicas', operation: 'set', value: receiving },
    ])
  }

  async function replicasOf(topic: string): Promise<number[]> {
    const znode = await cluster.znode<{ partitions: Record<string, number[]> }>(`/brokers/topics/${topic}`)
    return znode?.value.partitions['0'] ?? []
  }

  /** Waits until the partition is where it should be, and nothing moves any more. */
  async function settled(topic: string, replicas: readonly number[]): Promise<void> {
    let seen: unknown = null
    await until(
      async () => {
        const state = await cluster.partitionState(topic, 0)
        const under: Reassignment[] = await partitions.reassignments()
        seen = { replicas: await replicasOf(topic), isr: state?.isr, under }
        return (
          under.length === 0 &&
          String(await replicasOf(topic)) === String(replicas) &&
          String([...(state?.isr ?? [])].sort()) === String([...replicas].sort()) &&
          replicas.includes(state?.leader ?? -1)
        )
      },
      () => `${topic} is on ${replicas.join(',')} alone: ${JSON.stringify(seen)}`,
      40_000,
    )
  }

  const folderOf = (id: number, topic: string): string => join(cluster.dataOf(id), `${topic}-0`)

  function digestOf(id: number, topic: string): string {
    return createHash('sha256')
      .update(cluster.logBytes(id, topic, 0))
      .digest('hex')
  }

  /** Waits until the replicas hold the same bytes. */
  async function same(topic: string, ids: readonly number[]): Promise<void> {
    await until(
      () => new Set(ids.map((id) => digestOf(id, topic))).size === 1,
      `${topic} is the same on ${ids.join(',')}`,
    )
  }

  it('moves a partition no faster than the throttle, with all that is in it', async () => {
    await create('moved', [1, 2])
    await write('moved', 500)
    await throttleReplicas('moved', '0:1,0:2', '0:3')
    await throttle(1_000_000)
    const startMs = performance.now()
    const results = await partitions.reassign([{ topic: 'moved', partition: 0, replicas: [3, 2] }])
    expect(results.map(({ error }) => error)).to.deep.equal(['NONE'])
    await settled('moved', [3, 2])
    const tookMs = performance.now() - startMs
    // 5 MB, of which the last fetch and the first second are not held back.
    expect(tookMs).to.be.greaterThan(3000)
    await same('moved', [2, 3])
    expect(cluster.logBytes(3, 'moved', 0).length).to.be.greaterThan(500 * RECORD_BYTES)
    await until(() => !existsSync(folderOf(1, 'moved')), 'the old replica is gone')
    console.log(`      5 MB at 1 MB/s took ${Math.round(tookMs)} ms`)
  })

  it('cancels a move that is under way, and forgets what was copied', async () => {
    await create('kept', [1, 2])
    await write('kept', 300)
    await throttleReplicas('kept', '0:1,0:2', '0:3')
    await throttle(10_000)
    await partitions.reassign([{ topic: 'kept', partition: 0, replicas: [3, 2] }])
    await until(() => existsSync(folderOf(3, 'kept')), 'broker 3 has begun')
    expect(await partitions.reassignments()).to.deep.equal([
      { topic: 'kept', partition: 0, replicas: [3, 2, 1], adding: [3], removing: [1] },
    ])
    const results = await partitions.reassign([{ topic: 'kept', partition: 0, replicas: null }])
    expect(results.map(({ error }) => error)).to.deep.equal(['NONE'])
    await settled('kept', [2, 1])
    await until(() => !existsSync(folderOf(3, 'kept')), 'what was copied is gone')
    await same('kept', [1, 2])
  })

  it('moves partitions as /admin/reassign_partitions says, and removes the order', async () => {
    await create('ordered', [1, 2])
    await write('ordered', 20)
    const order = { version: 1, partitions: [{ topic: 'ordered', partition: 0, replicas: [2, 3] }] }
    await (await cluster.zk()).create(REASSIGN, Buffer.from(JSON.stringify(order)))
    await settled('ordered', [2, 3])
    await until(async () => (await cluster.znode(REASSIGN)) === null, 'the order is removed')
    await same('ordered', [2, 3])
  })

  it('takes an order of ZooKeeper back when the API cancels it', async () => {
    await create('recalled', [1, 2])
    await write('recalled', 300)
    await throttleReplicas('recalled', '0:1,0:2', '0:3')
    await throttle(10_000)
    const order = { version: 1, partitions: [{ topic: 'recalled', partition: 0, replicas: [1, 3] }] }
    await (await cluster.zk()).create(REASSIGN, Buffer.from(JSON.stringify(order)))
    await until(async () => (await partitions.reassignments()).length === 1, 'it is under way')
    await partitions.reassign([{ topic: 'recalled', partition: 0, replicas: null }])
    await settled('recalled', [1, 2])
    expect(await cluster.znode(REASSIGN)).to.equal(null)
  })

  it('elects preferred leaders as /admin/preferred_replica_election says, and removes the order', async () => {
    await create('preferred', [3, 1, 2])
    await cluster.down(3)
    await cluster.up(3)
    await cluster.inSync('preferred', 3)
    expect((await cluster.partitionState('preferred', 0))?.leader).to.not.equal(3)
    const order = { version: 1, partitions: [{ topic: 'preferred', partition: 0 }] }
    await (await cluster.zk()).create(ELECT, Buffer.from(JSON.stringify(order)))
    await until(async () => (await cluster.partitionState('preferred', 0))?.leader === 3, 'broker 3 leads')
    await until(async () => (await cluster.znode(ELECT)) === null, 'the order is removed')
  })

  it('has no leader rather than one that lacks records, until an unclean election is allowed', async () => {
    for (const topic of ['by-setting', 'by-request']) {
      await create(topic, [2, 3], { 'min.insync.replicas': '1' })
      await write(topic, 5)
    }
    await cluster.down(3)
    for (const topic of ['by-setting', 'by-request']) {
      await until(async () => (await cluster.partitionState(topic, 0))?.isr.length === 1, 'only 2 is in sync')
      await write(topic, 5)
    }
    await cluster.kill(2)
    const leaderOf = async (topic: string): Promise<number> =>
      (await cluster.partitionState(topic, 0))?.leader ?? -2
    for (const topic of ['by-setting', 'by-request'])
      await until(async () => (await leaderOf(topic)) === -1, `${topic} has no leader`)
    await cluster.up(3)
    const setting = { key: 'unclean.leader.election.enable', operation: 'set' as const, value: 'true' }
    await cluster.admin.alterConfigs({ type: 'topic', name: 'by-setting' }, [setting])
    await until(async () => (await leaderOf('by-setting')) === 3, 'the setting elects broker 3')
    expect(await leaderOf('by-request')).to.equal(-1)
    const elected = await partitions.electLeaders([{ topic: 'by-request', partition: 0 }], { unclean: true })
    expect(elected.map(({ error }) => error)).to.deep.equal(['NONE'])
    expect(await leaderOf('by-request')).to.equal(3)
    // What only broker 2 had is lost, and goes there too.
    await cluster.up(2)
    for (const topic of ['by-setting', 'by-request']) {
      await cluster.inSync(topic, 2)
      await write(topic, 5)
      await same(topic, [2, 3])
      expect(cluster.logBytes(3, topic, 0).length).to.be.within(10 * RECORD_BYTES, 12 * RECORD_BYTES)
    }
  })

  it('deletes a topic whose replica is dead as soon as that is back', async () => {
    await create('condemned', [2, 3])
    await write('condemned', 5)
    await cluster.down(3)
    await (await cluster.zk()).create('/admin/delete_topics/condemned', null)
    await until(() => !existsSync(folderOf(2, 'condemned')), 'the living replica is gone')
    expect(await cluster.znode('/brokers/topics/condemned')).to.not.equal(null)
    expect(existsSync(folderOf(3, 'condemned'))).to.equal(true)
    await cluster.up(3)
    const children = async (path: string): Promise<string[]> =>
      (await (await cluster.zk()).children(path)) ?? []
    await until(
      async () =>
        !(await children('/brokers/topics')).includes('condemned') &&
        !(await children('/admin/delete_topics')).includes('condemned'),
      'the topic is gone',
    )
    await until(() => !existsSync(folderOf(3, 'condemned')), 'the replica that was dead is gone')
  })
})

/** With the timer, which the other tests could not do with. */
describe('a cluster that balances leadership', function () {
  this.timeout(90_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 500 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau', 2: 'zurau' },
      zooKeeper: `${zooKeeper.connectString}/balance`,
      properties: {
        'leader.imbalance.check.interval.seconds': '1',
        'leader.imbalance.per.broker.percentage': '0',
      },
    })
  })
  after(async () => {
    await cluster.stop()
    await zooKeeper.stop()
  })

  it('gives leadership back by itself to a broker that is back', async () => {
    await cluster.createTopic('balanced', { partitions: 4, replicas: 2 })
    const leaders = async (): Promise<string> =>
      (await cluster.states('balanced')).map(({ leader }) => leader).join()
    const before = await leaders()
    await cluster.down(2)
    expect(await leaders()).to.equal('1,1,1,1')
    await cluster.up(2)
    await until(async () => (await leaders()) === before, `the leaders are ${before} again`)
  })
})
