import { catalogue, metricAreas, type Catalogue } from '../../metrics/catalogue.ts'
import type { MetricArea, MetricDefinition } from '../../metrics/define.ts'
import type { GeneratedFile } from './generated-file.ts'
import { grafanaUnit, queriesOf } from './panels.ts'

const WIDTH = 24
const GRAPH = { width: 8, height: 7 }
const STAT = { width: 4, height: 4 }
const SCHEMA_VERSION = 38

interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly description: string
  /** Chapters of the metric table. */
  readonly areas: readonly (typeof metricAreas)[number]['title'][]
  /** What is seen at a glance: a title, a metric, and how its series are put together. */
  readonly glance: readonly (readonly [string, keyof Catalogue, 'sum' | 'max' | 'min'])[]
}

const dashboards: readonly Dashboard[] = [
  {
    uid: 'zurau-brokers',
    title: 'Zürau brokers',
    description: 'What clients and replicas move, how long requests take, and how the processes are.',
    areas: ['Topics', 'Replication', 'Requests and connections', 'Logs', 'Process'],
    glance: [
      ['Offline partitions', 'kafka_controller_kafkacontroller_offlinepartitionscount', 'sum'],
      ['Under min ISR', 'kafka_server_replicamanager_underminisrpartitioncount', 'sum'],
      ['Under-replicated', 'kafka_server_replicamanager_underreplicatedpartitions', 'sum'],
      ['Active controllers', 'kafka_controller_kafkacontroller_activecontrollercount', 'sum'],
      ['Failed log directories', 'kafka_log_logmanager_offlinelogdirectorycount', 'sum'],
      ['Idle', 'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent', 'min'],
    ],
  },
  {
    uid: 'zurau-cluster',
    title: 'Zürau cluster, offsets and ZooKeeper',
    description: 'The controller, consumer groups and their lag, both offset stores, and the ensemble.',
    areas: ['Cluster', 'Groups and transactions', 'Zürau', 'Controller', 'ZooKeeper'],
    glance: [
      ['Brokers', 'kafka_brokers', 'max'],
      ['Topics', 'kafka_controller_kafkacontroller_globaltopiccount', 'sum'],
      ['Partitions', 'kafka_controller_kafkacontroller_globalpartitioncount', 'sum'],
      ['Worst lag', 'zurau_consumergroup_lag_seconds', 'max'],
      ['ZooKeeper servers', 'zookeeper_quorumsize', 'max'],
      ['Offsets in drift', 'zurau_offsets_drift', 'max'],
    ],
  },
]

/** Two dashboards for Grafana: every metric of the table is a panel in one of them. */
export function grafanaFiles(): GeneratedFile[] {
  return dashboards.map((dashboard) => ({
    name: `${dashboard.uid}.json`,
    text: `${JSON.stringify(model(dashboard), null, 2)}\n`,
  }))
}

function model({ uid, title, description, areas, glance }: Dashboard): object {
  const page = new Page()
  for (const [name, metric, aggregate] of glance) page.add(stat(name, metric, aggregate), STAT)
  for (const area of areas) {
    const { metrics } = metricAreas.find((each) => each.title === area) as MetricArea
    page.addRow(area)
    for (const [name, definition] of Object.entries(metrics)) page.add(graph(name, definition), GRAPH)
  }
  return {
    uid,
    title,
    description,
    tags: ['zurau', 'kafka'],
    schemaVersion: SCHEMA_VERSION,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        dataSource(),
        labelVariable('job', 'zurau_build_info'),
        labelVariable('instance', 'zurau_build_info{job=~"$job"}'),
      ],
    },
    panels: page.panels,
  }
}

/** Panels from left to right, and down. */
class Page {
  readonly panels: object[] = []
  private x = 0
  private y = 0
  private height = 0

  add(panel: object, { width, height }: { width: number; height: number }): void {
    if (this.x + width > WIDTH) this.newLine()
    this.push(panel, width, height)
    this.x += width
    this.height = height
  }

  addRow(title: string): void {
    this.newLine()
    this.push({ type: 'row', title, collapsed: false, panels: [] }, WIDTH, 1)
    this.height = 1
    this.newLine()
  }

  private newLine(): void {
    this.y += this.height
    this.x = 0
    this.height = 0
  }

  private push(panel: object, w: number, h: number): void {
    this.panels.push({ id: this.panels.length + 1, ...panel, gridPos: { x: this.x, y: this.y, w, h } })
  }
}

const SOURCE = { type: 'prometheus', uid: '${source}' }

function graph(name: string, definition: MetricDefinition): object {
  return {
    type: 'timeseries',
    title: panelTitle(name),
    description: `${definition.doc} (${name}, ${definition.unit})`,
    datasource: SOURCE,
    fieldConfig: {
      defaults: { unit: grafanaUnit(definition), min: definition.kind === 'gauge' ? null : 0 },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: queriesOf(name, definition).map(({ expression, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: SOURCE,
      expr: expression,
      legendFormat: legend,
    })),
  }
}

function stat(title: string, metric: keyof Catalogue, aggregate: string): object {
  const definition: MetricDefinition = catalogue[metric]
  return {
    type: 'stat',
    title,
    description: definition.doc,
    datasource: SOURCE,
    fieldConfig: { defaults: { unit: grafanaUnit(definition), noValue: '–' }, overrides: [] },
    options: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false } },
    targets: [{ refId: 'A', datasource: SOURCE, expr: `${aggregate}(${metric}{job=~"$job"})` }],
  }
}

/** `kafka_server_replicamanager_isrshrinks_total` is known as "isrshrinks" in its row. */
function panelTitle(name: string): string {
  const words = name.replace(/_total$/, '').split('_')
  const isOfBean =
    name.startsWith('kafka_') && words.length > 3 && !/^kafka_(topic|consumergroup|broker)/.test(name)
  return (isOfBean ? words.slice(3) : words.slice(1)).join(' ')
}

function dataSource(): object {
  return { name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' }
}

function labelVariable(label: string, series: string): object {
  return {
    name: label,
    type: 'query',
    datasource: SOURCE,
    query: { query: `label_values(${series}, ${label})`, refId: label },
    refresh: 2,
    multi: true,
    includeAll: true,
    current: { text: 'All', value: '$__all' },
    sort: 1,
  }
}
