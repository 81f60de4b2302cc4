import { FAULT_PRELOAD } from '../drill/faults/fault-preload.ts'
import { nodeEnvironment } from '../drill/sandbox/sandbox.ts'
import type { Launcher } from '../drill/sandbox/sandbox-options.ts'
import { writeText } from '../drill/sandbox/text-file.ts'
import type { Disk } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'
import type { Shell } from './shell.ts'

/** What the environment says of other programs: ZooKeeper's jars, a command that runs another broker. */
const JARS_VARIABLE = 'ZURAU_ZOOKEEPER_JARS'
const BROKER_VARIABLE = 'BROKER_CMD'
const DEFAULT_JARS = '/usr/share/java'

const NEEDED_JARS = [
  'zookeeper',
  'zookeeper-jute',
  'slf4j-api',
  'slf4j-simple',
  'metrics-core',
  'commons-cli',
  'snappy-java',
]

/** How the processes of a sandbox are started: ours by this very program, the others by what the environment names. */
export function createLauncher(
  shell: Shell,
  options: { readonly brokers: 'zurau' | 'kafka'; readonly directory: string },
): Launcher {
  const { environment, disk } = shell
  disk.makeDirectory(options.directory)
  const preloadPath = `${options.directory}/fault-preload.mjs`
  writeText(disk, preloadPath, FAULT_PRELOAD)
  const own = (directory: string, ...words: string[]) => ({
    command: process.execPath,
    args: [...process.execArgv, process.argv[1] ?? '', ...words],
    environment: nodeEnvironment({ ...environment, NO_COLOR: '1' }, directory, preloadPath),
  })
  const { [BROKER_VARIABLE]: brokerCommand, [JARS_VARIABLE]: jars } = environment
  if (options.brokers === 'kafka' && (brokerCommand ?? '') === '')
    throw new CliError('--brokers kafka needs a command that runs a Kafka broker in the foreground', {
      advice: `say it as ${BROKER_VARIABLE}, for example ${BROKER_VARIABLE}=/opt/kafka/bin/kafka-server-start.sh; the path of a server.properties is added`,
      exitCode: 2,
    })
  const classPath = classPathOf(disk, jars ?? DEFAULT_JARS)
  if (jars !== undefined && classPath === null)
    throw new CliError(`${JARS_VARIABLE} ${jars} has no ZooKeeper in it`, { exitCode: 2 })
  const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
  return {
    brokerName: options.brokers,
    hasInnerFaults: options.brokers === 'zurau',
    broker:
      options.brokers === 'zurau'
        ? (path) => own(folderOf(path), 'start', path)
        : (path) => {
            const [command, ...args] = (brokerCommand as string).trim().split(/\s+/)
            return { command: command as string, args: [...args, path], environment }
          },
    zookeeper:
      classPath === null
        ? null
        : (path) => ({
            command: 'java',
            args: [
              ...['-Xms48m', '-Xmx48m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'],
              '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
              '-Dzookeeper.admin.enableServer=false',
              ...['-cp', classPath, 'org.apache.zookeeper.server.quorum.QuorumPeerMain', path],
            ],
            environment,
          }),
    embeddedZookeeper: (port, directory) =>
      own(folderOf(directory), 'drill', 'zookeeper', String(port), directory),
  }
}

/** Null where there is no ZooKeeper. */
function classPathOf(disk: Disk, directory: string): string | null {
  if (disk.status(directory)?.kind !== 'directory') return null
  const names = disk.list(directory)
  if (names.includes('zookeeper.jar'))
    return NEEDED_JARS.map((name) => `${name}.jar`)
      .filter((name) => names.includes(name))
      .map((name) => `${directory}/${name}`)
      .join(':')
  return names.some((name) => /^zookeeper-[0-9.]+\.jar$/.test(name)) ? `${directory}/*` : null
}
