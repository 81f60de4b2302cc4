import { parseConnectString } from '../../../zk/connect-string.ts'
import type { Metrics } from '../../metrics/registry.ts'
import { hostPort } from '../../model/endpoint.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Network } from '../../platform/network.ts'
import { fourLetterWord, NoAnswerError } from '../../../zk/four-letter-word.ts'
import { parseMntr } from '../offsets/compare/ensemble-health.ts'

/** What one server says of itself; null for one that answers and does not allow `mntr`. */
export interface ServerReading {
  readonly server: string
  readonly counters: ReadonlyMap<string, number> | null
}

const WORD_TIMEOUT_MS = 2000

/** Asks every server of the ensemble; those that do not answer are left out. */
export async function readEnsemble(
  machine: { readonly network: Network; readonly clock: Clock },
  connectString: string,
): Promise<ServerReading[]> {
  const { servers } = parseConnectString(connectString)
  const readings = await Promise.all(
    servers.map(async ({ host, port }): Promise<ServerReading | null> => {
      try {
        const text = await fourLetterWord(machine, { host, port, timeoutMs: WORD_TIMEOUT_MS }, 'mntr')
        return { server: hostPort(host, port), counters: parseMntr(text) }
      } catch (error) {
        if (error instanceof NoAnswerError) return null
        throw error
      }
    }),
  )
  return readings.filter((reading) => reading !== null)
}

/** Shows the servers under the names that ZooKeeper's own beans have. */
export function showEnsemble(metrics: Metrics, latest: () => readonly ServerReading[]): void {
  const shown = [
    ['zookeeper_avgrequestlatency', 'zk_avg_latency'],
    ['zookeeper_outstandingrequests', 'zk_outstanding_requests'],
    ['zookeeper_numaliveconnections', 'zk_num_alive_connections'],
    ['zookeeper_inmemorydatatree_nodecount', 'zk_znode_count'],
    ['zookeeper_inmemorydatatree_watchcount', 'zk_watch_count'],
  ] as const
  for (const [name, key] of shown) {
    metrics.collect(name, (emit) => {
      for (const { server, counters } of latest()) {
        const value = counters?.get(key)
        if (value !== undefined) emit(value, { server })
      }
    })
  }
  metrics.collect('zookeeper_quorumsize', (emit) => emit(latest().length))
}
