import type { Catalogue } from '../../metrics/catalogue.ts'

/** What an operator is woken up for, or told of in the morning. */
interface Alert {
  readonly name: string
  /** The metrics that `when` speaks of: a name that is not in the table does not compile. */
  readonly metrics: readonly (keyof Catalogue)[]
  /** PromQL over `$1`, `$2`, …, which stand for `metrics`. */
  readonly when: string
  readonly for: string
  readonly severity: 'critical' | 'warning'
  readonly summary: string
  readonly description: string
}

const alerts: readonly Alert[] = [
  {
    name: 'ZurauOfflinePartitions',
    metrics: ['kafka_controller_kafkacontroller_offlinepartitionscount'],
    when: 'sum($1) > 0',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} partitions have no leader',
    description: 'Nobody can write to them or read from them. See: zurau health, zurau topics list.',
  },
  {
    name: 'ZurauUnderMinIsr',
    metrics: ['kafka_server_replicamanager_underminisrpartitioncount'],
    when: 'sum by (instance) ($1) > 0',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} partitions led by {{ $labels.instance }} refuse acks=all',
    description: 'They have fewer in-sync replicas than min.insync.replicas.',
  },
  {
    name: 'ZurauUnderReplicated',
    metrics: ['kafka_server_replicamanager_underreplicatedpartitions'],
    when: 'sum by (instance) ($1) > 0',
    for: '5m',
    severity: 'warning',
    summary: '{{ $value }} partitions led by {{ $labels.instance }} miss a replica',
    description: 'A broker is down or too slow: one more failure may cost availability.',
  },
  {
    name: 'ZurauActiveControllers',
    metrics: ['kafka_controller_kafkacontroller_activecontrollercount'],
    when: 'sum($1) != 1',
    for: '1m',
    severity: 'critical',
    summary: '{{ $value }} brokers are the controller; it should be one',
    description:
      'Without a controller no leader is elected and no topic is made. See: zurau zk get /controller.',
  },
  {
    name: 'ZurauUncleanLeaderElection',
    metrics: ['kafka_controller_controllerstats_uncleanleaderelections_total'],
    when: 'sum(increase($1[5m])) > 0',
    for: '0m',
    severity: 'critical',
    summary: 'A replica that was not in sync was made a leader',
    description: 'Records that had been acknowledged may be lost: unclean.leader.election.enable is on.',
  },
  {
    name: 'ZurauLogDirectoryOffline',
    metrics: ['kafka_log_logmanager_offlinelogdirectorycount'],
    when: 'sum by (instance) ($1) > 0',
    for: '0m',
    severity: 'critical',
    summary: '{{ $value }} log directories of {{ $labels.instance }} have failed',
    description: 'Its replicas there are offline until the disk is replaced and the broker restarted.',
  },
  {
    name: 'ZurauZooKeeperSessionExpired',
    metrics: ['kafka_server_sessionexpirelistener_zookeeperexpires_total'],
    when: 'sum by (instance) (increase($1[10m])) > 0',
    for: '0m',
    severity: 'warning',
    summary: '{{ $labels.instance }} lost its session with ZooKeeper',
    description:
      'It was out of the cluster until it registered again: look for pauses, disks and the ensemble.',
  },
  {
    name: 'ZurauZooKeeperSlow',
    metrics: ['kafka_server_zookeeperclientmetrics_zookeeperrequestlatencyms'],
    when: 'max by (instance) ($1{quantile="0.99"}) > 500',
    for: '10m',
    severity: 'warning',
    summary: 'ZooKeeper takes {{ $value }} ms to answer {{ $labels.instance }}',
    description: 'Elections and session renewals wait for it.',
  },
  {
    name: 'ZurauIsrFlapping',
    metrics: ['kafka_server_replicamanager_isrshrinks_total'],
    when: 'sum by (instance) (increase($1[15m])) > 10',
    for: '15m',
    severity: 'warning',
    summary: 'Replicas keep falling out of sync on {{ $labels.instance }}',
    description: '{{ $value }} times in a quarter of an hour: a broker, its disk or the network is too slow.',
  },
  {
    name: 'ZurauProduceSlow',
    metrics: ['kafka_network_requestmetrics_totaltimems'],
    when: 'max by (instance) ($1{request="Produce", quantile="0.99"}) > 1000',
    for: '10m',
    severity: 'warning',
    summary: 'Produce requests take {{ $value }} ms on {{ $labels.instance }}',
    description: 'The 99th percentile. The request panels of the broker dashboard show where the time goes.',
  },
  {
    name: 'ZurauEventLoopBusy',
    metrics: ['kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent'],
    when: 'min by (instance) ($1) < 0.1',
    for: '15m',
    severity: 'warning',
    summary: '{{ $labels.instance }} is idle only {{ $value | humanizePercentage }} of the time',
    description: 'The broker is at the end of its CPU: give partitions to another broker, or run one more.',
  },
  {
    name: 'ZurauEventLoopHeld',
    metrics: ['zurau_event_loop_delay_seconds'],
    when: 'max by (instance) ($1{quantile="0.99"}) > 0.5',
    for: '5m',
    severity: 'warning',
    summary: 'Requests wait {{ $value }} s for the event loop of {{ $labels.instance }}',
    description: 'Long pauses end ZooKeeper sessions.',
  },
  {
    name: 'ZurauFewFilesLeft',
    metrics: ['process_open_fds', 'process_max_fds'],
    when: '$1 / $2 > 0.85',
    for: '10m',
    severity: 'warning',
    summary: '{{ $labels.instance }} has {{ $value | humanizePercentage }} of its files open',
    description: 'Raise LimitNOFILE, or use fewer partitions and connections per broker.',
  },
  {
    name: 'ZurauConsumerLag',
    metrics: ['zurau_consumergroup_lag_seconds'],
    when: 'max by (consumergroup, topic) ($1) > 600',
    for: '10m',
    severity: 'warning',
    summary:
      'Group {{ $labels.consumergroup }} is {{ $value | humanizeDuration }} behind on {{ $labels.topic }}',
    description: 'See: zurau groups describe {{ $labels.consumergroup }}.',
  },
  {
    name: 'ZurauOffsetsDrift',
    metrics: ['zurau_offsets_drift'],
    when: 'max by (group) ($1) > 0',
    for: '15m',
    severity: 'warning',
    summary: 'Group {{ $labels.group }} has other offsets in ZooKeeper than in __consumer_offsets',
    description: 'A consumer that changes its store now would skip or repeat records.',
  },
]

/** Prometheus alerting rules over our own series. `job`: how the scrape configuration calls the brokers. */
export function alertRules(job: string): string {
  const rules = alerts.map((alert) =>
    [
      `      - alert: ${alert.name}`,
      `        expr: ${quoted(expression(alert, job))}`,
      `        for: ${alert.for}`,
      `        labels: { severity: ${alert.severity} }`,
      '        annotations:',
      `          summary: ${quoted(alert.summary)}`,
      `          description: ${quoted(alert.description)}`,
    ].join('\n'),
  )
  return `${[
    '# Alerting rules for Prometheus. Check them: promtool check rules zurau-alerts.yml',
    'groups:',
    '  - name: zurau',
    '    rules:',
    '      - alert: ZurauBrokerDown',
    `        expr: ${quoted(`up{job="${job}"} == 0`)}`,
    '        for: 1m',
    '        labels: { severity: critical }',
    '        annotations:',
    "          summary: '{{ $labels.instance }} does not answer'",
    "          description: 'The broker is down, or its HTTP side cannot be reached from Prometheus.'",
    ...rules,
  ].join('\n')}\n`
}

/** Puts the metrics in, each confined to the job. */
function expression({ when, metrics }: Alert, job: string): string {
  return when.replaceAll(/\$(\d)(\{)?/g, (_, number: string, selector: string | undefined) => {
    const name = metrics[Number(number) - 1] ?? ''
    return selector === undefined ? `${name}{job="${job}"}` : `${name}{job="${job}", `
  })
}

/** A YAML string in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
