import type { Metrics } from '../metrics/registry.ts'
import type { Session } from '../../zk/zookeeper.ts'

/** Counts what befalls the session. Source: kafka.zookeeper.ZooKeeperClient, whose metrics an older class has named. */
export function recordSession(metrics: Metrics, session: Session): void {
  const connects = metrics.counter('kafka_server_sessionexpirelistener_zookeepersyncconnects_total').with()
  const disconnects = metrics.counter('kafka_server_sessionexpirelistener_zookeeperdisconnects_total').with()
  const expires = metrics.counter('kafka_server_sessionexpirelistener_zookeeperexpires_total').with()
  const refusals = metrics.counter('kafka_server_sessionexpirelistener_zookeeperauthfailures_total').with()
  // It was connected before anybody could listen.
  if (session.state === 'connected') connects.add(1)
  session.listen({
    onState: ({ state }) => {
      switch (state) {
        case 'connected':
          return connects.add(1)
        case 'suspended':
          return disconnects.add(1)
        case 'expired':
          return expires.add(1)
        case 'auth-failed':
          return refusals.add(1)
        case 'connecting':
        case 'closed':
          return undefined
      }
    },
  })
}

/** What the client is to be told of: each request's time, in milliseconds. */
export function requestLatencies(metrics: Metrics): (latencyMs: number) => void {
  const latencies = metrics.histogram('kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms').with()
  return (latencyMs) => latencies.record(latencyMs)
}
