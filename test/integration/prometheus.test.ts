import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { createEmbeddedZooKeeper, type EmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { grafanaFiles } from '../../src/cli/generate/dashboards.ts'
import { prometheusFiles } from '../../src/cli/generate/prometheus.ts'
import { catalogue } from '../../src/metrics/catalogue.ts'
import type { MetricDefinition } from '../../src/metrics/define.ts'
import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { zurauCommand } from '../support/broker-command.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { freePorts } from '../support/real-zookeeper.ts'
import { until } from '../support/until.ts'

const BROKERS = [1, 2, 3] as const
const run = promisify(execFile)

/** Series that a cluster must have after a start and nothing else: what the first rows of the dashboards show. */
const EXPECTED = [
  ...['kafka_controller_kafkacontroller_activecontrollercount', 'kafka_brokers', 'kafka_broker_info'],
  ...['kafka_server_replicamanager_underreplicatedpartitions', 'kafka_server_kafkaserver_brokerstate'],
  ...[
    'kafka_topic_partitions',
    'kafka_topic_partition_in_sync_replica',
    'kafka_cluster_partition_replicascount',
  ],
  ...['kafka_log_logmanager_offlinelogdirectorycount', 'kafka_log_log_logendoffset', 'zurau_build_info'],
  ...['kafka_network_requestmetrics_requests_total', 'kafka_network_requestmetrics_totaltimems'],
  ...['zurau_event_loop_delay_seconds', 'process_resident_memory_bytes', 'nodejs_eventloop_utilization'],
] as const satisfies readonly (keyof typeof catalogue)[]

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
    const [own = 0, ...ports] = await freePorts(1 + BROKERS.length)
    targets = ports.map((port) => `127.0.0.1:${port}`)
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
  })

  after(async () => {
    for (const each of processes) if (each.isAlive) process.kill(each.pid, 'SIGTERM')
    await Promise.all(processes.map(({ exited }) => exited))
    await zooKeeper?.stop()
    if (directory !== '') rmSync(directory, { recursive: true, force: true })
  })

  function startBroker(id: number, http: string): void {
    const home = join(directory, `broker-${id}`)
    mkdirSync(home, { recursive: true })
    const settings = [
      `broker.id=${id}`,
      'listeners=PLAINTEXT://127.0.0.1:0',
      `zookeeper.connect=127.0.0.1:${zooKeeper?.port}`,
      `log.dirs=${home}/logs`,
      `zurau.http.listen=${http}`,
      'zurau.create.topics=watched:3:3',
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
    expect(await values('sum(kafka_server_replicamanager_leadercount)')).to.deep.equal([3])
  })

  for (const name of EXPECTED) {
    it(`has ${name}`, async () => {
      await until(async () => (await values(name)).length > 0, `${name} has been scraped`)
    })
  }

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
