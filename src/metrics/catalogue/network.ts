import { area, counter, gauge, histogram, rate } from '../define.ts'

/**
 * Requests and connections. `request` is the API's name; Fetch appears three times: as itself, and split into
 * FetchConsumer and FetchFollower. Sources: kafka.network.RequestMetrics, RequestChannel, SocketServer, and the
 * selector's socket-server-metrics.
 */
export const network = area('Requests and connections', {
  kafka_network_requestmetrics_requests_total: counter({
    labels: ['request', 'version'],
    unit: 'requests',
    doc: 'Requests answered.',
  }),
  kafka_network_requestmetrics_errors_total: counter({
    labels: ['request', 'error'],
    unit: 'errors',
    doc: 'Requests that failed as a whole, by their error; error NONE counts the others, also those of which parts failed.',
  }),
  kafka_network_requestmetrics_totaltimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'From the last byte of the request to the last byte of the answer handed to the operating system.',
  }),
  kafka_network_requestmetrics_requestqueuetimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'From the last byte of the request to the start of its handler.',
  }),
  kafka_network_requestmetrics_localtimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'The handler at work, without the time that it waited for others.',
  }),
  kafka_network_requestmetrics_remotetimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'Waiting for others: followers for acks=all, new bytes for a long poll, members for a rebalance.',
  }),
  kafka_network_requestmetrics_throttletimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'How long clients were told to wait because of a quota.',
  }),
  kafka_network_requestmetrics_responsequeuetimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'From the answer being ready to its first byte being written.',
  }),
  kafka_network_requestmetrics_responsesendtimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'Writing the answer, until the operating system has taken all of it.',
  }),
  kafka_network_requestmetrics_requestbytes: histogram({
    labels: ['request'],
    unit: 'bytes',
    doc: 'Size of requests.',
  }),
  kafka_network_requestmetrics_messageconversionstimems: histogram({
    labels: ['request'],
    unit: 'ms',
    doc: 'Rewriting records from or to an old message format, for Produce and Fetch.',
  }),
  kafka_network_requestchannel_requestqueuesize: gauge({
    unit: 'requests',
    doc: 'Requests received whose handler has not begun.',
  }),
  kafka_network_requestchannel_responsequeuesize: gauge({
    unit: 'responses',
    doc: 'Answers that are ready and not yet handed to the operating system.',
  }),
  kafka_network_socketserver_networkprocessoravgidle_percent: rate({
    unit: 'fraction',
    doc: 'Part of the last minute, 0 to 1, in which the event loop had nothing to do. Sockets and handlers share that loop: this is the same number as for the request handlers.',
  }),
  kafka_network_socketserver_expiredconnectionskilledcount: gauge({
    unit: 'connections',
    doc: 'Connections closed since the start because their authentication had expired.',
  }),
  kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: rate({
    unit: 'fraction',
    doc: 'Part of the last minute, 0 to 1, in which the event loop had nothing to do. Below 0.3 for long, the broker is short of CPU.',
  }),
  kafka_server_socket_server_metrics_connection_count: gauge({
    labels: ['listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Open connections. There is one network processor, 0.',
  }),
  kafka_server_socket_server_metrics_connection_creation_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Connections accepted.',
  }),
  kafka_server_socket_server_metrics_connection_close_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Connections ended, by either side.',
  }),
  kafka_server_socket_server_metrics_incoming_byte_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'bytes',
    doc: 'Bytes read from connections.',
  }),
  kafka_server_socket_server_metrics_outgoing_byte_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'bytes',
    doc: 'Bytes written to connections.',
  }),
  kafka_server_socket_server_metrics_successful_authentication_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Connections that said who they are and were believed.',
  }),
  kafka_server_socket_server_metrics_failed_authentication_total: counter({
    labels: ['listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Connections closed because they could not prove who they are.',
  }),
  kafka_server_socket_server_metrics_connections_software: gauge({
    labels: ['clientSoftwareName', 'clientSoftwareVersion', 'listener', 'networkProcessor'],
    unit: 'connections',
    doc: 'Open connections by the client library that they named in ApiVersions.',
    maxSeries: 500,
  }),
})
