import { ClusterAdmin } from '../client/cluster-admin.ts'
import { ClusterClient, isTransient } from '../client/cluster-client.ts'
import type { Address } from '../client/connections.ts'
import type { NewTopic } from '../config/derived.ts'
import { KafkaError } from '../model/errors.ts'
import type { Clock } from '../platform/clock.ts'
import { sleep } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { Network } from '../platform/network.ts'

/** How long brokers that a topic needs may take to come: as long as wurstmeister's image waits. */
const PATIENCE_MS = 600_000
const PAUSE_MS = 500
const REQUEST_MS = 10_000

/**
 * Creates the topics of `zurau.create.topics` (`KAFKA_CREATE_TOPICS`) that do not exist, as soon as there are enough
 * brokers for their replicas. All brokers of a cluster may be told the same: whoever comes first creates them. What
 * cannot be created is one line in the log, never the end of the broker. `isStopping` is asked between attempts.
 */
export async function createTopicsAtStart(options: {
  readonly topics: readonly NewTopic[]
  readonly broker: Address
  readonly clock: Clock
  readonly network: Network
  readonly logger: Logger
  readonly isStopping: () => boolean
}): Promise<void> {
  const { topics, broker, clock, network, logger, isStopping } = options
  if (topics.length === 0) return
  const client = new ClusterClient({
    clock,
    network,
    bootstrap: [broker],
    clientId: 'zurau-create-topics',
    requestTimeoutMs: REQUEST_MS,
  })
  const admin = new ClusterAdmin({ client, timeoutMs: REQUEST_MS })
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS
  const mayWait = (): boolean => !isStopping() && clock.monotonicMs() < deadlineMs
  try {
    for (const topic of topics) await createWhenPossible(topic, { admin, clock, logger, mayWait })
  } finally {
    client.close()
  }
}

async function createWhenPossible(
  topic: NewTopic,
  world: { admin: ClusterAdmin; clock: Clock; logger: Logger; mayWait: () => boolean },
): Promise<void> {
  const { admin, clock, logger, mayWait } = world
  const { name, partitions, replicationFactor, cleanupPolicy } = topic
  const configs = cleanupPolicy === null ? {} : { 'cleanup.policy': cleanupPolicy }
  for (;;) {
    try {
      await admin.createTopic({ name, partitions, replicationFactor, configs })
      logger.info(`created topic ${name}, which zurau.create.topics names`)
      return
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      if (error.error === 'TOPIC_ALREADY_EXISTS') return
      // Too few brokers are there yet, or nobody is the controller at the moment.
      const mayPass = error.error === 'INVALID_REPLICATION_FACTOR' || isTransient(error)
      if (!mayPass || !mayWait()) {
        logger.warn(`topic ${name} of zurau.create.topics was not created: ${error.message}`)
        return
      }
      await sleep(clock, PAUSE_MS)
    }
  }
}
