import type { ConfigReader } from '../config/layers.ts'
import type { LogManager } from '../log/log-manager.ts'
import { InconsistentMetadataError } from '../log/meta-properties.ts'
import type { BrokerId } from '../model/ids.ts'
import { randomUuid } from '../model/uuid.ts'
import type { Random } from '../platform/random.ts'
import type { BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import type { ClusterStore } from '../../zk/stores/cluster-store.ts'
import { StartupError } from './startup-error.ts'

/** Who this broker is. */
export interface Identity {
  readonly clusterId: string
  readonly brokerId: BrokerId
}

/**
 * Finds out the cluster's id (made by the first broker) and the broker's own: from the configuration, from the log
 * directories, or a new one from ZooKeeper. The directories must agree.
 * Source: KafkaServer.startup (3.9), BrokerMetadataCheckpoint.
 */
export async function establishIdentity(options: {
  config: ConfigReader
  logs: LogManager
  cluster: ClusterStore
  registry: BrokerRegistry
  random: Random
}): Promise<Identity> {
  const { config, logs, cluster, registry, random } = options
  const stored = inWords(() => logs.metaProperties())
  const clusterId = await cluster.getOrCreateClusterId(() => randomUuid((count) => random.bytes(count)))
  if (stored.clusterId !== null && stored.clusterId !== clusterId) {
    const cause = new InconsistentMetadataError(
      `The Cluster ID ${clusterId} doesn't match stored clusterId ${stored.clusterId} in meta.properties. ` +
        'The broker is trying to join the wrong cluster. Configured zookeeper.connect may be wrong.',
    )
    throw new StartupError(
      cause.message,
      'point zookeeper.connect to the right ensemble and chroot (did you forget it?), or use other log.dirs: these hold the data of another cluster',
      { cause },
    )
  }
  const configured = config.get('broker.id')
  if (configured >= 0) return { clusterId, brokerId: configured as BrokerId }
  if (stored.brokerId !== null) return { clusterId, brokerId: stored.brokerId as BrokerId }
  if (!config.get('broker.id.generation.enable')) {
    throw new StartupError(
      'broker.id is not set and may not be generated',
      'set broker.id, or broker.id.generation.enable=true',
    )
  }
  return { clusterId, brokerId: await registry.generateId(config.get('reserved.broker.max.id')) }
}

/** Signs the directories as this broker's, or refuses those of another one. */
export async function claimDirectories(logs: LogManager, { clusterId, brokerId }: Identity): Promise<void> {
  try {
    await logs.claim({ clusterId, brokerId })
  } catch (error) {
    throw explained(error)
  }
}

function inWords<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw explained(error)
  }
}

function explained(error: unknown): unknown {
  if (!(error instanceof InconsistentMetadataError)) return error
  return new StartupError(error.message, 'use the log.dirs of this broker, or correct broker.id', {
    cause: error,
  })
}
