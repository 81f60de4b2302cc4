import type { BrokerId } from '../model/ids.ts'
import type { Platform } from '../platform/platform.ts'
import { AdminStore } from '../../zk/stores/admin-store.ts'
import { BrokerRegistry } from '../../zk/stores/broker-registry.ts'
import { ClusterStore } from '../../zk/stores/cluster-store.ts'
import { ConfigStore } from '../../zk/stores/config-store.ts'
import { ConsumerOffsetStore } from '../../zk/stores/consumer-offset-store.ts'
import { ControllerElection } from '../../zk/stores/controller-election.ts'
import { FeatureStore } from '../../zk/stores/feature-store.ts'
import { PartitionStateStore } from '../../zk/stores/partition-state-store.ts'
import { ProducerIdStore } from '../../zk/stores/producer-id-store.ts'
import { TopicStore } from '../../zk/stores/topic-store.ts'
import type { ZooKeeper } from '../../zk/zookeeper.ts'

/** Everything that ZooKeeper keeps for a broker, by subject. */
export type Stores = ReturnType<typeof openStores>

export function openStores(zooKeeper: ZooKeeper, { clock, logger }: Pick<Platform, 'clock' | 'logger'>) {
  const options = { zooKeeper, clock, logger: logger.child('ZooKeeper') }
  return {
    cluster: new ClusterStore(options),
    brokers: new BrokerRegistry(options),
    topics: new TopicStore(options),
    states: new PartitionStateStore(options),
    admin: new AdminStore(options),
    configs: new ConfigStore(options),
    features: new FeatureStore(options),
    producerIds: new ProducerIdStore(options),
    consumerOffsets: {
      multi: new ConsumerOffsetStore({ ...options, mode: 'multi' }),
      loop: new ConsumerOffsetStore({ ...options, mode: 'loop' }),
    },
    election: (broker: BrokerId) => new ControllerElection({ ...options, broker }),
  }
}
