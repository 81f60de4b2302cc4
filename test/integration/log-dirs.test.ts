import { expect } from 'chai'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Consumer } from '../../src/client/consumer.ts'
import { Producer } from '../../src/client/producer.ts'
import { errorName } from '../../src/model/errors.ts'
import { NodeRandom } from '../../src/platform/node/node-random.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { until } from '../support/until.ts'
import { EmbeddedBed } from './embedded-bed.ts'

const BROKER = 1
const TOPIC = 'orders'
const FIRST_RECORDS = 2000
const VALUE = 'x'.repeat(1000)
/** Two megabytes take so long to move that the copy can be seen. */
const MOVED_BYTES_PER_SECOND = 1_000_000
const TMPFS_BYTES = 3 * 1024 * 1024

/** Where a replica lies, as DescribeLogDirs says. */
interface Place {
  readonly logDir: string
  readonly partition: number
  readonly isFuture: boolean
  readonly lag: number
}

describe('a broker with two log directories', function () {
  this.timeout(120_000)
  let bed: EmbeddedBed
  let data: string
  let cluster: RealCluster
  let producer: Producer
  let isMounted = false

  const directory = (name: 'a' | 'b'): string => join(data, name)

  async function start(properties: Readonly<Record<string, string>> = {}): Promise<void> {
    cluster = await RealCluster.start({
      brokers: { [BROKER]: 'zurau' },
      zooKeeper: `${bed.server.host}:${bed.server.port}`,
      properties: { 'log.dirs': `${directory('a')},${directory('b')}`, ...properties },
    })
    producer = new Producer({ client: cluster.client, random: new NodeRandom(), deliveryTimeoutMs: 20_000 })
  }

  beforeEach(async () => {
    bed = new EmbeddedBed()
    await bed.start()
    data = mkdtempSync(join(tmpdir(), 'zurau-log-dirs-'))
    mkdirSync(directory('a'))
    mkdirSync(directory('b'))
  })

  afterEach(async () => {
    producer.close()
    await cluster.stop()
    await bed.stop()
    if (isMounted) spawnSync('umount', [directory('b')])
    isMounted = false
    rmSync(data, { recursive: true, force: true })
  })

  async function createTopic(partitions: number): Promise<void> {
    await cluster.admin.createTopic({ name: TOPIC, partitions, replicationFactor: 1, configs: {} })
  }

  async function directories() {
    return (await cluster.client.call(BROKER, 'DescribeLogDirs', { topics: null })).results
  }

  async function places(): Promise<Place[]> {
    return (await directories()).flatMap(({ logDir, topics }) =>
      topics
        .filter(({ name }) => name === TOPIC)
        .flatMap(({ partitions }) =>
          partitions.map(({ partitionIndex, isFutureKey, offsetLag }) => ({
            logDir,
            partition: partitionIndex,
            isFuture: isFutureKey,
            lag: Number(offsetLag),
          })),
        ),
    )
  }

  /** Its records' values, as a reader gets them from the beginning. */
  async function values(partition: number, count: number): Promise<string[]> {
    const consumer = new Consumer({ client: cluster.client })
    await consumer.assign([{ topic: TOPIC, partition, from: { kind: 'offset', offset: 0 }, until: count }])
    const found: string[] = []
    while (found.length < count) {
      const records = await consumer.poll(10_000)
      if (records.length === 0) break
      for (const { value } of records) found.push(String(value).replace(VALUE, ''))
    }
    consumer.close()
    return found
  }

  function write(partition: number, number: number): Promise<unknown> {
    return producer.send({
      topic: TOPIC,
      partition,
      key: null,
      value: Buffer.from(`${number}${VALUE}`),
      headers: [],
    })
  }

  it('moves a replica between them while it is written to, and loses nothing', async () => {
    await start({ 'replica.alter.log.dirs.io.max.bytes.per.second': String(MOVED_BYTES_PER_SECOND) })
    await createTopic(1)
    const sent: Promise<unknown>[] = []
    for (let i = 0; i < FIRST_RECORDS; i++) sent.push(write(0, i))
    await Promise.all(sent)
    const [before] = await places()
    const target = [directory('a'), directory('b')].find((path) => path !== before?.logDir) as string

    const answer = await cluster.client.call(BROKER, 'AlterReplicaLogDirs', {
      dirs: [{ path: target, topics: [{ name: TOPIC, partitions: [0] }] }],
    })
    expect(answer.results[0]?.partitions.map(({ errorCode }) => errorCode)).to.deep.equal([0])
    let copies = 0
    let next = FIRST_RECORDS
    await until(async () => {
      await Promise.all(Array.from({ length: 20 }, () => write(0, next++)))
      const now = await places()
      const future = now.find(({ isFuture }) => isFuture)
      if (future !== undefined && future.lag > 0) copies++
      if (future !== undefined) expect(future.logDir).to.equal(target)
      return now.length === 1 && now[0]?.logDir === target && !now[0].isFuture
    }, 'the replica is where it shall be')
    expect(copies, 'times the copy was seen behind').to.be.greaterThan(0)
    await write(0, next++)
    expect(await values(0, next)).to.deep.equal(Array.from({ length: next }, (_, i) => `${i}`))

    await cluster.kill(BROKER)
    await cluster.up(BROKER)
    expect((await places()).map(({ logDir }) => logDir)).to.deep.equal([target])
    expect(await values(0, next)).to.have.length(next)
  })

  /** One directory has failed: what lies there is gone, what lies in the other is served. */
  async function expectHalf(before: readonly Place[], written: number): Promise<void> {
    const broken = directory('b')
    const lost = before.filter(({ logDir }) => logDir === broken).map(({ partition }) => partition)
    const kept = before.filter(({ logDir }) => logDir !== broken).map(({ partition }) => partition)
    await until(async () => {
      const found = (await directories()).find(({ logDir }) => logDir === broken)
      return found !== undefined && errorName(found.errorCode) === 'KAFKA_STORAGE_ERROR'
    }, 'the directory is said to be offline')
    await until(async () => {
      const { topics } = await cluster.client.metadata([TOPIC])
      const without = topics[0]?.partitions.filter(({ leaderId }) => leaderId === -1) ?? []
      return (
        without
          .map(({ partitionIndex }) => partitionIndex)
          .sort()
          .join() === lost.join()
      )
    }, 'exactly its partitions have no leader')
    for (const partition of kept) {
      await write(partition, written)
      expect(await values(partition, written + 1)).to.have.length(written + 1)
    }
    expect(cluster.isUp(BROKER)).to.equal(true)
  }

  async function filled(partitions: number, count: number): Promise<readonly Place[]> {
    await createTopic(partitions)
    for (let partition = 0; partition < partitions; partition++) {
      await Promise.all(Array.from({ length: count }, (_, i) => write(partition, i)))
    }
    const before = [...(await places())].sort((one, other) => one.partition - other.partition)
    expect(new Set(before.map(({ logDir }) => logDir)).size).to.equal(2)
    return before
  }

  it('serves one of them when the other is taken away', async () => {
    await start({ 'replica.high.watermark.checkpoint.interval.ms': '100' })
    const before = await filled(4, 10)
    // Whoever opens a file in it now meets ENOTDIR; a disk that was pulled out looks the same from here.
    renameSync(directory('b'), join(data, 'gone'))
    writeFileSync(directory('b'), '')
    const [first] = before.filter(({ logDir }) => logDir === directory('b'))
    // What is open can be written for a while: the next checkpoint finds it out.
    await write(first?.partition ?? 0, 10).catch(() => undefined)
    await expectHalf(before, 10)
  })

  it('serves one of them when the other is full', async function () {
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${TMPFS_BYTES}`, 'tmpfs', directory('b')])
    if (mount.status !== 0) {
      console.warn('SKIPPED a full log directory: this user may not mount a tmpfs')
      await start()
      return this.skip()
    }
    isMounted = true
    await start()
    const before = await filled(2, 10)
    const full = before.find(({ logDir }) => logDir === directory('b')) as Place
    const writes = Array.from({ length: TMPFS_BYTES / VALUE.length }, (_, i) => write(full.partition, 10 + i))
    const refused = (await Promise.allSettled(writes)).filter(({ status }) => status === 'rejected')
    expect(refused, 'writes that were refused').not.to.deep.equal([])
    await expectHalf(before, 10)
  })
})
