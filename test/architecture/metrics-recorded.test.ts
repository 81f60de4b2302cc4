import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { catalogue } from '../../src/metrics/catalogue.ts'

/**
 * Metrics that nothing records yet, by name or by a pattern with `*`, and what they wait for. A line leaves this
 * table with the change that records its metrics; where a pattern becomes true in part, name the rest.
 */
const NOT_BUILT: Readonly<Record<string, string>> = {
  'kafka_server_brokertopicmetrics_*': 'Produce and Fetch are not served',
  kafka_server_kafkaserver_brokerstate: 'the broker has no life cycle',
  'kafka_server_replicamanager_*': 'replicas are not managed',
  'kafka_cluster_partition_*': 'replicas are not managed',
  'kafka_server_replicafetchermanager_*': 'followers do not fetch',
  kafka_server_fetcherlagmetrics_consumerlag: 'followers do not fetch',
  kafka_server_replicaalterlogdirsmanager_maxlag: 'replicas do not move between log directories',
  'kafka_server_fetchsessioncache_*': 'there are no fetch sessions',
  'kafka_server_delayedoperationpurgatory_*': 'no component owns a purgatory',
  'kafka_network_requestmetrics_*': 'requests are not routed',
  'kafka_network_requestchannel_*': 'requests are not routed',
  kafka_network_socketserver_expiredconnectionskilledcount: 'connections do not authenticate',
  'kafka_server_socket_server_metrics_*': 'the socket server does not record',
  'kafka_log_log_*': 'there are no logs',
  'kafka_log_logmanager_*': 'there are no logs',
  'kafka_log_logflushstats_*': 'there are no logs',
  'kafka_log_logcleaner_*': 'there is no cleaner',
  'kafka_log_logcleanermanager_*': 'there is no cleaner',
  'kafka_controller_*': 'there is no controller',
  'kafka_coordinator_*': 'there are no coordinators',
  'kafka_server_group_coordinator_metrics_*': 'there are no coordinators',
  'kafka_server_transaction_coordinator_metrics_*': 'there are no coordinators',
  'kafka_server_sessionexpirelistener_*': 'the ZooKeeper client does not record',
  kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms: 'the ZooKeeper client does not record',
  'zookeeper_*': 'nothing asks the ensemble for its four-letter words',
  'kafka_broker*': 'no component sees the whole cluster',
  'kafka_topic_*': 'no component sees the whole cluster',
  'kafka_consumergroup*': 'no component sees the whole cluster',
  'zurau_offsets_*': 'there are no offset stores',
  zurau_consumergroup_lag_seconds: 'no component sees the whole cluster',
  'zurau_drill_*': 'there are no drills',
}

const SOURCES = join(import.meta.dirname, '../../src')
/** The table itself, and what prints it. */
const DECLARING = /^(metrics\/catalogue|tools)\//

const names = Object.keys(catalogue)

/** The names that stand as a string in some file that could record them. */
function recordedNames(): Set<string> {
  const recorded = new Set<string>()
  for (const file of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || DECLARING.test(file.replaceAll('\\', '/'))) continue
    for (const [, word = ''] of readFileSync(join(SOURCES, file), 'utf8').matchAll(/'([a-z][a-z0-9_]+)'/g)) {
      if (word in catalogue) recorded.add(word)
    }
  }
  return recorded
}

function matches(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name)
}

describe('every metric', () => {
  const recorded = recordedNames()
  const isExcused = (name: string): boolean =>
    Object.keys(NOT_BUILT).some((pattern) => matches(pattern, name))

  it('is recorded somewhere, or waits for something that is not built', () => {
    expect(names.filter((name) => !recorded.has(name) && !isExcused(name))).to.deep.equal([])
  })

  it('leaves the waiting list when it is recorded', () => {
    expect(names.filter((name) => recorded.has(name) && isExcused(name))).to.deep.equal([])
  })

  it('is what a line of the waiting list speaks of', () => {
    const idle = Object.keys(NOT_BUILT).filter((pattern) => !names.some((name) => matches(pattern, name)))
    expect(idle).to.deep.equal([])
  })

  it('waits for one thing', () => {
    const patterns = Object.keys(NOT_BUILT)
    const twice = names.filter((name) => patterns.filter((pattern) => matches(pattern, name)).length > 1)
    expect(twice).to.deep.equal([])
  })
})
