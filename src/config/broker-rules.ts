import { ConfigRuleError, demand } from './config-error.ts'
import {
  connectionsPerIpOverrides,
  endpointsOf,
  httpAddress,
  logDirs,
  logRetentionMs,
  logRollJitterMs,
  logRollMs,
  offsetsStorageOf,
  topicsToCreate,
} from './derived.ts'
import type { BrokerConfig } from './layers.ts'
import { isAtLeastVersion, kafkaVersionOf } from './special-types.ts'

/**
 * What must hold between the values of a broker's configuration, in the order in which Kafka looks at it.
 * Source: KafkaConfig.validateValues.
 */
type Rule = (config: BrokerConfig) => void

const MIB = 1024 * 1024

const rules: readonly Rule[] = [
  isNotKraft,
  brokerIds,
  zookeeperIsNamed,
  logTimes,
  (config) =>
    demand(logDirs(config).length > 0, 'At least one log directory must be defined via log.dirs or log.dir.'),
  cleanerMemory,
  fetchWaits,
  commitAcks,
  groupProtocols,
  (config) => void endpointsOf(config),
  recordFormat,
  interBrokerLogin,
  queueLimit,
  connectionLimits,
  failedLoginDelay,
  (config) => void topicsToCreate(config),
  (config) => void offsetsStorageOf(config),
  (config) => void httpAddress(config),
]

/** Throws the ConfigRuleError of the first rule that does not hold. */
export function checkBrokerRules(config: BrokerConfig): void {
  for (const rule of rules) rule(config)
}

/** The messages of all rules that do not hold. */
export function brokenRules(config: BrokerConfig): string[] {
  const messages = new Set<string>()
  for (const rule of rules) {
    try {
      rule(config)
    } catch (error) {
      if (!(error instanceof ConfigRuleError)) throw error
      messages.add(error.message.replace(/^requirement failed: /, ''))
    }
  }
  return [...messages]
}

/** Unlike Kafka, because it would start as something else, or not at all, when it reads these. */
function isNotKraft(config: BrokerConfig): void {
  if (config.get('process.roles').length > 0) {
    throw new ConfigRuleError(
      'process.roles asks for KRaft mode; this broker keeps its metadata in ZooKeeper.',
    )
  }
  if (config.get('zookeeper.metadata.migration.enable')) {
    throw new ConfigRuleError('zookeeper.metadata.migration.enable: a migration to KRaft is not possible.')
  }
  const controllerListeners = config.get('controller.listener.names')
  demand(
    controllerListeners === null || controllerListeners === '',
    `controller.listener.names must be empty when not running in KRaft mode: [${controllerListeners}]`,
  )
}

function brokerIds(config: BrokerConfig): void {
  const brokerId = config.get('broker.id')
  if (config.get('node.id') !== brokerId) {
    throw new ConfigRuleError('You must set `node.id` to the same value as `broker.id`.')
  }
  if (!config.get('broker.id.generation.enable')) {
    demand(brokerId >= 0, 'broker.id must be greater than or equal to 0')
    return
  }
  demand(
    brokerId >= -1 && brokerId <= config.get('reserved.broker.max.id'),
    'broker.id must be greater than or equal to -1 and not greater than reserved.broker.max.id',
  )
}

function zookeeperIsNamed(config: BrokerConfig): void {
  if (config.get('zookeeper.connect') === null) {
    throw new ConfigRuleError(
      'Missing required configuration `zookeeper.connect` which has no default value.',
    )
  }
}

function logTimes(config: BrokerConfig): void {
  demand(logRollMs(config) >= 1, 'log.roll.ms must be greater than or equal to 1')
  demand(logRollJitterMs(config) >= 0, 'log.roll.jitter.ms must be greater than or equal to 0')
  const retentionMs = logRetentionMs(config)
  demand(
    retentionMs === -1 || retentionMs >= 1,
    'log.retention.ms must be unlimited (-1) or, greater than or equal to 1',
  )
}

function cleanerMemory(config: BrokerConfig): void {
  const threads = config.get('log.cleaner.threads')
  // Kafka divides before it looks, and answers with Java's words.
  if (threads === 0) throw new ConfigRuleError('/ by zero')
  demand(
    Math.trunc(config.get('log.cleaner.dedupe.buffer.size') / threads) > MIB,
    'log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.',
  )
}

function fetchWaits(config: BrokerConfig): void {
  const waitMs = config.get('replica.fetch.wait.max.ms')
  demand(
    waitMs <= config.get('replica.socket.timeout.ms'),
    'replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts',
  )
  demand(
    waitMs <= config.get('replica.lag.time.max.ms'),
    'replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent ' +
      'changes in ISR',
  )
}

function commitAcks(config: BrokerConfig): void {
  const acks = config.get('offsets.commit.required.acks')
  if (acks >= -1 && acks <= config.get('offsets.topic.replication.factor')) return
  throw new ConfigRuleError(
    'offsets.commit.required.acks must be greater or equal to -1 and less or equal to offsets.topic.replication.factor',
  )
}

function groupProtocols(config: BrokerConfig): void {
  const protocols = config.get('group.coordinator.rebalance.protocols')
  if (!protocols.includes('classic'))
    throw new ConfigRuleError("Disabling the 'classic' protocol is not supported.")
  if (protocols.includes('consumer')) {
    throw new ConfigRuleError("The new 'consumer' rebalance protocol is only supported in KRaft cluster.")
  }
}

/** A format that older brokers cannot read must wait for them. The default, 3.0, needs the format of 0.11. */
function recordFormat(config: BrokerConfig): void {
  const needed = recordVersionOf(config.get('log.message.format.version'))
  const spoken = recordVersionOf(config.get('inter.broker.protocol.version'))
  demand(
    spoken.magic >= needed.magic,
    `log.message.format.version ${config.get('log.message.format.version')} can only be used when ` +
      `inter.broker.protocol.version is set to version ${needed.since} or higher`,
  )
}

function recordVersionOf(text: string): { magic: number; since: string } {
  const version = kafkaVersionOf(text) ?? ''
  if (isAtLeastVersion(version, '0.11.0-IV0')) return { magic: 2, since: '0.11.0' }
  if (isAtLeastVersion(version, '0.10.0-IV0')) return { magic: 1, since: '0.10.0' }
  return { magic: 0, since: '0.8.0' }
}

function interBrokerLogin(config: BrokerConfig): void {
  const { name, securityProtocol } = endpointsOf(config).interBrokerListener
  if (!securityProtocol.startsWith('SASL_')) return
  demand(
    config
      .getForListener('sasl.enabled.mechanisms', name)
      .includes(config.get('sasl.mechanism.inter.broker.protocol')),
    'sasl.mechanism.inter.broker.protocol must be included in sasl.enabled.mechanisms when SASL is used for ' +
      'inter-broker communication',
  )
}

function queueLimit(config: BrokerConfig): void {
  const limit = config.get('queued.max.request.bytes')
  demand(
    limit <= 0 || limit >= config.get('socket.request.max.bytes'),
    'queued.max.request.bytes must be larger or equal to socket.request.max.bytes',
  )
}

function connectionLimits(config: BrokerConfig): void {
  const overrides = connectionsPerIpOverrides(config)
  demand(
    config.get('max.connections.per.ip') !== 0 || overrides.size > 0,
    'max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.',
  )
}

function failedLoginDelay(config: BrokerConfig): void {
  const idleMs = config.get('connections.max.idle.ms')
  const delayMs = config.get('connection.failed.authentication.delay.ms')
  demand(
    idleMs < 0 || delayMs < idleMs,
    `connection.failed.authentication.delay.ms=${delayMs} should always be less than ` +
      `connections.max.idle.ms=${idleMs} to prevent failed authentication responses from timing out`,
  )
}
