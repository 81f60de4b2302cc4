import kafkajs from 'kafkajs'

/**
 * A program: a member of a consumer group, by kafkajs, that says on a line each what it has read, `read PARTITION OFFSET
 * VALUE`, before it commits it, and what it owns, `owns PARTITION ...`. SIGTERM makes it leave.
 *
 *   node --import tsx kafkajs-member.ts BOOTSTRAP GROUP TOPIC
 */
const [bootstrap = '', groupId = '', topic = ''] = process.argv.slice(2)
const { Kafka, logLevel } = kafkajs

const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.WARN, retry: { retries: 100 } })
const consumer = kafka.consumer({
  groupId,
  sessionTimeout: 6000,
  heartbeatInterval: 300,
  rebalanceTimeout: 10_000,
})

consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  console.log(`owns ${(payload.memberAssignment[topic] ?? []).join(' ')}`)
})
process.once('SIGTERM', () => {
  void consumer.disconnect().then(() => process.exit(0))
})

await consumer.connect()
await consumer.subscribe({ topics: [topic], fromBeginning: true })
await consumer.run({
  autoCommitInterval: 200,
  eachMessage: ({ partition, message }) => {
    console.log(`read ${partition} ${message.offset} ${message.value?.toString()}`)
    return Promise.resolve()
  },
})
