import type { Metrics } from '../metrics/registry.ts'
import type { Connection } from './connection.ts'
import type { SocketServer } from './socket-server.ts'

/** Kafka has several network threads, and a label for them; there is one event loop here. */
const NETWORK_PROCESSOR = '0'

/**
 * Shows what goes through the listeners, asked at every scrape: nothing is looked up while requests run.
 * Source: kafka.network.RequestChannel, org.apache.kafka.common.network.Selector.SelectorMetrics (3.9).
 */
export function collectSocketMetrics(metrics: Metrics, sockets: SocketServer): void {
  metrics.collect('kafka_server_socket_server_metrics_connection_count', (emit) => {
    for (const [listener, { open }] of sockets.traffic) emit(open, labelsOf(listener))
  })
  metrics.collect('kafka_server_socket_server_metrics_connection_creation_total', (emit) => {
    for (const [listener, { created }] of sockets.traffic) emit(created, labelsOf(listener))
  })
  metrics.collect('kafka_server_socket_server_metrics_connection_close_total', (emit) => {
    for (const [listener, { closed }] of sockets.traffic) emit(closed, labelsOf(listener))
  })
  metrics.collect('kafka_server_socket_server_metrics_incoming_byte_total', (emit) => {
    for (const [listener, { bytesIn }] of sockets.traffic) emit(bytesIn, labelsOf(listener))
  })
  metrics.collect('kafka_server_socket_server_metrics_outgoing_byte_total', (emit) => {
    for (const [listener, { bytesOut }] of sockets.traffic) emit(bytesOut, labelsOf(listener))
  })
  metrics.collect('kafka_server_socket_server_metrics_connections_software', (emit) => {
    for (const { count, ...software } of softwareOf(sockets)) {
      emit(count, { ...software, networkProcessor: NETWORK_PROCESSOR })
    }
  })
  metrics.collect('kafka_network_requestchannel_requestqueuesize', (emit) =>
    emit(sum(sockets, ({ waitingRequests }) => waitingRequests)),
  )
  metrics.collect('kafka_network_requestchannel_responsequeuesize', (emit) =>
    emit(sum(sockets, ({ waitingAnswers }) => waitingAnswers)),
  )
}

function labelsOf(listener: string): { listener: string; networkProcessor: string } {
  return { listener, networkProcessor: NETWORK_PROCESSOR }
}

function sum(sockets: SocketServer, of: (connection: Connection) => number): number {
  let total = 0
  for (const connection of sockets.all()) total += of(connection)
  return total
}

interface Software {
  readonly clientSoftwareName: string
  readonly clientSoftwareVersion: string
  readonly listener: string
  count: number
}

/** Connections whose client has not said what it is count as `unknown`, as in Kafka. */
function softwareOf(sockets: SocketServer): Iterable<Software> {
  const found = new Map<string, Software>()
  for (const { info } of sockets.all()) {
    const { name, version } = info.software ?? { name: 'unknown', version: 'unknown' }
    const key = JSON.stringify([name, version, info.listenerName])
    const known = found.get(key)
    if (known !== undefined) known.count++
    else {
      const labels = { clientSoftwareName: name, clientSoftwareVersion: version }
      found.set(key, { ...labels, listener: info.listenerName, count: 1 })
    }
  }
  return found.values()
}
