import type { Checker } from './checker.ts'

/**
 * In the end all replicas of a partition are the same, byte for byte, and their files are sound. A broker that was away
 * when a partition was moved from it keeps its log, as with Kafka: nobody tells it later.
 */
export const checkReplicas: Checker = ({ cluster, world, logs }) => {
  for (const { topic, partition, state } of cluster.view.partitions()) {
    const where = `${topic}-${partition}`
    const found = logs(topic, partition)
    for (const [broker, { fault }] of found) {
      if (fault !== null) world.violate('damaged file', `${where} on broker ${broker}: ${fault}`)
    }
    const [first, ...others] = (state?.inSyncReplicas ?? []).map((broker) => ({
      broker,
      log: found.get(broker),
    }))
    for (const { broker, log } of others) {
      const one = first?.log?.bytes ?? NOTHING
      const other = log?.bytes ?? NOTHING
      if (one.equals(other)) continue
      const parting = [...one].findIndex((byte, i) => byte !== other[i])
      world.violate(
        'diverged',
        `${where}: brokers ${first?.broker} and ${broker} end at ${first?.log?.endOffset} and ${log?.endOffset}, ` +
          `and differ from byte ${parting < 0 ? one.length : parting} on`,
      )
    }
  }
}

const NOTHING = Buffer.alloc(0)
