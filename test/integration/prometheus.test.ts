import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import kafkajs, { type Consumer } from 'kafkajs'
import { createZooKeeperClient } from '../../zk/client/create-client.ts'
import { createEmbeddedZooKeeper, type EmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { ConsumerOffsetStore } from '../../zk/stores/consumer-offset-store.ts'
import { grafanaFiles } from '../../src/cli/generate/dashboards.ts'
import { prometheusFiles } from '../../src/cli/generate/prometheus.ts'
import { catalogue } from '../../src/metrics/catalogue.ts'
import type { MetricDefinition } from '../../src/metrics/define.ts'
import type { Offset, PartitionIndex } from '../../src/model/ids.ts'
import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { zurauCommand } from '../support/broker-command.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { isExcused } from '../support/metrics-not-built.ts'
import { freePorts } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const BROKERS = [1, 2, 3] as const
const run = promisify(execFile)

const TOPIC = 'watched'
/** Groups of the test: one whose member goes on reading, one that is behind, one of the old kind, one in both stores. */
const GROUPS = { reading: 'reading', behind: 'behind', old: 'old', both: 'both' } as const

/** Prometheus where the package is installed, or where install.sh has put it. */
function find(program: 'prometheus' | 'promtool'): string | null {
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0) return program
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const aside = join(cache, 'zurau/prometheus/usr/bin', program)
  return existsSync(aside) ? aside : null
}

describe('a real Prometheus', function () {
  this.timeout(240_000)
  const platform = createNodePlatform({ log: { level: 'silent' } })
  const processes: GuardedProcess[] = []
  let directory = ''
  let promtool = ''
  let zooKeeper: EmbeddedZooKeeper | null = null
  let targets: string[] = []
  let kafkaPorts: number[] = []
  let consumer: Consumer | null = null
  let api = ''

  before(async function () {
    const [server, tool] = [find('prometheus'), find('promtool')]
    if (server === null || tool === null) {
      console.warn('SKIPPED a real Prometheus: there is no prometheus and promtool (test/support/install.sh)')
      return this.skip()
    }
    promtool = tool
    directory = mkdtempSync(join(tmpdir(), 'zurau-prometheus-'))
    zooKeeper = createEmbeddedZooKeeper({
      platform,
      config: {
        dataDirectory: null,
        host: '127.0.0.1',
        port: 0,
        maxClientConnections: 0,
        fourLetterWords: ['*'],
        forgetSessions: true,
      },
    })
    await zooKeeper.start()
    const [own = 0, ...ports] = await freePorts(1 + 2 * BROKERS.length)
    targets = ports.slice(BROKERS.length).map((port) => `127.0.0.1:${port}`)
    kafkaPorts = ports.slice(0, BROKERS.length)
    for (const id of BROKERS) startBroker(id, targets[id - 1] ?? '')
    for (const file of prometheusFiles(targets)) {
      // Tests do not wait a quarter of a minute for a scrape.
      writeFileSync(join(directory, file.name), file.text.replaceAll('15s', '1s'))
    }
    const isReady = (target: string): Promise<boolean> =>
      fetch(`http://${target}/readyz`).then(
        ({ ok }) => ok,
        () => false, // It does not listen yet.
      )
    await until(
      async () => (await Promise.all(targets.map(isReady))).every(Boolean),
      'all brokers are ready',
      120_000,
    )
    api = `http://127.0.0.1:${own}/api/v1`
    const logFile = join(directory, 'prometheus.log')
    const data = join(directory, 'data')
    processes.push(
      new GuardedProcess(
        server,
        [
          `--config.file=${join(directory, 'prometheus.yml')}`,
          `--storage.tsdb.path=${data}`,
          `--web.listen-address=127.0.0.1:${own}`,
        ],
        { logFile },
      ),
    )
    await until(
      async () => (await values('up')).filter((value) => value === 1).length === 3,
      'three targets are up',
    )
    await useCluster()
  })

  after(async () => {
    await consumer?.disconnect()
    for (const each of processes) if (each.isAlive) process.kill(each.pid, 'SIGTERM')
    await Promise.all(processes.map(({ exited }) => exited))
    await zooKeeper?.stop()
    if (directory !== '') rmSync(directory, { recursive: true, force: true })
  })

  /** Makes something happen of everything that is measured. */
  async function useCluster(): Promise<void> {
    const kafka = new kafkajs.Kafka({
      brokers: kafkaPorts.map((port) => `127.0.0.1:${port}`),
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 1000 },
    })
    const producer = kafka.producer()
    const admin = kafka.admin()
    consumer = kafka.consumer({ groupId: GROUPS.reading })
    await Promise.all([producer.connect(), admin.connect(), consumer.connect()])
    const timestamp = String(Date.now() - 3_600_000)
    const messages = Array.from({ length: 10 }, () => ({ partition: 0, value: 'record', timestamp }))
    await producer.send({ topic: TOPIC, messages })
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
    await consumer.run({ autoCommitInterval: 100, eachMessage: () => Promise.resolve() })
    const offsets = { topic: TOPIC, partitions: [{ partition: 0, offset: '4' }] }
    await admin.setOffsets({ groupId: GROUPS.behind, ...offsets })
    await admin.setOffsets({ groupId: GROUPS.both, ...offsets })
    await admin.fetchOffsets({ groupId: GROUPS.both, topics: [TOPIC] })
    await Promise.all([producer.disconnect(), admin.disconnect()])

    const client = await createZooKeeperClient({
      connectString: `127.0.0.1:${zooKeeper?.port}`,
      sessionTimeoutMs: 10_000,
      connectionTimeoutMs: 10_000,
      maxInFlightRequests: 16,
      platform,
    })
    try {
      const store = new ConsumerOffsetStore({ zooKeeper: client, clock: platform.clock, mode: 'multi' })
      const partition = 0 as PartitionIndex
      await store.write(GROUPS.old, [{ topic: TOPIC, partition, offset: 3 as Offset }])
    } finally {
      await client.close()
    }
  }

  function startBroker(id: number, http: string): void {
    const home = join(directory, `broker-${id}`)
    mkdirSync(home, { recursive: true })
    const settings = [
      `broker.id=${id}`,
      `listeners=PLAINTEXT://127.0.0.1:${kafkaPorts[id - 1]}`,
      `offsets.storage.overrides=${GROUPS.both}=dual`,
      'offsets.topic.num.partitions=3',
      'group.initial.rebalance.delay.ms=0',
      'auto.leader.rebalance.enable=false',
      `zookeeper.connect=127.0.0.1:${zooKeeper?.port}`,
      `log.dirs=${home}/logs`,
      `zurau.http.listen=${http}`,
      `zurau.create.topics=${TOPIC}:3:3`,
    ]
    writeFileSync(join(home, 'server.properties'), `${settings.join('\n')}\n`)
    const { program, args } = zurauCommand()
    processes.push(
      new GuardedProcess(program, [...args, join(home, 'server.properties')], { logFile: join(home, 'log') }),
    )
  }

  async function ask(path: string): Promise<unknown> {
    const answer = await fetch(`${api}/${path}`)
    return ((await answer.json()) as { data: unknown }).data
  }

  async function values(query: string): Promise<number[]> {
    try {
      const { result } = (await ask(`query?query=${encodeURIComponent(query)}`)) as {
        result: { value: [number, string] }[]
      }
      return result.map(({ value }) => Number(value[1]))
    } catch {
      return [] // It does not listen yet.
    }
  }

  it('accepts our configuration and our alerting rules', async () => {
    await run(promtool, ['check', 'config', 'prometheus.yml'], { cwd: directory })
    const { stdout } = await run(promtool, ['check', 'rules', 'zurau-alerts.yml'], { cwd: directory })
    expect(stdout).to.match(/SUCCESS: \d{2} rules found/)
    const { groups } = (await ask('rules')) as { groups: { rules: { name: string; lastError?: string }[] }[] }
    const failing = groups.flatMap(({ rules }) => rules).filter(({ lastError }) => lastError !== undefined)
    expect(failing).to.deep.equal([])
  })

  it('scrapes three brokers, of which one is the controller', async () => {
    await until(
      async () => (await values('sum(kafka_controller_kafkacontroller_activecontrollercount)'))[0] === 1,
      'one broker is the controller',
    )
    await until(async () => (await values('kafka_brokers'))[0] === 3, 'it sees three brokers')
  })

  it('sees the topic that zurau.create.topics names, with every replica in sync', async () => {
    await until(
      async () => (await values('sum(kafka_topic_partition_in_sync_replica{topic="watched"})'))[0] === 9,
      'nine replicas are in sync',
    )
    const led = `count(kafka_cluster_partition_replicascount{topic="${TOPIC}"} > 0)`
    await until(async () => (await values(led))[0] === 3, 'three partitions are led')
  })

  it('has every metric of the table but those that wait for something that is not built', async () => {
    const wanted = Object.keys(catalogue).filter((name) => !isExcused(name))
    let missing: string[] = wanted
    await until(
      async () => {
        const names = new Set((await ask('label/__name__/values')) as string[])
        missing = wanted.filter((name) => !names.has(name) && !names.has(`${name}_count`))
        return missing.length === 0
      },
      () => `there are: ${missing.join(', ')}`,
      60_000,
    )
  })

  it('tells of groups what kafka_exporter tells, for both stores', async () => {
    const ofGroup = (group: string): string => `{consumergroup="${group}",topic="${TOPIC}",partition="0"}`
    const isSo = (query: string, expected: number): Promise<void> =>
      until(
        async () => (await values(query))[0] === expected,
        () => `${query} is ${expected}`,
        30_000,
      )
    await isSo(`kafka_topic_partition_current_offset{topic="${TOPIC}",partition="0"}`, 10)
    await isSo(`kafka_topic_partition_oldest_offset{topic="${TOPIC}",partition="0"}`, 0)
    await isSo(`kafka_consumergroup_members{consumergroup="${GROUPS.reading}"}`, 1)
    await isSo(`kafka_consumergroup_members{consumergroup="${GROUPS.behind}"}`, 0)
    await isSo(`kafka_consumergroup_lag${ofGroup(GROUPS.reading)}`, 0)
    await isSo(`kafka_consumergroup_current_offset${ofGroup(GROUPS.behind)}`, 4)
    await isSo(`kafka_consumergroup_lag${ofGroup(GROUPS.behind)}`, 6)
    await isSo(`kafka_consumergroup_lag_sum{consumergroup="${GROUPS.behind}",topic="${TOPIC}"}`, 6)
    await isSo(`kafka_consumergroupzookeeper_lag_zookeeper${ofGroup(GROUPS.old)}`, 7)
    const [seconds = 0] = await values(`zurau_consumergroup_lag_seconds{consumergroup="${GROUPS.behind}"}`)
    expect(seconds, 'the records were made an hour ago').to.be.within(3600, 3900)
  })

  it('finds no series whose metric is not in the table', async () => {
    const names = (await ask('label/__name__/values')) as string[]
    const own = names.filter((name) => /^(kafka|zookeeper|zurau|nodejs)_/.test(name))
    const known = (name: string): boolean =>
      Object.entries(catalogue as Readonly<Record<string, MetricDefinition>>).some(
        ([entry, { kind }]) =>
          name === entry ||
          (['histogram', 'summary'].includes(kind) && (name === `${entry}_count` || name === `${entry}_sum`)),
      )
    expect(own.length).to.be.above(50)
    expect(own.filter((name) => !known(name))).to.deep.equal([])
  })

  it('can run every query of the dashboards', async () => {
    for (const { name, text } of grafanaFiles()) {
      const { panels } = JSON.parse(text) as { panels: { targets?: { expr: string }[] }[] }
      const queries = panels.flatMap(({ targets: all = [] }) => all.map(({ expr }) => expr))
      expect(queries.length, name).to.be.above(20)
      for (const query of queries) {
        const runnable = query.replaceAll(/\$(job|instance)/g, '.+').replaceAll('$__rate_interval', '1m')
        const answer = await fetch(`${api}/query?query=${encodeURIComponent(runnable)}`)
        expect(answer.status, `${name}: ${query}`).to.equal(200)
      }
    }
  })

  it('has every metric of the table in one dashboard', () => {
    const text = grafanaFiles()
      .map((file) => file.text)
      .join('\n')
    expect(Object.keys(catalogue).filter((name) => !text.includes(name))).to.deep.equal([])
  })
})
