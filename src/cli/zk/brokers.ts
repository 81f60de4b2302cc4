import { brokerIds, brokerInfo } from '../../../zk/znodes/brokers.ts'
import { CliError } from '../cli-error.ts'
import type { Shell } from '../shell.ts'
import { withEnsemble } from './ensemble.ts'

const TIMEOUT_MS = 10_000

/** Where the living brokers of an ensemble listen without TLS: the way in for tools that only know ZooKeeper. */
export async function brokersInZooKeeper(
  shell: Shell,
  connectString: string,
): Promise<{ host: string; port: number }[]> {
  return withEnsemble(shell, { zookeeper: connectString, timeout: TIMEOUT_MS }, async (ensemble) => {
    const ids = (await ensemble.children(brokerIds.at())) ?? []
    const addresses: { host: string; port: number }[] = []
    for (const id of ids.map(Number).sort((one, other) => one - other)) {
      const path = brokerInfo.at({ broker: id })
      const found = await ensemble.get(path)
      if (found === null) continue
      const endpoint = brokerInfo
        .decode(found.data, path)
        .endpoints.find(({ securityProtocol }) => securityProtocol === 'PLAINTEXT')
      if (endpoint !== undefined) addresses.push({ host: endpoint.host, port: endpoint.port })
    }
    if (addresses.length > 0) return addresses
    throw new CliError(
      ids.length === 0
        ? `no broker is registered at ${connectString}`
        : `none of the brokers ${ids.join(', ')} has a PLAINTEXT listener`,
      { advice: 'is the chroot right? See what is there: zurau zk tree --zookeeper HOST:PORT' },
    )
  })
}
