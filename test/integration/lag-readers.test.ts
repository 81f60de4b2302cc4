import { expect } from 'chai'
import kafkajs, { type Admin, type Consumer, type Producer } from 'kafkajs'
import { ClusterClient } from '../../src/client/cluster-client.ts'
import { readPartition } from '../../src/client/partition-reader.ts'
import { ZERO_UUID } from '../../src/model/uuid.ts'
import { createNodePlatform } from '../../src/platform/node/node-platform.ts'
import { startKafka, type TestKafka } from '../../src/testing.ts'
import { createZooKeeperClient, type ZooKeeperClient } from '../../zk/client/create-client.ts'
import { readBurrowOffset, type BurrowOffset } from '../support/burrow-decoder.ts'
import { until } from '../support/until.ts'

const TOPIC = 'orders'
const RECORDS = 10
/** Each group, by where its commits go. */
const STORED = { kafka: 'in-the-topic', zookeeper: 'in-zookeeper', dual: 'in-both' } as const

/** The tools that watch lag read offsets past the usual ways of clients, each in versions of its own. */
describe('those who read lag', function () {
  this.timeout(60_000)
  const platform = createNodePlatform({ log: { level: 'silent' } })
  let cluster: TestKafka
  let client: ClusterClient
  let zooKeeper: ZooKeeperClient
  let kafka: kafkajs.Kafka
  let admin: Admin
  let producer: Producer
  let consumer: Consumer

  before(async () => {
    cluster = await startKafka({
      brokers: 3,
      topics: [{ name: TOPIC, partitions: 3 }],
      config: {
        'offsets.storage.overrides': `${STORED.zookeeper}=zookeeper;${STORED.dual}=dual`,
        'offsets.topic.replication.factor': 1,
      },
    })
    client = new ClusterClient({
      ...platform,
      bootstrap: cluster.brokers.map((broker) => {
        const [host = '', port] = broker.split(':')
        return { host, port: Number(port) }
      }),
      clientId: 'lag-reader',
      requestTimeoutMs: 10_000,
    })
    zooKeeper = await createZooKeeperClient({
      connectString: cluster.zookeeper,
      sessionTimeoutMs: 10_000,
      connectionTimeoutMs: 10_000,
      maxInFlightRequests: 16,
      platform,
    })
    kafka = new kafkajs.Kafka({
      brokers: [...cluster.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
      retry: { retries: 30, maxRetryTime: 1000 },
    })
    admin = kafka.admin()
    producer = kafka.producer()
    consumer = kafka.consumer({ groupId: 'member' })
    await Promise.all([admin.connect(), producer.connect(), consumer.connect()])
    for (const partition of [0, 1, 2]) {
      const messages = Array.from({ length: RECORDS }, (_, n) => ({ partition, value: String(n) }))
      await producer.send({ topic: TOPIC, messages })
    }
    for (const group of Object.values(STORED)) await commit(group, [3, 5])
    let read = 0
    await consumer.subscribe({ topics: [TOPIC], fromBeginning: true })
    await consumer.run({
      autoCommitInterval: 50,
      eachMessage: () => {
        read++
        return Promise.resolve()
      },
    })
    await until(
      async () => read === 3 * RECORDS && (await told('member')).every((offset) => offset === RECORDS),
      'the member has read and committed everything',
    )
  })

  after(async () => {
    await consumer?.disconnect()
    await Promise.all([admin?.disconnect(), producer?.disconnect()])
    await zooKeeper?.close()
    client?.close()
    await cluster?.stop()
  })

  async function commit(groupId: string, offsets: readonly number[]): Promise<void> {
    const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
    await admin.setOffsets({ groupId, topic: TOPIC, partitions })
  }

  async function told(groupId: string): Promise<number[]> {
    const [topic] = await admin.fetchOffsets({ groupId, topics: [TOPIC] })
    return (topic?.partitions ?? []).map(({ offset }) => Number(offset))
  }

  describe('kafka_exporter, in the versions that it asks for by default', () => {
    /** What it does at a scrape: each broker for its groups, and that broker for their offsets. */
    async function scrape(): Promise<Map<string, { members: number; offsets: number[]; broker: number }>> {
      const { brokers } = await client.metadata([])
      const found = new Map<string, { members: number; offsets: number[]; broker: number }>()
      for (const { nodeId } of brokers) {
        const listed = await client.call(nodeId, 'ListGroups', {}, { maxVersion: 0 })
        const names = listed.groups.map(({ groupId }) => groupId)
        const described = await client.call(nodeId, 'DescribeGroups', { groups: names }, { maxVersion: 0 })
        for (const { groupId, errorCode, members } of described.groups) {
          expect(errorCode, groupId).to.equal(0)
          const topics = [{ name: TOPIC, partitionIndexes: [0, 1, 2] }]
          const answer = await client.call(nodeId, 'OffsetFetch', { groupId, topics }, { maxVersion: 4 })
          expect(answer.errorCode, groupId).to.equal(0)
          const offsets = (answer.topics[0]?.partitions ?? []).map((each) => {
            expect(each.errorCode, `${groupId}, ${each.partitionIndex}`).to.equal(0)
            return each.committedOffset
          })
          expect(found.has(groupId), `${groupId} is listed by one broker`).to.equal(false)
          found.set(groupId, { members: members.length, offsets, broker: nodeId })
        }
      }
      return found
    }

    it('finds each group at its coordinator and nowhere else, with the offsets of either store', async () => {
      const groups = await scrape()
      for (const group of Object.values(STORED)) {
        expect(groups.get(group), group).to.deep.include({ members: 0, offsets: [3, 5, -1] })
      }
      expect(groups.get('member')).to.deep.include({ members: 1, offsets: [RECORDS, RECORDS, RECORDS] })
    })

    it('finds leaders, replicas and the ends of logs', async () => {
      const request = { topics: [{ name: TOPIC }], allowAutoTopicCreation: false }
      const { topics } = await client.call('any', 'Metadata', request, { maxVersion: 6 })
      const partitions = topics[0]?.partitions ?? []
      expect(partitions).to.have.length(3)
      for (const { leaderId, partitionIndex, replicaNodes, isrNodes } of partitions) {
        expect([replicaNodes, isrNodes]).to.deep.equal([[leaderId], [leaderId]])
        for (const [timestamp, offset] of [
          [-1, RECORDS],
          [-2, 0],
        ] as const) {
          const { topics: answered } = await client.call(
            leaderId,
            'ListOffsets',
            { replicaId: -1, topics: [{ name: TOPIC, partitions: [{ partitionIndex, timestamp }] }] },
            { maxVersion: 3 },
          )
          expect(answered[0]?.partitions[0]).to.include({ errorCode: 0, offset })
        }
      }
    })

    it('finds groups of the old kind below /consumers', async () => {
      const groups = await zooKeeper.children('/consumers')
      expect(groups).to.include.members([STORED.zookeeper, STORED.dual])
      expect(groups).not.to.include(STORED.kafka)
      for (const group of [STORED.zookeeper, STORED.dual]) {
        const found = await zooKeeper.get(`/consumers/${group}/offsets/${TOPIC}/1`)
        expect(found?.data?.toString()).to.equal('5')
      }
    })
  })

  describe('Burrow', () => {
    /** All of __consumer_offsets, as its decoder sees it; the newest for each key. */
    async function readOffsetsTopic(): Promise<Map<string, BurrowOffset | null>> {
      const { topics } = await client.metadata(['__consumer_offsets'])
      const newest = new Map<string, BurrowOffset | null>()
      for (const { partitionIndex, leaderId } of topics[0]?.partitions ?? []) {
        for (const record of await recordsOf(partitionIndex, leaderId)) {
          const read = readBurrowOffset(record.key, record.value)
          if (read !== null) newest.set(`${read.group} ${read.topic} ${read.partition}`, read.offset)
        }
      }
      return newest
    }

    async function recordsOf(partition: number, leader: number) {
      const records: { key: Buffer | null; value: Buffer | null }[] = []
      for (let fetchOffset = 0; ;) {
        const { responses } = await client.call(
          leader,
          'Fetch',
          {
            replicaId: -1,
            maxWaitMs: 0,
            minBytes: 0,
            maxBytes: 1 << 20,
            sessionEpoch: -1,
            topics: [
              {
                topic: '__consumer_offsets',
                topicId: ZERO_UUID,
                partitions: [{ partition, fetchOffset, partitionMaxBytes: 1 << 20 }],
              },
            ],
          },
          { maxVersion: 4 },
        )
        const bytes = responses[0]?.partitions[0]?.records ?? null
        if (bytes === null || bytes.length === 0) return records
        const where = { topic: '__consumer_offsets', partition, fromOffset: fetchOffset }
        const read = await readPartition(bytes, where, [])
        records.push(...read.records)
        fetchOffset = read.nextOffset
      }
    }

    it('decodes commits and their times from __consumer_offsets', async () => {
      const newest = await readOffsetsTopic()
      for (const group of [STORED.kafka, STORED.dual, 'member']) {
        const found = newest.get(`${group} ${TOPIC} 1`)
        expect(found?.offset, group).to.equal(group === 'member' ? RECORDS : 5)
        expect(found?.timestampMs, group).to.be.within(Date.now() - 60_000, Date.now() + 1000)
      }
      expect(newest.has(`${STORED.zookeeper} ${TOPIC} 1`), 'that one is elsewhere').to.equal(false)
    })

    it('is told by a tombstone that a group is gone', async () => {
      await commit('going', [1])
      expect((await readOffsetsTopic()).get(`going ${TOPIC} 0`)?.offset).to.equal(1)
      await admin.deleteGroups(['going'])
      expect((await readOffsetsTopic()).get(`going ${TOPIC} 0`)).to.equal(null)
    })

    it('hears of every commit below /consumers, also of one that repeats the last', async () => {
      for (const group of [STORED.zookeeper, STORED.dual]) {
        const path = `/consumers/${group}/offsets/${TOPIC}/0`
        let changes = 0
        const before = await zooKeeper.get(path, () => changes++)
        await commit(group, [3])
        await until(() => changes === 1, `${path} has changed`)
        const after = await zooKeeper.get(path)
        expect(after?.data?.toString()).to.equal('3')
        expect(after?.stat.version, 'it was written again').to.be.above(before?.stat.version ?? 0)
        expect(after?.stat.mtimeMs).to.be.at.least(before?.stat.mtimeMs ?? Infinity)
      }
    })
  })
})
