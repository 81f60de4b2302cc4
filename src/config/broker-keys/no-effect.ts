/** Why some of Kafka's keys are accepted and reported here, but change nothing. */
export const NO_EFFECT = {
  jvm: 'it belongs to the Java virtual machine',
  jmx: 'metrics are served over HTTP, not through Java classes',
  kraft: 'it belongs to KRaft mode, and this broker keeps its metadata in ZooKeeper',
  tiered: 'there is no tiered storage',
  newGroups: 'the consumer and share group protocols exist in KRaft mode only',
  threads: 'one event loop does the work of these threads',
  requestQueue: 'each connection has one request in flight, so there is no queue to limit',
  socketBuffers: 'Node.js leaves the size of socket buffers to the operating system',
  kerberos: 'logins by Kerberos (GSSAPI) are not available',
  revocation: 'Node.js does not look for revoked certificates on its own',
  windows: 'metrics are counters and histograms whose reader chooses the window',
  recordFormat: 'records are always stored in the current format, as with Kafka since 3.0',
} as const
