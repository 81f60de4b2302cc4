import { createZooKeeperClient } from '../../../zk/client/create-client.ts'
import { parseConnectString } from '../../../zk/connect-string.ts'
import { brokerIds, brokerInfo } from '../../../zk/znodes/brokers.ts'
import { clusterId, migration } from '../../../zk/znodes/cluster.ts'
import { isZooKeeperError, type ZooKeeper } from '../../../zk/zookeeper.ts'
import { ClusterAdmin } from '../../client/cluster-admin.ts'
import { ClusterClient } from '../../client/cluster-client.ts'
import { KafkaError } from '../../model/errors.ts'
import { hostPort } from '../../model/endpoint.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Network } from '../../platform/network.ts'
import type { Random } from '../../platform/random.ts'
import { SILENT_LOGGER } from '../node-shell.ts'
import type { ClusterFacts, RegisteredBroker } from './preflight.ts'

const SESSION_TIMEOUT_MS = 10_000
/** A broker that does not answer in this time is not asked what it is. */
const PROBE_TIMEOUT_MS = 2000
/** So many of its brokers are asked what they are. */
const MAX_PROBED = 32

interface Machine {
  readonly clock: Clock
  readonly network: Network
  readonly random: Random
}

/** Looks at what is below a chroot, without writing anything. Throws what the client throws when nobody answers. */
export async function readClusterFacts(
  machine: Machine,
  connectString: string,
  timeoutMs: number,
): Promise<ClusterFacts & { readonly latencyMs: number }> {
  const { servers, chroot } = parseConnectString(connectString)
  // At the root: a chroot that is missing is not to be made.
  const zooKeeper = await createZooKeeperClient({
    connectString: servers.map(({ host, port }) => hostPort(host, port)).join(','),
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: timeoutMs,
    maxInFlightRequests: 64,
    platform: { clock: machine.clock, random: machine.random, logger: SILENT_LOGGER },
  })
  try {
    const startedMs = machine.clock.monotonicMs()
    const hasChroot = chroot === '' || (await zooKeeper.exists(chroot)) !== null
    const latencyMs = machine.clock.monotonicMs() - startedMs
    const unreadable: string[] = []
    const read = async (path: string): Promise<Buffer | null> => {
      try {
        return (await zooKeeper.get(chroot + path))?.data ?? null
      } catch (error) {
        if (!isZooKeeperError(error, 'NO_AUTH')) throw error
        unreadable.push(path)
        return null
      }
    }
    const id = await read(clusterId.at())
    const ids = (await zooKeeper.children(chroot + brokerIds.at()).catch(noneWithoutAuth)) ?? []
    return {
      connectString,
      chroot,
      hasChroot,
      latencyMs,
      clusterId: id === null ? null : clusterId.decode(id, clusterId.at()),
      brokers: await registeredBrokers(machine, ids.map(Number), read),
      isMigrating: await isMigrating(read),
      clustersElsewhere: await clustersElsewhere(zooKeeper, chroot),
      unreadable,
    }
  } finally {
    await zooKeeper.close()
  }
}

async function isMigrating(read: (path: string) => Promise<Buffer | null>): Promise<boolean> {
  const data = await read(migration.at())
  return data !== null && migration.decode(data, migration.at()).kraftControllerId >= 0
}

async function registeredBrokers(
  machine: Machine,
  ids: readonly number[],
  read: (path: string) => Promise<Buffer | null>,
): Promise<RegisteredBroker[]> {
  const sorted = [...ids].sort((one, other) => one - other)
  const found = await Promise.all(
    sorted.map(async (id, i): Promise<RegisteredBroker | null> => {
      const path = brokerInfo.at({ broker: id })
      const data = await read(path)
      if (data === null) return null
      const { endpoints } = brokerInfo.decode(data, path)
      const plain = endpoints.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT')
      const shown = plain ?? endpoints[0]
      const isZurau = plain === undefined || i >= MAX_PROBED ? null : await isThisProgram(machine, id, plain)
      return { id, address: shown === undefined ? 'no listener' : hostPort(shown.host, shown.port), isZurau }
    }),
  )
  return found.filter((broker) => broker !== null)
}

/** Brokers of this program have loggers of its name; null when it cannot be told. */
async function isThisProgram(
  { clock, network }: Machine,
  id: number,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<boolean | null> {
  const client = new ClusterClient({
    clock,
    network,
    bootstrap: [{ host, port }],
    clientId: 'zurau-preflight',
    requestTimeoutMs: PROBE_TIMEOUT_MS,
  })
  try {
    const admin = new ClusterAdmin({ client, timeoutMs: PROBE_TIMEOUT_MS })
    const [loggers = []] = await admin.describeConfigs([{ type: 'broker-logger', name: String(id) }])
    return loggers.some(({ name }) => name.startsWith('zurau.'))
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  } finally {
    client.close()
  }
}

/** Where else a cluster is: at the root, or one or two steps below it. */
async function clustersElsewhere(zooKeeper: ZooKeeper, chroot: string): Promise<string[]> {
  const tops = ((await zooKeeper.children('/').catch(noneWithoutAuth)) ?? []).filter(
    (name) => name !== 'zookeeper',
  )
  const candidates = ['', ...tops.slice(0, 200).map((name) => `/${name}`)].filter((each) => each !== chroot)
  const found = await Promise.all(
    candidates.map(async (each) =>
      (await zooKeeper.exists(`${each}/brokers/ids`).catch(() => null)) === null
        ? []
        : [each === '' ? '/' : each],
    ),
  )
  return found.flat().sort()
}

function noneWithoutAuth(error: unknown): null {
  if (isZooKeeperError(error, 'NO_AUTH')) return null
  throw error
}
