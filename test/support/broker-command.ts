import { existsSync, readdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** A program and its first arguments; the path of a server.properties follows. */
export interface BrokerCommand {
  readonly program: string
  readonly args: readonly string[]
}

const root = resolve(import.meta.dirname, '..', '..')

/**
 * Ours: the file that ZURAU_UNDER_TEST names; else the bundled one, unless it is older than the sources; else the
 * sources themselves.
 */
export function zurauCommand(): BrokerCommand {
  const named = process.env['ZURAU_UNDER_TEST']
  const bundle = join(root, 'dist/zurau.mjs')
  if (named !== undefined) return { program: process.execPath, args: [named, 'start'] }
  if (existsSync(bundle) && statSync(bundle).mtimeMs >= newest(join(root, 'src'), join(root, 'zk'))) {
    return { program: process.execPath, args: [bundle, 'start'] }
  }
  return { program: process.execPath, args: ['--import', 'tsx', join(root, 'src/main.ts'), 'start'] }
}

function newest(...folders: string[]): number {
  let latest = 0
  for (const folder of folders) {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
    }
  }
  return latest
}

/** Few threads and little memory: the machine has to carry several brokers. */
const JAVA_FLAGS = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:-UsePerfData',
  '-Djava.awt.headless=true',
]

/** The jars of Apache Kafka 3.9.1, or null with a loud word: the caller's tests are then skipped. */
export function kafkaJars(whoMisses: string): string | null {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folders = [
    join(cache, 'zurau', 'kafka-3.9.1'),
    join(process.env['PEER_CACHE'] ?? join(cache, 'zurau-peer'), 'libs'),
  ]
  const found = folders.find((folder) => existsSync(join(folder, 'kafka_2.13-3.9.1.jar')))
  if (found !== undefined) return found
  console.warn(
    `SKIPPED ${whoMisses}: no jars of Kafka 3.9.1 in ${folders.join(' or ')} (test/support/install.sh)`,
  )
  return null
}

/** A class of Kafka's, run by Java. */
export function kafkaClass(
  jars: string,
  options: { name: string; heap: string; log4j: string },
): BrokerCommand {
  const { name, heap, log4j } = options
  // Java reads and prints names in the encoding of its locale. `env` becomes java: there is no process in between.
  const java = [`-Xmx${heap}`, ...JAVA_FLAGS, `-Dlog4j.configuration=file:${log4j}`, '-cp', `${jars}/*`, name]
  return { program: 'env', args: ['LC_ALL=C.UTF-8', 'java', ...java] }
}

/** What Kafka's loggers are told; its own words about starting are needed. */
export const LOG4J =
  'log4j.rootLogger=WARN, f\nlog4j.appender.f=org.apache.log4j.ConsoleAppender\n' +
  'log4j.appender.f.layout=org.apache.log4j.PatternLayout\n' +
  'log4j.appender.f.layout.ConversionPattern=[%d] %p %m (%c)%n\nlog4j.logger.kafka.server.KafkaServer=INFO\n'
