import type { BrokerEndpoints } from '../config/endpoints.ts'
import type { BrokerConfig } from '../config/layers.ts'
import { isAtLeastVersion, kafkaVersionOf } from '../config/special-types.ts'
import { StartupError } from './startup-error.ts'

/**
 * Refuses settings that promise what this broker does not do, where silence would hurt: who asks for an authorizer must not
 * get an open door. Settings that are merely without effect are accepted (docs/compatibility.md).
 * @throws StartupError naming the key and what to set instead
 */
export function refuseUnavailable(config: BrokerConfig, endpoints: BrokerEndpoints): void {
  const listener = endpoints.listeners.find(({ securityProtocol }) => securityProtocol !== 'PLAINTEXT')
  if (listener !== undefined) {
    throw new StartupError(
      `listener ${listener.listenerName} uses ${listener.securityProtocol}, which is not available yet`,
      'use PLAINTEXT listeners on a network that you trust',
    )
  }
  const authorizer = config.get('authorizer.class.name')
  if (authorizer !== '') {
    throw new StartupError(
      `authorizer.class.name=${authorizer} asks for access control, which is not available yet`,
      'remove the key only if the cluster is safe without it: everyone may do everything then',
    )
  }
  if (config.get('zookeeper.ssl.client.enable')) {
    throw new StartupError(
      'zookeeper.ssl.client.enable=true asks for TLS to ZooKeeper, which is not available yet',
      'use a plaintext client port of the ensemble, on a network that you trust',
    )
  }
  if (config.get('zookeeper.set.acl')) {
    throw new StartupError(
      'zookeeper.set.acl=true asks for znodes that only brokers may write, and that needs a login (SASL) to ZooKeeper, ' +
        'which is not available yet',
      'set it to false if the ensemble is closed to others by other means',
    )
  }
  if (config.get('remote.log.storage.system.enable')) {
    throw new StartupError(
      'remote.log.storage.system.enable=true asks for tiered storage, which does not exist here',
      'set it to false; topics with remote.storage.enable=true must stay on other brokers',
    )
  }
  const version = config.get('inter.broker.protocol.version')
  if (!isAtLeastVersion(kafkaVersionOf(version) ?? '', '3.9-IV0')) {
    throw new StartupError(
      `inter.broker.protocol.version=${version}: this broker speaks to other brokers as Kafka 3.9 does`,
      'bring all brokers to Kafka 3.9 and this setting to 3.9, then add this one',
    )
  }
}
