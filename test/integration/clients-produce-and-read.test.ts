import { expect } from 'chai'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { goClient, lacksGoClient } from '../support/go-client.ts'
import { kafkaClass, kafkaJars, LOG4J } from '../support/broker-command.ts'
import { RealCluster } from '../support/real-cluster.ts'
import { startRealZooKeeper, type RealZooKeeper } from '../support/real-zookeeper.ts'

const LINES = Array.from({ length: 500 }, (_, index) => `line ${index} ${'x'.repeat(index % 90)}`)
const MANY_LINES = 100_000
const MAX_BUFFER = 256 * 1024 * 1024
const CLIENT_DEADLINE_MS = 60_000

/** A foreign client: writes lines to partition 0 of a topic, idempotently where it can, and reads them from there. */
interface ForeignClient {
  readonly name: string
  /** Why it cannot be had here; null when it can. */
  readonly lacks: () => string | null
  readonly produce: (bootstrap: string, topic: string, lines: readonly string[]) => Promise<void>
  readonly read: (bootstrap: string, topic: string, count: number) => Promise<string[]>
}

/** Runs a program with an input, and returns the lines that it printed. */
async function linesOf(program: string, args: readonly string[], input = ''): Promise<string[]> {
  const running = promisify(execFile)(program, args, { maxBuffer: MAX_BUFFER, timeout: CLIENT_DEADLINE_MS })
  running.child.stdin?.end(input)
  const { stdout } = await running
  return stdout.split('\n').slice(0, -1)
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')
const lacksCommand =
  (command: string, ...args: string[]) =>
  () =>
    spawnSync(command, args).status === 0 ? null : `there is no ${command}`

const kcat: ForeignClient = {
  name: 'kcat (librdkafka)',
  lacks: lacksCommand('kcat', '-V'),
  produce: async (bootstrap, topic, lines) => {
    const settings = ['-X', 'enable.idempotence=true', '-X', 'acks=all']
    await linesOf('kcat', ['-P', '-b', bootstrap, '-t', topic, '-p', '0', ...settings], asText(lines))
  },
  read: (bootstrap, topic, count) =>
    linesOf('kcat', [
      '-C',
      '-b',
      bootstrap,
      '-t',
      topic,
      '-p',
      '0',
      '-o',
      'beginning',
      '-c',
      `${count}`,
      '-q',
    ]),
}

function kafkajsClient(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
}

const kafkajs: ForeignClient = {
  name: 'kafkajs',
  lacks: () => null,
  produce: async (bootstrap, topic, lines) => {
    const producer = kafkajsClient(bootstrap).producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: lines.map((value) => ({ value, partition: 0 })) })
    await producer.disconnect()
  },
  read: async (bootstrap, topic, count) => {
    const consumer = kafkajsClient(bootstrap).consumer({ groupId: `readers-of-${topic}` })
    const lines: string[] = []
    await consumer.connect()
    try {
      await consumer.subscribe({ topic, fromBeginning: true })
      await new Promise<void>((resolve, reject) => {
        setTimeout(
          () => reject(new Error(`${lines.length} of ${count} lines came`)),
          CLIENT_DEADLINE_MS,
        ).unref()
        const eachMessage = ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
          lines.push(message.value?.toString() ?? '')
          if (lines.length === count) resolve()
          return Promise.resolve()
        }
        consumer.run({ eachMessage }).catch(reject)
      })
    } finally {
      await consumer.disconnect()
    }
    return lines
  },
}

const go: ForeignClient = {
  name: 'Go (franz-go)',
  lacks: lacksGoClient,
  produce: async (bootstrap, topic, lines) => {
    await linesOf(goClient, ['produce', bootstrap, topic], asText(lines))
  },
  read: (bootstrap, topic, count) => linesOf(goClient, ['consume', bootstrap, topic, `${count}`]),
}

const PYTHON_PRODUCE = `
import sys
from confluent_kafka import Producer
producer = Producer({'bootstrap.servers': sys.argv[1], 'enable.idempotence': True})
failed = []
for line in sys.stdin:
    producer.produce(sys.argv[2], line.rstrip('\\n'), partition=0, on_delivery=lambda error, _: error and failed.append(error))
    producer.poll(0)
producer.flush(60)
sys.exit(str(failed[0]) if failed else 0)
`
const PYTHON_READ = `
import sys
from confluent_kafka import Consumer, TopicPartition
consumer = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'reader', 'enable.auto.commit': False})
consumer.assign([TopicPartition(sys.argv[2], 0, 0)])
for _ in range(int(sys.argv[3])):
    message = consumer.poll(30)
    if message is None or message.error():
        sys.exit(str(message and message.error()))
    print(message.value().decode())
consumer.close()
`
const python =
  process.env['ZURAU_PYTHON'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'zurau/python/bin/python3')
const confluent: ForeignClient = {
  name: 'Python (confluent-kafka)',
  lacks: () =>
    existsSync(python) && spawnSync(python, ['-c', 'import confluent_kafka']).status === 0
      ? null
      : `no confluent-kafka in ${python} (test/support/install.sh)`,
  produce: async (bootstrap, topic, lines) => {
    await linesOf(python, ['-c', PYTHON_PRODUCE, bootstrap, topic], asText(lines))
  },
  read: (bootstrap, topic, count) => linesOf(python, ['-c', PYTHON_READ, bootstrap, topic, `${count}`]),
}

const jars = kafkaJars("Java's console producer and consumer")
const log4j = join(tmpdir(), `zurau-log4j-${process.pid}.properties`)
function java(name: string, args: readonly string[], input?: string): Promise<string[]> {
  const command = kafkaClass(jars as string, { name, heap: '192m', log4j })
  return linesOf(command.program, [...command.args, ...args], input)
}
const console3: ForeignClient = {
  name: "Java's console producer and consumer",
  lacks: () => (jars === null ? 'no jars of Kafka' : null),
  produce: async (bootstrap, topic, lines) => {
    const args = [
      '--bootstrap-server',
      bootstrap,
      '--topic',
      topic,
      '--producer-property',
      'enable.idempotence=true',
    ]
    await java('kafka.tools.ConsoleProducer', args, asText(lines))
  },
  read: (bootstrap, topic, count) =>
    java('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', bootstrap, '--topic', topic, '--partition', '0'],
      ...['--offset', 'earliest', '--max-messages', `${count}`, '--timeout-ms', '30000'],
    ]),
}

describe('clients of others', function () {
  this.timeout(300_000)
  let zooKeeper: RealZooKeeper
  let cluster: RealCluster
  const folder = mkdtempSync(join(tmpdir(), 'zurau-clients-'))

  before(async () => {
    writeFileSync(log4j, LOG4J)
    zooKeeper = await startRealZooKeeper({ servers: 1 })
    cluster = await RealCluster.start({
      brokers: { 1: 'zurau' },
      zooKeeper: `${zooKeeper.connectString}/some/chroot`,
    })
  })
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.log(cluster.diagnosis())
  })
  after(async () => {
    await cluster.stop()
    await zooKeeper.stop()
    for (const path of [folder, log4j]) rmSync(path, { recursive: true, force: true })
  })

  for (const client of [kcat, kafkajs, go, confluent, console3]) {
    it(`${client.name} writes lines and reads them again`, async function () {
      const reason = client.lacks()
      if (reason !== null) {
        console.warn(`SKIPPED ${client.name}: ${reason}`)
        return this.skip()
      }
      const topic = `lines-${client.name.replaceAll(/[^a-z]/gi, '-')}`
      await cluster.createTopic(topic, { partitions: 1, replicas: 1 })
      await client.produce(cluster.bootstrap, topic, LINES)
      expect(await client.read(cluster.bootstrap, topic, LINES.length)).to.deep.equal(LINES)
    })
  }

  it('kcat reads a large file back byte for byte after kill -9, without gaps in the offsets', async function () {
    if (kcat.lacks() !== null) return this.skip()
    const text = asText(
      Array.from({ length: MANY_LINES }, (_, index) => `${index} of many, ${'é✓'.repeat(index % 20)}`),
    )
    mkdirSync(folder, { recursive: true })
    const file = join(folder, 'lines.txt')
    writeFileSync(file, text)
    await cluster.createTopic('large', { partitions: 1, replicas: 1 })
    execFileSync('kcat', [
      '-P',
      '-b',
      cluster.bootstrap,
      '-t',
      'large',
      '-p',
      '0',
      '-X',
      'acks=all',
      '-l',
      file,
    ])
    await cluster.kill(1)
    await cluster.up(1)
    const read = await linesOf('kcat', [
      '-C',
      '-b',
      cluster.bootstrap,
      '-t',
      'large',
      '-p',
      '0',
      '-o',
      'beginning',
      '-c',
      `${MANY_LINES}`,
      '-q',
      '-f',
      '%o %s\\n',
    ])
    const offsets = read.map((line) => Number(line.slice(0, line.indexOf(' '))))
    expect(offsets.every((offset, index) => offset === index)).to.equal(true)
    expect(asText(read.map((line) => line.slice(line.indexOf(' ') + 1))) === text).to.equal(true)
  })

  it("finds in ZooKeeper what Kafka's tools expect, below the chroot", async () => {
    await cluster.createTopic('shown', { partitions: 1, replicas: 1 })
    const broker = await cluster.znode<Record<string, unknown>>('/brokers/ids/1')
    expect(Object.keys(broker?.value ?? {})).to.have.members([
      'features',
      'listener_security_protocol_map',
      'endpoints',
      'jmx_port',
      'port',
      'host',
      'version',
      'timestamp',
    ])
    expect(broker?.value).to.include({ jmx_port: -1, port: cluster.portOf(1), host: '127.0.0.1', version: 5 })
    const controller = await cluster.znode<Record<string, unknown>>('/controller')
    expect(controller?.value).to.include({ version: 2, brokerid: 1, kraftControllerEpoch: -1 })
    const topic = await cluster.znode<Record<string, unknown>>('/brokers/topics/shown')
    expect(topic?.value).to.deep.include({
      partitions: { '0': [1] },
      adding_replicas: {},
      removing_replicas: {},
      version: 3,
    })
    expect(await cluster.partitionState('shown', 0)).to.deep.include({
      leader: 1,
      leader_epoch: 0,
      isr: [1],
      version: 1,
    })
  })
})
