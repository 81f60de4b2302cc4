import { ClusterClient } from '../../../src/client/cluster-client.ts'
import type { FakePlatform } from '../../fakes/platform.ts'
import type { World } from '../world.ts'

/** A client of the world's cluster, on a machine of its own. */
export function clientOf(world: World, platform: FakePlatform): ClusterClient {
  return new ClusterClient({
    clock: platform.clock,
    network: platform.network,
    bootstrap: world.bootstrap,
    clientId: platform.network.hostName(),
    requestTimeoutMs: 3000,
  })
}
