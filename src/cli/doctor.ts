import type { Command } from 'commander'
import { parseConnectString } from '../../zk/connect-string.ts'
import { logDirs } from '../config/derived.ts'
import {
  agreedMetaProperties,
  InconsistentMetadataError,
  readMetaProperties,
} from '../log/meta-properties.ts'
import { hostPort } from '../model/endpoint.ts'
import { DiskError } from '../platform/disk.ts'
import { NetworkError } from '../platform/network.ts'
import { loadBrokerConfig } from './broker-config.ts'
import { readableBytes } from './byte-size.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { check, ok, type Check } from './doctor/check.ts'
import { fourLetterWord, NoAnswerError, parseServerState } from '../../zk/four-letter-word.ts'
import { judgeCluster, type Applicant } from './doctor/preflight.ts'
import { readClusterFacts } from './doctor/read-cluster.ts'
import { explainError } from './explain-error.ts'
import { readHealth } from './health/read-health.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { collect } from './parse.ts'
import type { Shell } from './shell.ts'
import type { Cell, Tone } from './table.ts'

interface DoctorOptions extends ClusterOptions, OutputOptions {
  readonly override: readonly string[]
  readonly all: boolean
}

const DIAL_MS = 3000
const LOW_SPACE_BYTES = 1e9
const SLOW_MS = 50

/** `zurau doctor`. */
export function declareDoctor(command: Command, { shell, action }: CommandContext): void {
  addOutputOption(addClusterOptions(command))
    .argument('[server.properties]', 'check what a broker with this file would meet')
    .option('--override <key=value>', 'as for start; may be given again', collect, [])
    .option('--all', 'also tell what is as it should be', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau doctor                                   # the brokers: can clients reach them?',
          'zurau doctor --zookeeper zk1:2181/kafka        # an ensemble: servers, quorum, cluster, znodes',
          'zurau doctor server.properties                 # before a broker starts',
        ],
        [
          'LEVEL  ABOUT                WHAT                                       WHAT TO DO',
          'error  advertised address   broker 1 sends clients to kafka1:9092, …   correct advertised.listeners',
        ].join('\n'),
      ) + '\n\nNothing is written anywhere. Exit code 1 when something cannot work.',
    )
    .action(
      action((path: string | undefined, options: DoctorOptions) => doctor(shell, path ?? null, options)),
    )
}

async function doctor(shell: Shell, path: string | null, options: DoctorOptions): Promise<number> {
  const checks =
    path !== null || options.override.length > 0
      ? await checkConfig(shell, path, options)
      : options.zookeeper !== undefined
        ? await checkEnsemble(shell, options.zookeeper, NEWCOMER, options.timeout)
        : await checkBrokers(shell, options)
  const order = { error: 0, warning: 1, note: 2, ok: 3 }
  const sorted = [...checks].sort((one, other) => order[one.level] - order[other.level])
  const bad = sorted.filter(({ level }) => level !== 'ok')
  const shown = options.all || bad.length === 0 ? sorted : bad
  await print(shell.out, options.output, {
    data: sorted,
    table: () => ({
      columns: ['level', 'about', 'what', 'what to do'].map((title) => ({ title })),
      rows: shown.map(({ level, about, what, advice }): Cell[] => [
        { text: level, tone: TONES[level] },
        about,
        what,
        advice ?? '',
      ]),
    }),
  })
  return sorted.some(({ level }) => level === 'error') ? 1 : 0
}

const TONES: Readonly<Record<Check['level'], Tone>> = {
  error: 'bad',
  warning: 'strong',
  note: 'weak',
  ok: 'good',
}

/** Somebody who has nothing yet. */
const NEWCOMER: Applicant = {
  brokerId: null,
  directoryClusterId: null,
  directoryBrokerId: null,
  // Who only looks joins nobody.
  mayJoinForeign: true,
}

// --- brokers, as a client meets them ---------------------------------------------------------------------------------

async function checkBrokers(shell: Shell, options: DoctorOptions): Promise<Check[]> {
  return withCluster(shell, options, async (cluster) => {
    const { brokers, clusterId } = await cluster.admin.metadata([])
    const checks = [ok('bootstrap', `cluster ${clusterId ?? 'without an id'} answers`)]
    for (const { nodeId, host, port } of brokers) {
      const failure = await dialFailure(shell, host, port)
      checks.push(
        failure === null
          ? ok('advertised address', `broker ${nodeId}: ${hostPort(host, port)} can be reached from here`)
          : check(
              'error',
              'advertised address',
              `broker ${nodeId} sends clients to ${hostPort(host, port)}, which cannot be reached from here: ${failure}`,
              'correct advertised.listeners of that broker, or the name service of this machine',
            ),
      )
      if (LOOPBACK.test(host)) {
        checks.push(
          check(
            'note',
            'advertised address',
            `broker ${nodeId} sends clients to ${host}: only programs on its own machine find it`,
            'set advertised.listeners to a name that other machines know',
          ),
        )
      }
    }
    const { problems } = await readHealth(cluster)
    return [...checks, ...problems.map(({ level, kind, what, advice }) => check(level, kind, what, advice))]
  })
}

const LOOPBACK = /^(localhost|127\.|::1$)/

async function dialFailure({ network }: Shell, host: string, port: number): Promise<string | null> {
  try {
    const stream = await network.dial({ host, port, timeoutMs: DIAL_MS })
    stream.destroy()
    return null
  } catch (error) {
    if (error instanceof NetworkError) return error.code
    throw error
  }
}

// --- an ensemble -----------------------------------------------------------------------------------------------------

async function checkEnsemble(
  shell: Shell,
  connectString: string,
  applicant: Applicant,
  timeoutMs: number,
): Promise<Check[]> {
  const { servers } = parseConnectString(connectString)
  const states = await Promise.all(servers.map((server) => checkServer(shell, server)))
  const checks = states.map((each) => each.check)
  const quorum = Math.floor(servers.length / 2) + 1
  const serving = states.filter(({ check: { level } }) => level !== 'error').length
  if (serving < quorum) {
    checks.push(
      check(
        'error',
        'quorum',
        `${serving} of ${servers.length} servers answer; ${quorum} are needed`,
        'start the others',
      ),
    )
  }
  const versions = new Set(states.flatMap(({ version }) => (version === null ? [] : [version])))
  if (versions.size > 1)
    checks.push(
      check(
        'note',
        'versions',
        `servers have different versions: ${[...versions].join(', ')}`,
        'finish the upgrade',
      ),
    )
  if (serving === 0) return checks
  try {
    const facts = await readClusterFacts(shell, connectString, timeoutMs)
    checks.push(
      facts.latencyMs > SLOW_MS
        ? check(
            'warning',
            'latency',
            `a read took ${Math.round(facts.latencyMs)} ms`,
            'look at the network and the disks of the ensemble',
          )
        : ok('latency', `a read took ${facts.latencyMs.toFixed(1)} ms`),
      ...judgeCluster(facts, applicant),
    )
    if (facts.hasChroot && facts.clusterId !== null)
      checks.push(...(await lint(shell, connectString, timeoutMs)))
  } catch (error) {
    const explained = explainError(error)
    if (explained === null) throw error
    checks.push(check('error', 'session', explained.message, explained.advice ?? 'see the servers’ logs'))
  }
  return checks
}

async function checkServer(
  shell: Shell,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ check: Check; version: string | null }> {
  const name = hostPort(host, port)
  try {
    const state = parseServerState(await fourLetterWord(shell, { host, port, timeoutMs: DIAL_MS }, 'srvr'))
    if (state === null) {
      return {
        check: check(
          'note',
          name,
          'answers, but not to srvr',
          'allow it: 4lw.commands.whitelist=srvr,mntr,ruok',
        ),
        version: null,
      }
    }
    const { version, mode, averageLatencyMs, maxLatencyMs } = state
    return {
      check: ok(name, `${mode}, ${version}, latency avg ${averageLatencyMs} ms max ${maxLatencyMs} ms`),
      version,
    }
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    return { check: check('error', name, error.message, 'start it, or correct the address'), version: null }
  }
}

async function lint(shell: Shell, connectString: string, timeoutMs: number): Promise<Check[]> {
  const [{ withEnsemble }, { readTree }, { lintTree }] = await Promise.all([
    import('./zk/ensemble.ts'),
    import('./zk/read-tree.ts'),
    import('./zk/lint.ts'),
  ])
  const tree = await withEnsemble(shell, { zookeeper: connectString, timeout: timeoutMs }, (each) =>
    readTree(each, '/'),
  )
  return lintTree(tree, shell.clock.nowMs()).map(({ level, path, what, advice }) =>
    check(level, path, what, advice),
  )
}

// --- a broker that is to be started ----------------------------------------------------------------------------------

async function checkConfig(shell: Shell, path: string | null, options: DoctorOptions): Promise<Check[]> {
  const { disk, environment } = shell
  const overrides = [
    ...(options.zookeeper === undefined ? [] : [`zookeeper.connect=${options.zookeeper}`]),
    ...options.override,
  ]
  let loaded
  try {
    loaded = loadBrokerConfig({ disk, path, environment, overrides })
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 2) throw error
    return error.message
      .split('\n')
      .map((line) => check('error', 'configuration', line, error.advice ?? 'correct it'))
  }
  const { config, resolved } = loaded
  const checks = resolved.notes.map(({ level, message }) =>
    level === 'warn'
      ? check('warning', 'configuration', message, 'zurau config explain')
      : ok('configuration', message),
  )
  const directories = logDirs(config)
  checks.push(...directories.flatMap((directory) => checkDirectory(shell, directory)))
  const applicant = applicantOf(shell, directories, config.get('broker.id'), checks)
  const connectString = config.get('zookeeper.connect')
  if (connectString === null) {
    checks.push(
      check('error', 'zookeeper.connect', 'is not set', 'name the ensemble: host:port[,host:port..]/chroot'),
    )
    return checks
  }
  if (config.get('zurau.embedded.zookeeper')) return [...checks, ok('zookeeper', 'embedded in the broker')]
  return [...checks, ...(await checkEnsemble(shell, connectString, applicant, options.timeout))]
}

function checkDirectory({ disk }: Shell, directory: string): Check[] {
  try {
    const existing = nearestExisting(disk, directory)
    const { usableBytes, totalBytes } = disk.space(existing)
    const room = `${readableBytes(usableBytes)} of ${readableBytes(totalBytes)} free`
    return [
      usableBytes < LOW_SPACE_BYTES
        ? check('warning', directory, room, 'make room, or use another disk')
        : ok(directory, existing === directory ? room : `will be made; ${room}`),
    ]
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    return [check('error', directory, error.message, 'correct log.dirs, or its rights')]
  }
}

function nearestExisting(disk: Shell['disk'], directory: string): string {
  let path = directory
  while (path !== '/' && path !== '.' && disk.status(path) === null) {
    const slash = path.lastIndexOf('/')
    path = slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash)
  }
  return path
}

function applicantOf(
  { disk }: Shell,
  directories: readonly string[],
  brokerId: number,
  checks: Check[],
): Applicant {
  const newcomer = { ...NEWCOMER, brokerId: brokerId < 0 ? null : brokerId, mayJoinForeign: false }
  try {
    const found = directories.map((directory) => [directory, readMetaProperties(disk, directory)] as const)
    const agreed = agreedMetaProperties(new Map(found))
    return {
      ...newcomer,
      brokerId: newcomer.brokerId ?? agreed.brokerId,
      directoryClusterId: agreed.clusterId,
      directoryBrokerId: agreed.brokerId,
    }
  } catch (error) {
    if (!(error instanceof InconsistentMetadataError || error instanceof DiskError)) throw error
    checks.push(check('error', 'log.dirs', error.message, 'give each broker directories of its own'))
    return newcomer
  }
}
