import { groupKeys } from '../../config/broker-keys/group.ts'
import { kraftKeys } from '../../config/broker-keys/kraft.ts'
import { logCleanerKeys } from '../../config/broker-keys/log-cleaner.ts'
import { logKeys } from '../../config/broker-keys/log.ts'
import { metricsKeys } from '../../config/broker-keys/metrics.ts'
import { networkKeys } from '../../config/broker-keys/network.ts'
import { newGroupsKeys } from '../../config/broker-keys/new-groups.ts'
import { quotaKeys } from '../../config/broker-keys/quota.ts'
import { remoteStorageKeys } from '../../config/broker-keys/remote-storage.ts'
import { replicationKeys } from '../../config/broker-keys/replication.ts'
import { saslKeys } from '../../config/broker-keys/sasl.ts'
import { securityKeys } from '../../config/broker-keys/security.ts'
import { serverKeys } from '../../config/broker-keys/server.ts'
import { sslKeys } from '../../config/broker-keys/ssl.ts'
import { transactionKeys } from '../../config/broker-keys/transaction.ts'
import { zookeeperKeys } from '../../config/broker-keys/zookeeper.ts'
import { zurauKeys } from '../../config/broker-keys/zurau.ts'
import { brokerKey, brokerKeyNames } from '../../config/broker-keys.ts'
import type { Key } from '../../config/define.ts'
import { defaultTextOf } from '../../config/layers.ts'
import { synonymsOf } from '../../config/synonyms.ts'
import type { TopicKey } from '../../config/topic-keys.ts'
import { topicKeyNames, topicKeys } from '../../config/topic-keys.ts'

type KeyTable = Readonly<Record<string, Key<unknown>>>

const areas: readonly (readonly [title: string, about: string, keys: KeyTable])[] = [
  ["Zürau's own keys", 'What Kafka has no key for.', zurauKeys],
  ['Server', 'Who a broker is, and how it starts and stops.', serverKeys],
  ['ZooKeeper', "The ensemble that holds the cluster's metadata.", zookeeperKeys],
  ['Network', 'Listeners, sockets and connections.', networkKeys],
  ['Logs', 'Segments, retention, flushing.', logKeys],
  ['Compaction', 'The cleaner of logs whose policy is `compact`.', logCleanerKeys],
  ['Replication', 'Replicas, in-sync replicas and their leaders.', replicationKeys],
  ['Groups', 'Consumer groups and their offsets.', groupKeys],
  ['Transactions', 'Transactions and idempotent producers.', transactionKeys],
  ['Security', 'Authorization, principals, delegation tokens, stored passwords.', securityKeys],
  ['TLS', 'Each key may carry the prefix `listener.name.NAME.`.', sslKeys],
  [
    'SASL',
    'Each key may carry the prefix `listener.name.NAME.`, and what belongs to one mechanism ' +
      '`listener.name.NAME.MECHANISM.`.',
    saslKeys,
  ],
  ['Quotas', 'Windows of quotas, and throttles of replication.', quotaKeys],
  ['Metrics', "Kafka's own ways to report metrics.", metricsKeys],
  ['New group protocols', 'Keys of KRaft clusters (KIP-848, KIP-932).', newGroupsKeys],
  ['Tiered storage', 'Keys of KIP-405.', remoteStorageKeys],
  ['KRaft', 'Accepted, so that one file can serve both.', kraftKeys],
]

const INTRODUCTION = `# Configuration

A broker reads Kafka's \`server.properties\` as it is: the official names, types, defaults and limits of Kafka 3.9. Values
come from, weakest first: the defaults below, the properties file, environment variables, \`--override key=value\`, the
dynamic configuration of all brokers (\`/config/brokers/<default>\` in ZooKeeper), that of one broker
(\`/config/brokers/N\`), and for a topic its own configuration. \`zurau config explain\` prints every value with its origin.

## How to read the tables

- *Update* says how a key may change while the broker runs: \`read-only\` by a restart, \`per-broker\` or \`cluster-wide\`
  as dynamic configuration, \`per-listener\` per broker and with the prefix \`listener.name.NAME.\` only, \`dynamic-only\`
  like \`cluster-wide\` but not in a file.
- A key *without effect* is accepted, checked and reported like any other, so that files and tools need no change.
- Unknown keys are kept and reported; they never keep a broker from starting.
- Numbers of type LONG from 2^53 on count as infinite. They are printed exactly.

## Environment variables

| Variable | Meaning |
| --- | --- |
| \`KAFKA_LOG_SEGMENT_BYTES\` | \`log.segment.bytes\`: \`_\` is a dot, \`__\` an underscore, \`___\` a dash, as in apache/kafka |
| \`KAFKA_CFG_LOG_SEGMENT_BYTES\` | the same as bitnami/kafka writes it; counts before the former |
| \`ZURAU_HTTP_LISTEN\` | \`zurau.http.listen\`, and likewise Zürau's other keys |
| \`KAFKA_CREATE_TOPICS\` | \`zurau.create.topics\`, as wurstmeister/kafka writes it |
| \`KAFKA_LOG4J_ROOT_LOGLEVEL\` | \`zurau.log.level\` |
| \`KAFKA_ADVERTISED_HOST_NAME\`, \`KAFKA_ADVERTISED_PORT\` | \`advertised.listeners\`; deprecated |
| \`KAFKA_SSL_KEYSTORE_FILENAME\`, \`KAFKA_SSL_KEYSTORE_CREDENTIALS\`, … | stores and password files in \`/etc/kafka/secrets\` |
| \`KAFKA_CFG_…_FILE\` | a file whose first line is the value |

When only \`KAFKA_ADVERTISED_LISTENERS\` is given, \`listeners\` are the same ports on every address.`

/** docs/configuration.md, from the key tables. */
export function configurationMarkdown(): string {
  const sections = areas.map(([title, about, keys]) => brokerSection(title, about, keys))
  return `${[INTRODUCTION, '## Broker keys', ...sections, topicSection()].join('\n\n')}\n`
}

function brokerSection(title: string, about: string, keys: KeyTable): string {
  const rows = brokerKeyNames.filter((name) => Object.hasOwn(keys, name)).map((name) => brokerRow(name))
  const head = ['Key', 'Type', 'Default', 'Update', 'Importance', 'Meaning']
  return `### ${title}\n\n${about}\n\n${table(head, rows)}`
}

function brokerRow(name: (typeof brokerKeyNames)[number]): string[] {
  const key = brokerKey(name)
  if (key === null) return []
  const topic = key.topicKey === null ? '' : ` Default of the topic key \`${key.topicKey}\`.`
  const noEffect = key.noEffect === null ? '' : ` **Without effect:** ${key.noEffect}.`
  return [
    code(name),
    typeText(key),
    defaultText(defaultTextOf(name)),
    key.update,
    key.importance,
    key.doc + topic + noEffect,
  ]
}

function topicSection(): string {
  const rows = [...topicKeyNames].sort().map((name) => {
    const key: TopicKey<unknown> = topicKeys[name]
    const brokerNames = key.brokerKey === null ? '' : synonymsOf(key.brokerKey).map(code).join(', ')
    return [code(name), typeText(key), brokerNames, key.importance, key.doc]
  })
  const about =
    "A topic's own configuration, in `/config/topics/NAME`. Without it the broker key counts; of several broker keys " +
    'the first that is set.'
  return `## Topic keys\n\n${about}\n\n${table(['Key', 'Type', 'Broker keys', 'Importance', 'Meaning'], rows)}`
}

function typeText({ type }: { readonly type: { readonly name: string; readonly allowed: string } }): string {
  return `${type.name}: ${type.allowed}`
}

function defaultText(text: string | null): string {
  if (text === null) return '—'
  return text === '' ? 'empty' : code(text)
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
