import { area, counter, gauge, histogram } from '../define.ts'

/**
 * The session with ZooKeeper, and the servers as their four-letter words describe them. The latter have the names
 * that ZooKeeper's own MBeans get from the JMX exporter. Sources: kafka.zookeeper.ZooKeeperClient, whose metrics keep
 * the name of an older class, SessionExpireListener; org.apache.zookeeper.server.ZooKeeperServerBean.
 */
export const zooKeeper = area('ZooKeeper', {
  kafka_server_sessionexpirelistener_zookeeperdisconnects_total: counter({
    unit: 'events',
    doc: 'Times that the connection to the ensemble was lost.',
  }),
  kafka_server_sessionexpirelistener_zookeepersyncconnects_total: counter({
    unit: 'events',
    doc: 'Times that a connection to the ensemble was made.',
  }),
  kafka_server_sessionexpirelistener_zookeeperexpires_total: counter({
    unit: 'events',
    doc: 'Sessions lost: the broker was out of the cluster until it had registered again.',
  }),
  kafka_server_sessionexpirelistener_zookeeperauthfailures_total: counter({
    unit: 'events',
    doc: 'Times that the ensemble refused our credentials.',
  }),
  kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms: histogram({
    unit: 'ms',
    doc: 'From sending a request to ZooKeeper to its answer.',
  }),
  zookeeper_avgrequestlatency: gauge({
    labels: ['server'],
    scope: 'cluster',
    unit: 'ms',
    doc: "A server's average time to answer, by its own account.",
  }),
  zookeeper_outstandingrequests: gauge({
    labels: ['server'],
    scope: 'cluster',
    unit: 'requests',
    doc: 'Requests that a server has not answered yet.',
  }),
  zookeeper_numaliveconnections: gauge({
    labels: ['server'],
    scope: 'cluster',
    unit: 'connections',
    doc: 'Connections of clients to a server.',
  }),
  zookeeper_inmemorydatatree_nodecount: gauge({
    labels: ['server'],
    scope: 'cluster',
    unit: 'znodes',
    doc: 'Znodes that a server holds.',
  }),
  zookeeper_inmemorydatatree_watchcount: gauge({
    labels: ['server'],
    scope: 'cluster',
    unit: 'watches',
    doc: 'Watches that clients have set at a server.',
  }),
  zookeeper_quorumsize: gauge({
    scope: 'cluster',
    unit: 'servers',
    doc: 'Servers of the ensemble that answer.',
  }),
})
