import { expect } from 'chai'
import kafkajs, { type Admin } from 'kafkajs'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { kafkaClass, kafkaJars } from '../support/broker-command.ts'
import { commitFromOutside } from '../support/commit-from-outside.ts'
import { RealCluster, type BrokerKind } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const jars = kafkaJars('groups that Kafka and Zürau take over from each other')
const TOPIC = 'orders'
const PARTITIONS = 3
/** What a coordinator says that has only just started. */
const LOADING = new Set([
  'NOT_COORDINATOR_FOR_GROUP',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
])
/** A machine with much to do is no difference between brokers. */
const PATIENCE_MS = 45_000

/** One data directory and one ZooKeeper, a broker of one kind after the other: groups and offsets stay what they were. */
describe('groups that Kafka and Zürau take over from each other', function () {
  if (jars === null) {
    it.skip('need the jars of Kafka')
    return
  }
  this.timeout(300_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster
  let admin: Admin

  before(async () => {
    zooKeeper = await startRealZooKeeper({ servers: 1, tickTimeMs: 1000 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau' },
      zooKeeper: zooKeeper.connectString,
      jars,
      properties: { 'offsets.commit.timeout.ms': String(PATIENCE_MS) },
    })
    await cluster.createTopic(TOPIC, { partitions: PARTITIONS, replicas: 1 })
    admin = client().admin()
    await admin.connect()
  })
  after(async () => {
    await admin?.disconnect()
    await cluster?.stop()
    await zooKeeper?.stop()
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(cluster.diagnosis())
  })

  function client() {
    return new kafkajs.Kafka({
      brokers: [cluster.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 2000 },
    })
  }

  async function exchange(kind: BrokerKind): Promise<void> {
    await cluster.down(1)
    await cluster.up(1, kind)
  }

  /** What Kafka's own tool says, and how it ended: it fails where it refuses. */
  async function toolSays(...args: readonly string[]): Promise<string> {
    const tool = kafkaClass(jars as string, {
      name: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
      heap: '128m',
      log4j: join(cluster.directory, 'log4j.properties'),
    })
    const command = [
      ...[...tool.args, '--bootstrap-server', cluster.bootstrap],
      ...['--timeout', String(PATIENCE_MS), ...args],
    ]
    return new Promise((resolve) => {
      execFile(tool.program, command, { timeout: 2 * PATIENCE_MS }, (error, stdout, stderr) => {
        resolve(`exit ${error === null ? 0 : String(error.code)}\n${stdout}${stderr}`)
      })
    })
  }

  /** Its rows of columns. */
  async function consumerGroups(...args: readonly string[]): Promise<string[][]> {
    const [exit, ...lines] = (await toolSays(...args)).split('\n')
    expect(exit, lines.join('\n')).to.equal('exit 0')
    return lines.filter((line) => line.trim() !== '').map((line) => line.trim().split(/\s+/))
  }

  const commit = (groupId: string, offsets: readonly number[]) =>
    commitFromOutside(cluster, groupId, TOPIC, offsets)

  /** Asked again while the coordinator, which has only just started, does not know that it is one. */
  async function committed(groupId: string) {
    let found: Awaited<ReturnType<Admin['fetchOffsets']>>[number] | undefined
    await until(async () => {
      try {
        ;[found] = await admin.fetchOffsets({ groupId, topics: [TOPIC] })
        return true
      } catch (error) {
        if (LOADING.has((error as { type?: string }).type ?? '')) return false
        throw error
      }
    }, `the offsets of ${groupId} are told`)
    return (found?.partitions ?? [])
      .sort((one, other) => one.partition - other.partition)
      .map(({ offset, metadata }) => [Number(offset), metadata])
  }

  /** Reads everything with a real member, so that the group has generations and members in the log. */
  async function consume(groupId: string): Promise<void> {
    const producer = client().producer()
    await producer.connect()
    await producer.send({
      topic: TOPIC,
      messages: Array.from({ length: 30 }, (_, i) => ({ partition: i % PARTITIONS, value: String(i) })),
    })
    await producer.disconnect()
    const consumer = client().consumer({ groupId, sessionTimeout: 10_000, rebalanceTimeout: 10_000 })
    await consumer.connect()
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
    let read = 0
    await consumer.run({
      eachMessage: () => {
        read++
        return Promise.resolve()
      },
    })
    await until(
      () => read >= 30,
      () => `30 records are read, not ${read}`,
      60_000,
    )
    await consumer.disconnect()
  }

  const columns = (rows: string[][], ...names: readonly string[]): string[][] => {
    const header = rows.find((row) => row.includes('GROUP')) ?? []
    return rows
      .filter((row) => row !== header && row[0] !== 'Consumer' && row.length >= names.length)
      .map((row) => names.map((name) => row[header.indexOf(name)] ?? ''))
      .sort()
  }

  it('the offsets that we have stored are those that Kafka tells, and back', async () => {
    await consume('readers')
    await commit('plain', [5, 6, 7])
    await commit('unicode-Zürau', [1, 2, 3])
    const describeReaders = async () =>
      columns(
        await consumerGroups('--describe', '--group', 'readers'),
        'TOPIC',
        'PARTITION',
        'CURRENT-OFFSET',
        'LOG-END-OFFSET',
        'LAG',
      )
    const ours = {
      readers: await committed('readers'),
      plain: await committed('plain'),
      unicode: await committed('unicode-Zürau'),
      described: await describeReaders(),
      listed: columns(await consumerGroups('--list', '--state'), 'GROUP', 'STATE'),
    }
    expect(ours.readers).to.deep.equal([0, 1, 2].map(() => [10, null]))
    expect(ours.described).to.deep.equal(
      [0, 1, 2].map((partition) => [TOPIC, `${partition}`, '10', '10', '0']),
    )

    await exchange('kafka')
    expect({
      readers: await committed('readers'),
      plain: await committed('plain'),
      unicode: await committed('unicode-Zürau'),
      described: await describeReaders(),
      listed: columns(await consumerGroups('--list', '--state'), 'GROUP', 'STATE'),
    }).to.deep.equal(ours)

    await commit('plain', [15, 16, 17])
    await consumerGroups('--delete', '--group', 'unicode-Zürau')
    await commit('of-kafka', [0, 100, 2 ** 40])
    await exchange('zurau')
    expect(await committed('readers')).to.deep.equal(ours.readers)
    expect(await committed('plain')).to.deep.equal([15, 16, 17].map((offset) => [offset, `at ${offset}`]))
    expect(await committed('of-kafka')).to.deep.equal(
      [0, 100, 2 ** 40].map((offset) => [offset, `at ${offset}`]),
    )
    const listed = columns(await consumerGroups('--list', '--state'), 'GROUP', 'STATE')
    expect(listed).to.deep.equal(['of-kafka', 'plain', 'readers'].map((group) => [group, 'Empty']))
  })

  it("Kafka's tool resets, deletes offsets and deletes groups with us", async () => {
    await commit('tooled', [5, 6, 7])
    await consumerGroups(
      ...['--reset-offsets', '--group', 'tooled', '--topic', `${TOPIC}:0`, '--to-offset', '3', '--execute'],
    )
    expect((await committed('tooled')).map(([offset]) => offset)).to.deep.equal([3, 6, 7])
    await consumerGroups('--delete-offsets', '--group', 'tooled', '--topic', TOPIC)
    const left = (await committed('tooled')).map(([offset]) => offset)
    expect(left).to.deep.equal([-1, -1, -1])
    await commit('tooled', [1, 1, 1])
    await consumerGroups('--delete', '--group', 'tooled')
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId)
    expect(groups).to.not.include('tooled')
  })

  it("Kafka's tool prints the same of us as of Kafka", async () => {
    const group = ['--group', 'printed']
    const reset = ['--reset-offsets', ...group]
    const commands = [
      ['--list'],
      ['--list', '--state', 'Stable,Empty'],
      ['--list', '--type', 'Classic'],
      ['--describe', ...group],
      ['--describe', ...group, '--state'],
      ['--describe', ...group, '--members', '--verbose'],
      ['--describe', '--group', 'never-seen'],
      [...reset, '--topic', `${TOPIC}:0,1`, '--to-latest', '--dry-run'],
      [...reset, '--topic', TOPIC, '--shift-by', '-2', '--export', '--dry-run'],
      [...reset, '--all-topics', '--to-earliest', '--execute'],
      [...reset, '--topic', TOPIC, '--to-offset', '1000', '--execute'],
      ['--delete-offsets', ...group, '--topic', `${TOPIC}:2`],
      ['--delete-offsets', '--group', 'never-seen', '--topic', TOPIC],
      ['--describe', ...group],
      ['--delete', ...group],
      ['--delete', ...group],
      ['--delete', '--group', 'never-seen', '--group', 'plain'],
      ['--list'],
    ]
    const transcript = async (): Promise<[string, string][]> => {
      await commit('plain', [1, 2, 3])
      await commit('printed', [5, 6, 7])
      const said: [string, string][] = []
      for (const command of commands) {
        const output = await toolSays(...command)
        const timeless = output.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST').replaceAll(/^\[[\d :,-]+\]/gm, '')
        said.push([command.join(' '), timeless])
      }
      return said
    }
    const ofUs = await transcript()
    expect(ofUs[3]?.[1]).to.match(/printed +orders +1 +6 +10 +4/)
    await exchange('kafka')
    expect(ofUs).to.deep.equal(await transcript())
  })
})
