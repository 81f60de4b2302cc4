import { key } from '../define.ts'
import { boolean, oneOf, string } from '../types.ts'

/** What Kafka has no key for. None of these is listed by DescribeConfigs until somebody sets it. */
export const zurauKeys = {
  'zurau.http.listen': key({
    type: string(),
    default: '127.0.0.1:8082',
    update: 'read-only',
    importance: 'medium',
    doc:
      'Where the HTTP side listens (health, metrics, admin API, console), as `host:port`; empty for nowhere. It asks ' +
      'for no password, so only this machine reaches it by default. When the default port is taken, as by a second ' +
      'broker on the machine, a free one is used; a port that was asked for must be free.',
    listed: false,
  }),
  'zurau.embedded.zookeeper': key({
    type: boolean(),
    default: false,
    update: 'read-only',
    importance: 'low',
    doc:
      'Starts a standalone ZooKeeper inside this process, at the one address in `zookeeper.connect`. For development ' +
      'and tests: it is a single point of failure.',
    listed: false,
  }),
  'zurau.create.topics': key({
    type: string(),
    default: '',
    update: 'read-only',
    importance: 'low',
    doc:
      'Topics that are created after the start unless they exist: `name:partitions:replicas[:cleanup.policy]` ' +
      'entries with commas between them.',
    listed: false,
  }),
  'zurau.log.level': key({
    type: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal'),
    default: 'info',
    update: 'read-only',
    importance: 'low',
    doc: 'The least important lines that are logged.',
    listed: false,
  }),
  'zurau.log.format': key({
    type: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    update: 'read-only',
    importance: 'low',
    doc: 'How log lines look: JSON, readable, or readable on a terminal and JSON elsewhere.',
    listed: false,
  }),
  'offsets.storage': key({
    type: oneOf('kafka', 'zookeeper', 'dual'),
    default: 'kafka',
    update: 'cluster-wide',
    importance: 'medium',
    doc:
      'Where offsets go that are committed with OffsetCommit version 1 or later: the offsets topic, ZooKeeper, or ' +
      'first the one and then the other. Version 0 always goes to ZooKeeper. Give all brokers the same: a group keeps ' +
      'its offsets where its coordinator, whichever broker that is, says.',
    listed: false,
  }),
  'offsets.storage.overrides': key({
    type: string(),
    default: '',
    update: 'cluster-wide',
    importance: 'low',
    doc:
      'Another `offsets.storage` for some groups: `group=storage` entries with semicolons between them. Set it for all ' +
      'brokers at once (the broker resource without a name). In a group id, `;`, `%` and spaces at the ends are ' +
      'URL-encoded: `%3B`, `%25`, `%20`.',
    listed: false,
  }),
  'offsets.storage.zookeeper.writes': key({
    type: oneOf('multi', 'loop'),
    default: 'multi',
    update: 'cluster-wide',
    importance: 'low',
    doc:
      'How the offsets of one commit are written to ZooKeeper: all in one step, or one znode after the other, as Kafka ' +
      'does. For comparisons.',
    listed: false,
  }),
  'metrics.partition.enable': key({
    type: oneOf('auto', 'true', 'false'),
    default: 'auto',
    update: 'read-only',
    importance: 'low',
    doc: 'Whether there are metrics for each partition: yes, no, or as long as the broker holds fewer than 2,000.',
    listed: false,
  }),
}
