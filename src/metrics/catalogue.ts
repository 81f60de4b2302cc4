import { brokerTopics } from './catalogue/broker-topics.ts'
import { clusterView } from './catalogue/cluster-view.ts'
import { controller } from './catalogue/controller.ts'
import { coordinators } from './catalogue/coordinators.ts'
import { log } from './catalogue/log.ts'
import { network } from './catalogue/network.ts'
import { processArea } from './catalogue/process.ts'
import { replication } from './catalogue/replication.ts'
import { zooKeeper } from './catalogue/zookeeper.ts'
import { zurau } from './catalogue/zurau.ts'
import type { MetricArea } from './define.ts'

/**
 * THE metric table: every metric under the name that Prometheus sees. Names that begin with `kafka_` are Kafka's own
 * in the dialect that the JMX exporter's Kafka rules give them (domain, type and name of the MBean in lower case;
 * `…PerSec` counts end in `_total`, percentages in `_percent`, timers have quantiles), so that dashboards and alerts
 * made for Kafka work unchanged. The rest are ours, named as Prometheus advises.
 *
 * An entry here is all that it takes: the registry offers the recorder, the scrape prints HELP and TYPE, and the
 * documentation has a row.
 */
const areas = [
  brokerTopics,
  replication,
  network,
  log,
  controller,
  coordinators,
  zooKeeper,
  clusterView,
  zurau,
  processArea,
] as const satisfies readonly MetricArea[]

type Intersection<Union> = (Union extends unknown ? (value: Union) => void : never) extends (
  value: infer Whole,
) => void
  ? Whole
  : never
type Merged = Intersection<(typeof areas)[number]['metrics']>

/** Every metric's entry by its name. */
export type Catalogue = { readonly [Name in keyof Merged]: Merged[Name] }

export const catalogue = Object.freeze(Object.assign({}, ...areas.map((one) => one.metrics))) as Catalogue

/** The table's chapters, in the order of the documentation. */
export const metricAreas = areas
