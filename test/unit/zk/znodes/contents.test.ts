import { expect } from 'chai'
import type { Endpoint } from '../../../../src/model/endpoint.ts'
import type {
  BrokerId,
  ControllerEpoch,
  LeaderEpoch,
  Offset,
  PartitionIndex,
  ProducerId,
} from '../../../../src/model/ids.ts'
import type { Uuid } from '../../../../src/model/uuid.ts'
import type { ZnodeCodec } from '../../../../zk/znode.ts'
import { preferredReplicaElection, reassignPartitions } from '../../../../zk/znodes/admin.ts'
import { brokerInfo } from '../../../../zk/znodes/brokers.ts'
import { clusterId, feature, migration } from '../../../../zk/znodes/cluster.ts'
import { brokerConfig, configChange, topicConfig } from '../../../../zk/znodes/config.ts'
import { consumerOffset } from '../../../../zk/znodes/consumers.ts'
import { controller, controllerEpoch } from '../../../../zk/znodes/controller.ts'
import { isrChangeNotification, logDirEventNotification } from '../../../../zk/znodes/notifications.ts'
import { latestProducerIdBlock } from '../../../../zk/znodes/producer-ids.ts'
import {
  delegationToken,
  extendedAclChange,
  literalAclChange,
  literalAcls,
} from '../../../../zk/znodes/security.ts'
import { partitionState, topic } from '../../../../zk/znodes/topics.ts'

const broker = (id: number) => id as BrokerId
const partition = (index: number) => index as PartitionIndex
const plain: Endpoint = {
  listenerName: 'PLAINTEXT',
  securityProtocol: 'PLAINTEXT',
  host: '127.0.0.1',
  port: 19092,
}
const sasl: Endpoint = {
  listenerName: 'SASL_PLAINTEXT',
  securityProtocol: 'SASL_PLAINTEXT',
  host: '127.0.0.1',
  port: 19192,
}

interface Seen<V> {
  readonly what: string
  readonly codec: ZnodeCodec<V>
  readonly value: V
  readonly text: string
}
const seen = <V>(
  what: string,
  znode: { readonly codec: ZnodeCodec<V> },
  value: V,
  text: string,
): Seen<V> => ({
  what,
  codec: znode.codec,
  value,
  text,
})

/** What Apache Kafka 3.9.1 wrote, byte for byte, in the order of its keys. */
const written = [
  seen('/cluster/id', clusterId, 'HxTGL67GQg6rOKnJ-OHDGg', '{"version":"1","id":"HxTGL67GQg6rOKnJ-OHDGg"}'),
  seen(
    'a broker without a rack',
    brokerInfo,
    { endpoints: [plain], rack: null, features: new Map(), jmxPort: -1, timestampMs: 1795262689519 },
    '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://127.0.0.1:19092"],"jmx_port":-1,"port":19092,"host":"127.0.0.1","version":5,"timestamp":"1795262689519"}',
  ),
  seen(
    'a broker with a rack',
    brokerInfo,
    { endpoints: [plain, sasl], rack: 'r1', features: new Map(), jmxPort: -1, timestampMs: 1795262707307 },
    '{"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT","SASL_PLAINTEXT":"SASL_PLAINTEXT"},"endpoints":["PLAINTEXT://127.0.0.1:19092","SASL_PLAINTEXT://127.0.0.1:19192"],"rack":"r1","jmx_port":-1,"port":19092,"host":"127.0.0.1","version":5,"timestamp":"1795262707307"}',
  ),
  seen(
    'a controller',
    controller,
    { broker: broker(1), timestampMs: 1795262690094, kraftControllerEpoch: -1 },
    '{"version":2,"brokerid":1,"timestamp":"1795262690094","kraftControllerEpoch":-1}',
  ),
  seen('/controller_epoch', controllerEpoch, 17 as ControllerEpoch, '17'),
  seen(
    '/feature',
    feature,
    { version: 2, enabled: true, features: new Map() },
    '{"features":{},"version":2,"status":1}',
  ),
  seen(
    'a topic',
    topic,
    {
      topicId: '2jomkhObSTuEK_0nx_Ry6Q' as Uuid,
      partitions: new Map([
        [partition(0), { replicas: [broker(3), broker(1)], adding: [], removing: [] }],
        [partition(1), { replicas: [broker(1), broker(2)], adding: [], removing: [] }],
      ]),
    },
    '{"partitions":{"0":[3,1],"1":[1,2]},"topic_id":"2jomkhObSTuEK_0nx_Ry6Q","adding_replicas":{},"removing_replicas":{},"version":3}',
  ),
  seen(
    'a topic that is being reassigned',
    topic,
    {
      topicId: 'xEE0OgWEQt-GIuqggVgZdg' as Uuid,
      partitions: new Map([
        [
          partition(0),
          { replicas: [broker(2), broker(3), broker(1)], adding: [broker(3)], removing: [broker(1)] },
        ],
      ]),
    },
    '{"partitions":{"0":[2,3,1]},"topic_id":"xEE0OgWEQt-GIuqggVgZdg","adding_replicas":{"0":[3]},"removing_replicas":{"0":[1]},"version":3}',
  ),
  seen(
    'a partition',
    partitionState,
    {
      leader: broker(3),
      leaderEpoch: 0 as LeaderEpoch,
      inSyncReplicas: [broker(3), broker(1)],
      leaderRecoveryState: 'RECOVERED',
      controllerEpoch: 1 as ControllerEpoch,
    },
    '{"controller_epoch":1,"leader":3,"version":1,"leader_epoch":0,"isr":[3,1]}',
  ),
  seen(
    'the configuration of a topic',
    topicConfig,
    new Map([
      ['cleanup.policy', 'compact,delete'],
      ['retention.ms', '1000000'],
    ]),
    '{"version":1,"config":{"cleanup.policy":"compact,delete","retention.ms":"1000000"}}',
  ),
  seen('an empty configuration', brokerConfig, new Map(), '{"version":1,"config":{}}'),
  seen(
    'a change of configuration',
    configChange,
    'brokers/<default>',
    '{"version":2,"entity_path":"brokers/<default>"}',
  ),
  seen(
    'a block of producer ids',
    latestProducerIdBlock,
    { broker: broker(1), firstId: 0 as ProducerId, lastId: 999 as ProducerId },
    '{"version":1,"broker":1,"block_start":"0","block_end":"999"}',
  ),
  seen('a committed offset', consumerOffset, 42 as Offset, '42'),
  seen(
    'a reassignment',
    reassignPartitions,
    [{ topic: 'moving', partition: partition(0), replicas: [broker(1), broker(2)] }],
    '{"version":1,"partitions":[{"topic":"moving","partition":0,"replicas":[1,2]}]}',
  ),
  seen(
    'a preferred election',
    preferredReplicaElection,
    [
      { topic: 'moving', partition: partition(0) },
      { topic: 'auto', partition: partition(0) },
    ],
    '{"version":1,"partitions":[{"topic":"moving","partition":0},{"topic":"auto","partition":0}]}',
  ),
  seen(
    'a change of in-sync replicas',
    isrChangeNotification,
    [{ topic: 't', partition: partition(0) }],
    '{"version":1,"partitions":[{"topic":"t","partition":0}]}',
  ),
  seen(
    'a failed log directory',
    logDirEventNotification,
    { broker: broker(2) },
    '{"version":1,"broker":2,"event":1}',
  ),
  seen(
    'the rules about a topic',
    literalAcls,
    [
      { principal: 'User:alice', permissionType: 'Allow', host: '*', operation: 'Read' },
      { principal: 'User:alice', permissionType: 'Allow', host: '*', operation: 'Write' },
    ],
    '{"acls":[{"principal":"User:alice","permissionType":"Allow","host":"*","operation":"Read"},{"principal":"User:alice","permissionType":"Allow","host":"*","operation":"Write"}],"version":1}',
  ),
  seen('a change of the rules about a topic', literalAclChange, 'TOPIC:auto', 'TOPIC:auto'),
  seen(
    'a change of the rules about a prefix',
    extendedAclChange,
    { resourceType: 'GROUP', name: 'team-', patternType: 'PREFIXED' },
    '{"version":1,"resourceType":"GROUP","name":"team-","patternType":"PREFIXED"}',
  ),
  seen(
    'a delegation token',
    delegationToken,
    {
      tokenId: '0vaXMiVFS7CYsFgXecsmQg',
      owner: 'User:alice',
      tokenRequester: 'User:alice',
      renewers: ['User:bob'],
      issueTimestampMs: 1795262848764,
      expiryTimestampMs: 1795266448764,
      maxTimestampMs: 1795266448765,
    },
    '{"issueTimestamp":1795262848764,"renewers":["User%3Abob"],"tokenRequester":"User%3Aalice","tokenId":"0vaXMiVFS7CYsFgXecsmQg","owner":"User%3Aalice","expiryTimestamp":1795266448764,"maxTimestamp":1795266448765,"version":3}',
  ),
] as readonly Seen<unknown>[]

/** Further texts that a reader must accept, of other versions and other writers. */
const read = [
  seen(
    'a topic of version 1',
    topic,
    {
      topicId: null,
      partitions: new Map([[partition(0), { replicas: [broker(1)], adding: [], removing: [] }]]),
    },
    '{"version":1,"partitions":{"0":[1]}}',
  ),
  seen(
    'a topic of version 2',
    topic,
    {
      topicId: null,
      partitions: new Map([
        [partition(0), { replicas: [broker(1), broker(2)], adding: [broker(2)], removing: [] }],
      ]),
    },
    '{"version":2,"partitions":{"0":[1,2]},"adding_replicas":{"0":[2]},"removing_replicas":{}}',
  ),
  seen('a topic without anything', topic, { topicId: null, partitions: new Map() }, '{"version":3}'),
  seen(
    'a partition that recovers, with fields of the future',
    partitionState,
    {
      leader: broker(-1),
      leaderEpoch: 4 as LeaderEpoch,
      inSyncReplicas: [broker(2)],
      leaderRecoveryState: 'RECOVERING',
      controllerEpoch: 3 as ControllerEpoch,
    },
    '{"version":1,"leader":-1,"leader_epoch":4,"controller_epoch":3,"isr":[2],"leader_recovery_state":1,"x":{}}',
  ),
  seen(
    'a controller of version 1',
    controller,
    { broker: broker(7), timestampMs: 1, kraftControllerEpoch: -1 },
    '{"version":1,"brokerid":7,"timestamp":"1"}',
  ),
  seen(
    'a broker of version 1',
    brokerInfo,
    {
      endpoints: [{ listenerName: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: 'b1', port: 9092 }],
      rack: null,
      features: new Map(),
      jmxPort: 9999,
      timestampMs: 2,
    },
    '{"version":1,"host":"b1","port":9092,"jmx_port":9999,"timestamp":"2"}',
  ),
  seen(
    'a broker of version 3, whose listeners are named after their protocols',
    brokerInfo,
    {
      endpoints: [{ listenerName: 'SASL_SSL', securityProtocol: 'SASL_SSL', host: '::1', port: 9093 }],
      rack: 'dc1',
      features: new Map(),
      jmxPort: -1,
      timestampMs: 3,
    },
    '{"version":3,"host":null,"port":-1,"jmx_port":-1,"timestamp":"3","endpoints":["SASL_SSL://[::1]:9093"],"rack":"dc1"}',
  ),
  seen(
    'a broker of version 5 with features',
    brokerInfo,
    {
      endpoints: [{ listenerName: 'INSIDE', securityProtocol: 'SSL', host: 'b', port: 1 }],
      rack: null,
      features: new Map([['metadata.version', { minVersion: 1, maxVersion: 20 }]]),
      jmxPort: -1,
      timestampMs: 4,
    },
    '{"version":5,"host":null,"port":-1,"jmx_port":-1,"timestamp":"4","endpoints":["INSIDE://b:1"],"listener_security_protocol_map":{"INSIDE":"SSL"},"features":{"metadata.version":{"min_version":1,"max_version":20}}}',
  ),
  seen(
    'a change of configuration of version 1',
    configChange,
    'topics/t',
    '{"version":1,"entity_type":"topics","entity_name":"t"}',
  ),
  seen(
    'features of version 1',
    feature,
    { version: 1, enabled: false, features: new Map([['f', { maxVersionLevel: 3, minVersionLevel: 2 }]]) },
    '{"version":1,"status":0,"features":{"f":{"max_version_level":3,"min_version_level":2}}}',
  ),
  seen('producer ids that were never given out', latestProducerIdBlock, null, ''),
  seen(
    'a migration',
    migration,
    { kraftControllerId: 3000, kraftControllerEpoch: 5 },
    '{"version":0,"kraft_controller_id":3000,"kraft_controller_epoch":5,"kraft_metadata_offset":123,"kraft_metadata_epoch":5}',
  ),
  seen(
    'a delegation token of version 1',
    delegationToken,
    {
      tokenId: 'x',
      owner: 'User:a b',
      tokenRequester: 'User:a b',
      renewers: [],
      issueTimestampMs: 1,
      expiryTimestampMs: 2,
      maxTimestampMs: 3,
    },
    '{"version":1,"owner":"User%3Aa%20b","renewers":[],"issueTimestamp":1,"maxTimestamp":3,"expiryTimestamp":2,"tokenId":"x"}',
  ),
] as readonly Seen<unknown>[]

const malformed: readonly {
  readonly codec: ZnodeCodec<unknown>
  readonly text: string
  readonly fault: RegExp
}[] = [
  { codec: partitionState.codec, text: '', fault: /it is empty/ },
  { codec: partitionState.codec, text: '{"leader":', fault: /it is not JSON/ },
  { codec: partitionState.codec, text: '[1]', fault: /it is not an object/ },
  { codec: partitionState.codec, text: '{"leader":"1"}', fault: /leader is "1", not a whole number/ },
  { codec: partitionState.codec, text: '{"leader":1}', fault: /leader_epoch is missing/ },
  {
    codec: partitionState.codec,
    text: '{"leader":1,"leader_epoch":0,"isr":[1,"2"],"controller_epoch":1}',
    fault: /isr is \[1,"2"\], not a list of whole numbers/,
  },
  { codec: topic.codec, text: '{"partitions":{"x":[1]}}', fault: /"x" is not a partition/ },
  { codec: topic.codec, text: '{"partitions":[[1]]}', fault: /partitions is not an object/ },
  { codec: topic.codec, text: '{"partitions":{},"topic_id":"short"}', fault: /topic_id short is not an id/ },
  { codec: brokerInfo.codec, text: '{"version":0}', fault: /version 0 is below 1/ },
  {
    codec: brokerInfo.codec,
    text: '{"version":4,"endpoints":["nonsense"],"jmx_port":-1}',
    fault: /"nonsense" is not an endpoint/,
  },
  {
    codec: brokerInfo.codec,
    text: '{"version":4,"endpoints":["INSIDE://b:1"],"jmx_port":-1}',
    fault: /listener INSIDE has no known security protocol/,
  },
  { codec: controllerEpoch.codec, text: 'seven', fault: /"seven" is not a whole number/ },
  { codec: consumerOffset.codec, text: '99999999999999999999', fault: /is not a whole number/ },
  {
    codec: configChange.codec,
    text: '{"version":3,"entity_path":"x"}',
    fault: /version 3 is not one of 1, 2/,
  },
  {
    codec: configChange.codec,
    text: '{"version":1,"entity_type":"users","entity_name":"x"}',
    fault: /entity_type users is not one of version 1/,
  },
  {
    codec: topicConfig.codec,
    text: '{"config":{"retention.ms":5}}',
    fault: /config\.retention\.ms is 5, not a text/,
  },
  {
    codec: reassignPartitions.codec,
    text: '{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[2],"log_dirs":["any"]}]}',
    fault: /partitions\[0\]\.log_dirs is unknown/,
  },
  { codec: literalAcls.codec, text: '{"version":2,"acls":[]}', fault: /version 2 is not one of 1/ },
  {
    codec: logDirEventNotification.codec,
    text: '{"version":1,"broker":1,"event":2}',
    fault: /event 2 is unknown/,
  },
  { codec: feature.codec, text: '{"version":2,"status":7}', fault: /status 7 is neither 0 nor 1/ },
  {
    codec: latestProducerIdBlock.codec,
    text: '{"version":1,"broker":1,"block_start":"0","block_end":"9223372036854775807"}',
    fault: /block_end is "9223372036854775807", not a whole number in quotes/,
  },
]

describe('contents of znodes', () => {
  for (const { what, codec, value, text } of written) {
    it(`write ${what} as Kafka 3.9.1 does`, () => {
      expect(codec.encode(value)?.toString()).to.equal(text)
    })
  }

  for (const { what, codec, value, text } of [...written, ...read]) {
    it(`are read: ${what}`, () => {
      expect(codec.decode(Buffer.from(text), '/p')).to.deep.equal(value)
    })
  }

  for (const { codec, text, fault } of malformed) {
    it(`are refused with their path: ${text.slice(0, 70)}`, () => {
      expect(() => codec.decode(Buffer.from(text), '/some/path'))
        .to.throw(fault)
        .that.includes({ path: '/some/path' })
    })
  }

  it('put a recovering leader where a map of Kafka would', () => {
    const state = {
      leader: broker(1),
      leaderEpoch: 2 as LeaderEpoch,
      inSyncReplicas: [broker(1)],
      leaderRecoveryState: 'RECOVERING',
      controllerEpoch: 1 as ControllerEpoch,
    } as const
    expect(partitionState.encode(state)?.toString()).to.equal(
      '{"controller_epoch":1,"leader":1,"version":1,"leader_recovery_state":1,"leader_epoch":2,"isr":[1]}',
    )
  })

  it('say host null and port -1 of a broker without a plaintext endpoint', () => {
    const info = { endpoints: [sasl], rack: null, features: new Map(), jmxPort: -1, timestampMs: 1 }
    expect(brokerInfo.encode(info)?.toString()).to.include('"port":-1,"host":null')
  })
})
