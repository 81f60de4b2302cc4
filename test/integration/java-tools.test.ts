import { expect } from 'chai'
import { ClusterClient } from '../../src/client/cluster-client.ts'
import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { buildBatch } from '../../src/records/batch-builder.ts'
import { RecipeCluster, startZooKeeper, type ClusterZooKeeper } from '../conformance/cluster.ts'
import { KafkaTools } from '../support/kafka-tool.ts'

const WHO = 'what Kafka’s own tools print'
const tools39 = KafkaTools.find('3.9.1', WHO)
const tools28 = KafkaTools.find('2.8.2', `${WHO} with --zookeeper`)

const TOOLS = 'org.apache.kafka.tools'
/** Several tools in one test, each a Java of its own, on a machine that does other things, too. */
const TEST_TIMEOUT_MS = 240_000
const START_TIMEOUT_MS = 60_000

/** Every expected line is what the tool printed against Apache Kafka 3.9.1; ids and directories are masked. */
describe('Apache Kafka’s own tools print what they print against Kafka', function () {
  this.timeout(TEST_TIMEOUT_MS)
  let zooKeeper: ClusterZooKeeper
  let cluster: RecipeCluster

  before(async function () {
    this.timeout(START_TIMEOUT_MS)
    if (tools39 === null && tools28 === null) return
    zooKeeper = await startZooKeeper()
    cluster = await RecipeCluster.start(
      { ids: [0], lines: 'log.dirs={DIR}/data,{DIR}/data2' },
      zooKeeper.connectString,
    )
  })

  after(async function () {
    this.timeout(START_TIMEOUT_MS)
    tools39?.close()
    tools28?.close()
    await cluster?.stop()
    await zooKeeper?.stop()
  })

  /** Runs a 3.9 tool against the cluster; returns its lines, with a last one that says how it ended. */
  async function tool(name: string, ...args: string[]): Promise<string[]> {
    const { lines, exitCode } = await (tools39 ?? missing()).run(name, [
      '--bootstrap-server',
      cluster.bootstrap(false),
      ...args,
    ])
    return [...lines.map(masked), `exit ${exitCode}`]
  }

  /** Runs a 2.8 tool against the ensemble. */
  async function oldTool(name: string, ...args: string[]): Promise<string[]> {
    const where = ['--zookeeper', cluster.connectString]
    const { lines, exitCode } = await (tools28 ?? missing()).run(name, [...where, ...args])
    return [...lines.map(masked), `exit ${exitCode}`]
  }

  /** What a test begins with is made without a Java of its own. */
  async function withClient(act: (client: ClusterClient) => Promise<void>): Promise<void> {
    const [host = '', port] = cluster.bootstrap(false).split(':')
    const { clock, network } = createNodePlatform()
    const client = new ClusterClient({
      clock,
      network,
      bootstrap: [{ host, port: Number(port) }],
      clientId: 'arrange',
      requestTimeoutMs: 10_000,
    })
    try {
      await act(client)
    } finally {
      client.close()
    }
  }

  const createTopic = (name: string, numPartitions: number) =>
    withClient(async (client) => {
      const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] }
      const { topics } = await client.call('any', 'CreateTopics', { topics: [topic], timeoutMs: 10_000 })
      expect(topics[0]?.errorCode, `creation of ${name}`).to.equal(0)
    })

  const produce = (name: string, index: number, count: number) =>
    withClient(async (client) => {
      const records = buildBatch(Array.from({ length: count }, (_, each) => ({ value: `${each}` })))
      const { responses } = await client.call('any', 'Produce', {
        transactionalId: null,
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name, partitionData: [{ index, records }] }],
      })
      expect(responses[0]?.partitionResponses[0]?.errorCode, `records of ${name}`).to.equal(0)
    })

  const kafkaTopics = (...args: string[]) => tool(`${TOOLS}.TopicCommand`, ...args)
  const kafkaConfigs = (...args: string[]) => tool('kafka.admin.ConfigCommand', ...args)

  it('kafka-topics', async function () {
    if (tools39 === null) this.skip()
    const layout = ['--partitions', '2', '--replication-factor', '1']
    const created = await kafkaTopics(
      '--create',
      '--topic',
      'orders',
      ...layout,
      '--config',
      'retention.ms=86400000',
    )
    expect(created).to.deep.equal(['Created topic orders.', 'exit 0'])
    expect(await kafkaTopics('--describe', '--topic', 'orders')).to.deep.equal([
      'Topic: orders\tTopicId: <id>\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: retention.ms=86400000',
      '\tTopic: orders\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0\tElr: N/A\tLastKnownElr: N/A',
      '\tTopic: orders\tPartition: 1\tLeader: 0\tReplicas: 0\tIsr: 0\tElr: N/A\tLastKnownElr: N/A',
      'exit 0',
    ])
    expect(await kafkaTopics('--alter', '--topic', 'orders', '--partitions', '3')).to.deep.equal(['exit 0'])
    expect(await kafkaTopics('--list', '--topic', 'orders')).to.deep.equal(['orders', 'exit 0'])
    expect(await kafkaTopics('--delete', '--topic', 'orders')).to.deep.equal(['exit 0'])
    expect(await kafkaTopics('--describe', '--topic', 'orders')).to.deep.equal([
      "Error while executing topic command : Topic 'Optional[orders]' does not exist as expected",
      'exit 1',
    ])
  })

  it('kafka-configs, of topics', async function () {
    if (tools39 === null) this.skip()
    await createTopic('settings', 1)
    const entity = ['--entity-type', 'topics', '--entity-name', 'settings']
    const changes = 'segment.bytes=1048576,cleanup.policy=[compact,delete]'
    expect(await kafkaConfigs(...entity, '--alter', '--add-config', changes)).to.deep.equal([
      'Completed updating config for topic settings.',
      'exit 0',
    ])
    expect(await kafkaConfigs(...entity, '--describe')).to.deep.equal([
      'Dynamic configs for topic settings are:',
      '  cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}',
      '  segment.bytes=1048576 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:segment.bytes=1048576, DEFAULT_CONFIG:log.segment.bytes=1073741824}',
      'exit 0',
    ])
  })

  it('kafka-configs, of one broker and of all', async function () {
    if (tools39 === null) this.skip()
    const one = ['--entity-type', 'brokers', '--entity-name', '0']
    const all = ['--entity-type', 'brokers', '--entity-default']
    expect(await kafkaConfigs(...one, '--alter', '--add-config', 'log.cleaner.threads=2')).to.deep.equal([
      'Completed updating config for broker 0.',
      'exit 0',
    ])
    expect(await kafkaConfigs(...one, '--describe')).to.deep.equal([
      'Dynamic configs for broker 0 are:',
      '  log.cleaner.threads=2 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.cleaner.threads=2, DEFAULT_CONFIG:log.cleaner.threads=1}',
      'exit 0',
    ])
    expect(await kafkaConfigs(...all, '--alter', '--add-config', 'num.partitions=3')).to.include('exit 1')
    expect(await kafkaConfigs(...all, '--alter', '--add-config', 'background.threads=12')).to.deep.equal([
      'Completed updating default config for brokers in the cluster.',
      'exit 0',
    ])
    expect(await kafkaConfigs(...all, '--describe')).to.deep.equal([
      'Default configs for brokers in the cluster are:',
      '  background.threads=12 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:background.threads=12}',
      'exit 0',
    ])
  })

  it('kafka-get-offsets, kafka-delete-records and kafka-log-dirs', async function () {
    if (tools39 === null) this.skip()
    await createTopic('records', 2)
    await produce('records', 0, 3)
    expect(await tool(`${TOOLS}.GetOffsetShell`, '--topic', 'records')).to.deep.equal([
      'records:0:3',
      'records:1:0',
      'exit 0',
    ])
    const partitions = [
      { topic: 'records', partition: 0, offset: 1 },
      { topic: 'records', partition: 1, offset: 0 },
    ]
    const file = tools39.file('offsets.json', JSON.stringify({ version: 1, partitions }))
    const deleted = await tool(`${TOOLS}.DeleteRecordsCommand`, '--offset-json-file', file)
    expect(deleted).to.deep.equal([
      'Executing records delete operation',
      'Records delete operation completed:',
      'partition: records-0\tlow_watermark: 1',
      'partition: records-1\tlow_watermark: 0',
      'exit 0',
    ])
    expect(await tool(`${TOOLS}.GetOffsetShell`, '--topic', 'records', '--time', '-2')).to.deep.equal([
      'records:0:1',
      'records:1:0',
      'exit 0',
    ])
    const [first, second, json, end] = await tool(
      `${TOOLS}.LogDirsCommand`,
      '--describe',
      '--topic-list',
      'records',
    )
    expect([first, second, end]).to.deep.equal([
      'Querying brokers for log directories information',
      'Received log directory information from brokers 0',
      'exit 0',
    ])
    const told = JSON.parse(json ?? '') as {
      brokers: { broker: number; logDirs: { error: string | null; partitions: { partition: string }[] }[] }[]
    }
    const [broker] = told.brokers
    expect(broker?.logDirs.map(({ error }) => error)).to.deep.equal([null, null])
    const held = broker?.logDirs.flatMap((directory) => directory.partitions) ?? []
    expect(held.map(({ partition }) => partition).sort()).to.deep.equal(['records-0', 'records-1'])
  })

  it('kafka-leader-election and kafka-reassign-partitions', async function () {
    if (tools39 === null) this.skip()
    await createTopic('moved', 1)
    const place = ['--topic', 'moved', '--partition', '0']
    expect(
      await tool(`${TOOLS}.LeaderElectionCommand`, '--election-type', 'preferred', ...place),
    ).to.deep.equal(['Valid replica already elected for partitions moved-0', 'exit 0'])
    const partitions = [{ topic: 'moved', partition: 0, replicas: [0] }]
    const plan = [
      '--reassignment-json-file',
      tools39.file('plan.json', JSON.stringify({ version: 1, partitions })),
    ]
    const reassign = (...args: string[]) => tool(`${TOOLS}.reassign.ReassignPartitionsCommand`, ...args)
    expect(await reassign(...plan, '--execute')).to.deep.equal([
      'Current partition replica assignment',
      '{"version":1,"partitions":[{"topic":"moved","partition":0,"replicas":[0],"log_dirs":["any"]}]}',
      'Save this to use as the --reassignment-json-file option during rollback',
      'Successfully started partition reassignment for moved-0',
      'exit 0',
    ])
    expect(await reassign(...plan, '--verify')).to.deep.equal([
      'Status of partition reassignment:',
      'Reassignment of partition moved-0 is completed.',
      'Clearing broker-level throttles on broker 0',
      'Clearing topic-level throttles on topic moved',
      'exit 0',
    ])
    expect(await reassign('--list')).to.deep.equal(['No partition reassignments found.', 'exit 0'])
  })

  it('kafka-topics and kafka-configs of 2.8, which write to ZooKeeper themselves', async function () {
    if (tools28 === null) this.skip()
    const layout = ['--partitions', '2', '--replication-factor', '1']
    expect(await oldTool('kafka.admin.TopicCommand', '--create', '--topic', 'old', ...layout)).to.deep.equal([
      'Created topic old.',
      'exit 0',
    ])
    expect(await oldTool('kafka.admin.TopicCommand', '--describe', '--topic', 'old')).to.deep.equal([
      'Topic: old\tTopicId: <id>\tPartitionCount: 2\tReplicationFactor: 1\tConfigs:',
      '\tTopic: old\tPartition: 0\tLeader: 0\tReplicas: 0\tIsr: 0',
      '\tTopic: old\tPartition: 1\tLeader: 0\tReplicas: 0\tIsr: 0',
      'exit 0',
    ])
    const entity = ['--entity-type', 'topics', '--entity-name', 'old']
    const altered = await oldTool(
      'kafka.admin.ConfigCommand',
      ...entity,
      '--alter',
      '--add-config',
      'retention.ms=1000',
    )
    expect(altered).to.deep.equal([
      'Warning: --zookeeper is deprecated and will be removed in a future version of Kafka.',
      'Use --bootstrap-server instead to specify a broker to connect to.',
      "Completed updating config for entity: topic 'old'.",
      'exit 0',
    ])
    expect(await oldTool('kafka.admin.TopicCommand', '--delete', '--topic', 'old')).to.deep.equal([
      'Topic old is marked for deletion.',
      'Note: This will have no impact if delete.topic.enable is not set to true.',
      'exit 0',
    ])
  })
})

function missing(): never {
  throw new Error('the tools are not here')
}

function masked(line: string): string {
  return line.replace(/TopicId: [\w-]{22}/, 'TopicId: <id>')
}
