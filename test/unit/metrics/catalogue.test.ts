import { expect } from 'chai'
import { catalogue, metricAreas } from '../../../src/metrics/catalogue.ts'
import type { MetricDefinition } from '../../../src/metrics/define.ts'
import type { Family } from '../../../src/metrics/family.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { createMetrics, type Metrics } from '../../../src/metrics/registry.ts'
import { metricsMarkdown } from '../../../src/tools/docs/metrics.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

const entries = Object.entries<MetricDefinition>(catalogue)

/** What dashboards and alerts made for Kafka, Strimzi and kafka_exporter ask for, with the labels they use. */
const WANTED: Readonly<Record<string, readonly string[]>> = {
  'kafka_server_brokertopicmetrics_{messagesin,bytesin,bytesout,bytesrejected,failedproducerequests,failedfetchrequests,totalproducerequests,totalfetchrequests}_total':
    ['topic'],
  'kafka_server_brokertopicmetrics_{replicationbytesin,replicationbytesout,reassignmentbytesin,reassignmentbytesout}_total':
    [],
  'kafka_server_replicamanager_{underreplicatedpartitions,underminisrpartitioncount,atminisrpartitioncount,partitioncount,leadercount,offlinereplicacount,reassigningpartitions,produceridcount}':
    [],
  'kafka_server_replicamanager_{isrshrinks,isrexpands,failedisrupdates}_total': [],
  'kafka_cluster_partition_{underminisr,atminisr,underreplicated,insyncreplicascount,replicascount}': [
    'topic',
    'partition',
  ],
  'kafka_controller_kafkacontroller_{activecontrollercount,offlinepartitionscount,preferredreplicaimbalancecount,globaltopiccount,globalpartitioncount,activebrokercount,controllerstate,topicstodeletecount}':
    [],
  kafka_controller_controllerstats_uncleanleaderelections_total: [],
  kafka_controller_controllerstats_leaderelectionrateandtimems: [],
  kafka_controller_controllereventmanager_eventqueuesize: [],
  kafka_network_requestmetrics_requests_total: ['request', 'version'],
  kafka_network_requestmetrics_errors_total: ['request', 'error'],
  'kafka_network_requestmetrics_{totaltimems,requestqueuetimems,localtimems,remotetimems,responsequeuetimems,responsesendtimems}':
    ['request'],
  kafka_network_requestchannel_requestqueuesize: [],
  kafka_network_socketserver_networkprocessoravgidle_percent: [],
  kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: [],
  kafka_server_socket_server_metrics_connection_count: ['listener', 'networkProcessor'],
  'kafka_server_sessionexpirelistener_{zookeeperdisconnects,zookeeperexpires,zookeepersyncconnects,zookeeperauthfailures}_total':
    [],
  kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms: [],
  'kafka_log_log_{size,logstartoffset,logendoffset,numlogsegments}': ['topic', 'partition'],
  kafka_log_logmanager_offlinelogdirectorycount: [],
  kafka_log_logflushstats_logflushrateandtimems: [],
  kafka_server_replicafetchermanager_maxlag: ['clientId'],
  kafka_server_delayedoperationpurgatory_purgatorysize: ['delayedOperation'],
  'kafka_coordinator_group_groupmetadatamanager_{numgroups,numoffsets,numgroupsstable,numgroupsempty,numgroupsdead,numgroupspreparingrebalance,numgroupscompletingrebalance}':
    [],
  'kafka_server_group_coordinator_metrics_partition_load_time_{max,avg}': [],
  kafka_brokers: [],
  kafka_broker_info: ['id', 'address'],
  kafka_topic_partitions: ['topic'],
  'kafka_topic_partition_{current_offset,oldest_offset,in_sync_replica,leader,leader_is_preferred,replicas,under_replicated_partition}':
    ['topic', 'partition'],
  'kafka_consumergroup_{current_offset,lag}': ['consumergroup', 'topic', 'partition'],
  'kafka_consumergroup_{current_offset_sum,lag_sum}': ['consumergroup', 'topic'],
  kafka_consumergroup_members: ['consumergroup'],
  kafka_consumergroupzookeeper_lag_zookeeper: ['consumergroup', 'topic', 'partition'],
  zurau_offsets_commit_seconds: ['store'],
  zurau_offsets_drift: ['group'],
  zurau_event_loop_delay_seconds: [],
  'process_{cpu_seconds_total,resident_memory_bytes,start_time_seconds,open_fds,max_fds}': [],
  'nodejs_{heap_size_total_bytes,heap_size_used_bytes,external_memory_bytes}': [],
}

function expand(pattern: string): string[] {
  const braces = /^(.*)\{(.*)\}(.*)$/.exec(pattern)
  if (braces === null) return [pattern]
  const [, before = '', choices = '', after = ''] = braces
  return choices.split(',').map((choice) => before + choice + after)
}

/** Asks for a series of a metric whose name only the running test knows. */
function useMetric(metrics: Metrics, name: string, { kind, labels }: MetricDefinition): void {
  const recorders = metrics as unknown as Record<string, (name: string) => Family<unknown>>
  const values = Object.fromEntries(labels.map((label) => [label, 'x']))
  recorders[kind === 'summary' ? 'histogram' : kind]!(name).with(values)
}

describe('catalogue', () => {
  it('has what dashboards and alerts ask for, with the labels they use', () => {
    for (const [pattern, labels] of Object.entries(WANTED)) {
      for (const name of expand(pattern)) {
        const definition = entries.find(([known]) => known === name)?.[1]
        expect(definition?.labels, name).to.deep.equal(labels)
      }
    }
  })

  it('loses no entry when its chapters are put together', () => {
    const inAreas = metricAreas.flatMap(({ metrics }) => Object.keys(metrics))
    expect(new Set(inAreas).size).to.equal(inAreas.length)
    expect(Object.keys(catalogue)).to.deep.equal(inAreas)
  })

  it('has names and labels that Prometheus takes', () => {
    for (const [name, { labels }] of entries) {
      expect(name).to.match(/^[a-z][a-z0-9_]*$/)
      for (const label of labels) expect(label, name).to.match(/^[a-zA-Z][a-zA-Z0-9_]*$/)
      expect(new Set(labels).size, name).to.equal(labels.length)
      expect(labels, name).not.to.include('quantile').and.not.to.include('le')
    }
  })

  it('says what every metric means, in a sentence on one line', () => {
    for (const [name, { doc, unit }] of entries) {
      expect(doc, name).to.match(/^[^\n]{10,}\.$/)
      expect(unit, name).not.to.equal('')
    }
  })

  it('has no name that the parts of another metric would take', () => {
    for (const [name, { kind }] of entries) {
      if (kind !== 'histogram' && kind !== 'summary') continue
      for (const suffix of ['_count', '_sum']) expect(catalogue).not.to.have.property(name + suffix)
    }
  })

  it('ends counters in _total, except where Kafka says _count', () => {
    for (const [name, { kind }] of entries) {
      if (kind === 'counter')
        expect(name).to.match(/_total$|^kafka_server_group_coordinator_metrics_.*_count$/)
      else expect(name).not.to.match(/_total$/)
    }
  })

  it('gives milliseconds to Kafka alone, seconds to everything of ours', () => {
    for (const [name, { unit, kind }] of entries) {
      if (name.startsWith('kafka_') || name.startsWith('zookeeper_')) continue
      expect(unit, name).not.to.equal('ms')
      expect(kind, name).not.to.equal('histogram')
      if (unit === 's') expect(name).to.match(/_seconds(_total)?$/)
      if (unit === 'bytes') expect(name).to.match(/_bytes(_total)?$/)
    }
  })

  it('prints as valid Prometheus text, every metric of it', () => {
    const metrics = createMetrics({ clock: { monotonicMs: () => 1 } })
    for (const [name, definition] of entries) useMetric(metrics, name, definition)
    const parsed = parseExposition([...exposition(metrics)].join(''))
    for (const [name] of entries) expect([...parsed.keys()]).to.include(name)
  })

  it('has a row for every metric in the documentation', () => {
    const text = metricsMarkdown()
    for (const [name, { doc }] of entries) {
      expect(
        text.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`) && line.includes(doc)),
      ).to.have.length(1)
    }
  })
})
