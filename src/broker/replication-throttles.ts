import type { ConfigReader } from '../config/layers.ts'
import type { TopicConfigs } from '../metadata/topic-configs.ts'
import type { BrokerId } from '../model/ids.ts'
import type { Clock } from '../platform/clock.ts'
import { RateWindow } from '../quota/rate-window.ts'
import { ReplicationQuota } from '../replication/replication-quota.ts'

/** What this broker may send to followers that catch up, and what it may fetch as one: KIP-73. */
export function replicationThrottles(options: {
  clock: Clock
  self: BrokerId
  config: ConfigReader
  topicConfigs: TopicConfigs
}): { readonly leader: ReplicationQuota; readonly follower: ReplicationQuota } {
  const { clock, self, config, topicConfigs } = options
  const quota = (side: 'leader' | 'follower'): ReplicationQuota =>
    new ReplicationQuota({
      clock,
      self,
      rate: new RateWindow({
        samples: config.get('replication.quota.window.num'),
        sampleMs: config.get('replication.quota.window.size.seconds') * 1000,
      }),
      bytesPerSecond: () => config.get(`${side}.replication.throttled.rate`),
      throttledReplicas: (topic) => topicConfigs.get(topic).get(`${side}.replication.throttled.replicas`),
    })
  return { leader: quota('leader'), follower: quota('follower') }
}
