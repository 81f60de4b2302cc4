import { key } from '../define.ts'
import { kafkaVersion } from '../special-types.ts'
import { boolean, className, int, long, string } from '../types.ts'
import { NO_EFFECT } from './no-effect.ts'

/** Who this broker is, and how it starts and stops. */
export const serverKeys = {
  'broker.id': key({
    type: int(),
    default: -1,
    update: 'read-only',
    importance: 'high',
    doc:
      'The number of this broker, unique in its cluster. With -1 and generation enabled, a number ' +
      'above `reserved.broker.max.id` is taken from ZooKeeper at the first start and kept in ' +
      '`meta.properties`.',
  }),
  'broker.id.generation.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'medium',
    doc: 'Whether a broker whose `broker.id` is -1 may take a number from ZooKeeper.',
  }),
  'reserved.broker.max.id': key({
    type: int({ min: 0 }),
    default: 1000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The highest number that may be written as `broker.id`; generated numbers begin above it.',
  }),
  'node.id': key({
    type: int(),
    default: -1,
    update: 'read-only',
    importance: 'high',
    doc: 'Another name for `broker.id`; when both are set they must agree.',
  }),
  'broker.rack': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'medium',
    doc:
      'Where this broker stands, for example a host or an availability zone. Replicas of a partition ' +
      'are spread over racks, and clients that name their rack may fetch from the nearest replica.',
  }),
  'inter.broker.protocol.version': key({
    type: kafkaVersion(),
    default: '3.9-IV0',
    update: 'read-only',
    importance: 'medium',
    doc:
      'The version of Kafka whose messages brokers exchange. Lower it while a cluster with older ' +
      'brokers is upgraded one broker at a time.',
  }),
  'num.io.threads': key({
    type: int({ min: 1 }),
    default: 8,
    update: 'cluster-wide',
    importance: 'high',
    doc: 'How many threads of Kafka work off requests.',
    noEffect: NO_EFFECT.threads,
  }),
  'background.threads': key({
    type: int({ min: 1 }),
    default: 10,
    update: 'cluster-wide',
    importance: 'high',
    doc: 'How many threads of Kafka do scheduled work.',
    noEffect: NO_EFFECT.threads,
  }),
  'request.timeout.ms': key({
    type: int(),
    default: 30_000,
    update: 'read-only',
    importance: 'high',
    doc: 'How long this broker waits for the answer to a request that it sends, in milliseconds.',
  }),
  'controlled.shutdown.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'medium',
    doc: 'Whether a stopping broker hands its partitions to other leaders before it closes its listeners.',
  }),
  'controlled.shutdown.max.retries': key({
    type: int(),
    default: 3,
    update: 'read-only',
    importance: 'medium',
    doc:
      'How often a stopping broker asks the controller to take its leaders over before it stops ' +
      'without that.',
  }),
  'controlled.shutdown.retry.backoff.ms': key({
    type: long(),
    default: 5000,
    update: 'read-only',
    importance: 'medium',
    doc: 'Pause between two such attempts, in milliseconds.',
  }),
  'auto.create.topics.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'high',
    doc: "Whether a producer's or consumer's request for metadata of a missing topic creates it.",
  }),
  'delete.topic.enable': key({
    type: boolean(),
    default: true,
    update: 'read-only',
    importance: 'high',
    doc: 'Whether topics can be deleted. When false, requests to delete are refused.',
  }),
  'num.partitions': key({
    type: int({ min: 1 }),
    default: 1,
    update: 'read-only',
    importance: 'medium',
    doc: 'Partitions of a topic that is created without saying how many.',
  }),
  'default.replication.factor': key({
    type: int(),
    default: 1,
    update: 'read-only',
    importance: 'medium',
    doc: 'Replicas of each partition of a topic that is created without saying how many.',
  }),
  'max.request.partition.size.limit': key({
    type: int({ min: 1 }),
    default: 2000,
    update: 'read-only',
    importance: 'medium',
    doc: 'The most partitions that one answer to DescribeTopicPartitions holds.',
    noEffect: NO_EFFECT.kraft,
  }),
  'create.topic.policy.class.name': key({
    type: className(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc: 'A Java class that judges new topics. No such class can be loaded here, so any name is refused.',
  }),
  'alter.config.policy.class.name': key({
    type: className(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc:
      'A Java class that judges changes of configuration. No such class can be loaded here, so any ' +
      'name is refused.',
  }),
  'delete.records.purgatory.purge.interval.requests': key({
    type: int(),
    default: 1,
    update: 'read-only',
    importance: 'medium',
    doc: 'After how many completed operations the waiting list of DeleteRecords is swept.',
  }),
  'security.providers': key({
    type: string(),
    default: null,
    update: 'read-only',
    importance: 'low',
    doc: 'Java classes that create security providers.',
    noEffect: NO_EFFECT.jvm,
  }),
  'unstable.api.versions.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'high',
    doc: 'Whether API versions under development are offered.',
    listed: false,
    noEffect: NO_EFFECT.kraft,
  }),
  'unstable.feature.versions.enable': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'high',
    doc: 'Whether feature versions under development are offered.',
    listed: false,
    noEffect: NO_EFFECT.kraft,
  }),
  'server.max.startup.time.ms': key({
    type: long({ min: 0 }),
    default: Infinity,
    update: 'read-only',
    importance: 'medium',
    doc: 'How long a KRaft broker may take to start, in milliseconds.',
    listed: false,
    noEffect: NO_EFFECT.kraft,
  }),
}
