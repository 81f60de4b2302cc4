import type { BrokerId } from '../model/ids.ts'
import type { Histogram } from '../metrics/histogram.ts'
import type { Metrics } from '../metrics/registry.ts'
import type { ClusterCounts } from './controller-context.ts'
import type { EventKind } from './events.ts'

type TimerName = Extract<Parameters<Metrics['histogram']>[0], `kafka_controller_controllerstats_${string}`>

const timer = <Name extends string>(name: Name) =>
  `kafka_controller_controllerstats_${name}rateandtimems` as const

/**
 * What the controller says it is doing while it handles an event, by number and timer.
 * Source: kafka.controller.ControllerState (3.9).
 */
const activities: Readonly<Record<EventKind, { readonly state: number; readonly timer: TimerName | null }>> =
  {
    Startup: { state: 1, timer: timer('controllerchange') },
    ControllerChange: { state: 1, timer: timer('controllerchange') },
    Reelect: { state: 1, timer: timer('controllerchange') },
    RegisterBrokerAndReelect: { state: 1, timer: timer('controllerchange') },
    Expire: { state: 1, timer: timer('controllerchange') },
    Abandon: { state: 1, timer: timer('controllerchange') },
    ShutDown: { state: 12, timer: timer('controllershutdown') },
    BrokerChange: { state: 2, timer: timer('leaderelection') },
    BrokerModifications: { state: 2, timer: timer('leaderelection') },
    BrokerResync: { state: 2, timer: timer('leaderelection') },
    TopicChange: { state: 3, timer: timer('topicchange') },
    PartitionModifications: { state: 3, timer: timer('topicchange') },
    TopicDeletion: { state: 4, timer: timer('topicdeletion') },
    ReplicasDeleted: { state: 4, timer: timer('topicdeletion') },
    ZkPartitionReassignment: { state: 5, timer: timer('partitionreassignment') },
    ApiPartitionReassignment: { state: 5, timer: timer('partitionreassignment') },
    AutoPreferredElection: { state: 6, timer: timer('autoleaderbalance') },
    ZkPreferredElection: { state: 7, timer: timer('manualleaderbalance') },
    ElectLeaders: { state: 7, timer: timer('manualleaderbalance') },
    ControlledShutdown: { state: 8, timer: timer('controlledshutdown') },
    AlterPartition: { state: 9, timer: timer('isrchange') },
    IsrChangeNotification: { state: 9, timer: timer('isrchange') },
    LeaderAndIsrAnswered: { state: 10, timer: timer('leaderandisrresponsereceived') },
    LogDirEventNotification: { state: 11, timer: timer('logdirchange') },
    UncleanElectionEnabled: { state: 13, timer: timer('uncleanleaderelectionenable') },
    ListPartitionReassignments: { state: 15, timer: timer('listpartitionreassignment') },
    UpdateFeatures: { state: 17, timer: timer('updatefeatures') },
    AllocateProducerIds: { state: 0, timer: null },
  }

/** Unclean elections that one topic was allowed, in place of all. */
const OF_ONE_TOPIC = timer('topicuncleanleaderelectionenable')

/** What is asked at each scrape. */
export interface ControllerGauges {
  isActive(): boolean
  queuedEvents(): number
  /** Null where there is no term. */
  counts(): ClusterCounts | null
  queueSizes(): Iterable<readonly [broker: number, size: number]>
}

/** The controller's metrics, under Kafka's names. */
export class ControllerMetrics {
  private readonly metrics: Metrics
  private readonly timers: ReadonlyMap<TimerName, Histogram>
  private readonly uncleanElections: { add(count: number): void }
  private readonly queueTime: Histogram
  /** The number of what is being done. */
  private activity = 0
  private lastCounts: { readonly atMs: number; readonly counts: ClusterCounts | null } | null = null

  constructor(metrics: Metrics) {
    this.metrics = metrics
    this.queueTime = metrics.histogram('kafka_controller_controllereventmanager_eventqueuetimems').with()
    // From the start, so that a rate can tell "never" from "not measured".
    const names = Object.values(activities).flatMap((activity) => activity.timer ?? [])
    const all = new Set<TimerName>([...names, OF_ONE_TOPIC])
    this.timers = new Map([...all].map((name) => [name, metrics.histogram(name).with()]))
    this.uncleanElections = metrics
      .counter('kafka_controller_controllerstats_uncleanleaderelections_total')
      .with()
  }

  /** Has the gauges ask their owner at each scrape. */
  follow(gauges: ControllerGauges): void {
    const { metrics } = this
    const count = (name: keyof ClusterCounts) => () => this.countsOf(gauges)?.[name] ?? 0
    const sources = [
      [
        metrics.gauge('kafka_controller_kafkacontroller_activecontrollercount'),
        () => Number(gauges.isActive()),
      ],
      [metrics.gauge('kafka_controller_kafkacontroller_controllerstate'), () => this.activity],
      [metrics.gauge('kafka_controller_kafkacontroller_activebrokercount'), count('brokers')],
      [metrics.gauge('kafka_controller_kafkacontroller_fencedbrokercount'), () => 0],
      [metrics.gauge('kafka_controller_kafkacontroller_globaltopiccount'), count('topics')],
      [metrics.gauge('kafka_controller_kafkacontroller_globalpartitioncount'), count('partitions')],
      [metrics.gauge('kafka_controller_kafkacontroller_offlinepartitionscount'), count('offlinePartitions')],
      [
        metrics.gauge('kafka_controller_kafkacontroller_preferredreplicaimbalancecount'),
        count('preferredReplicaImbalance'),
      ],
      [metrics.gauge('kafka_controller_kafkacontroller_topicstodeletecount'), count('topicsToDelete')],
      [
        metrics.gauge('kafka_controller_kafkacontroller_topicsineligibletodeletecount'),
        count('topicsIneligibleToDelete'),
      ],
      [metrics.gauge('kafka_controller_kafkacontroller_replicastodeletecount'), count('replicasToDelete')],
      [
        metrics.gauge('kafka_controller_kafkacontroller_replicasineligibletodeletecount'),
        count('replicasIneligibleToDelete'),
      ],
      [metrics.gauge('kafka_controller_kafkacontroller_zkmigrationstate'), () => NO_MIGRATION],
      [metrics.gauge('kafka_controller_controllereventmanager_eventqueuesize'), () => gauges.queuedEvents()],
      [
        metrics.gauge('kafka_controller_controllerchannelmanager_totalqueuesize'),
        () => [...gauges.queueSizes()].reduce((total, [, size]) => total + size, 0),
      ],
    ] as const
    for (const [gauge, read] of sources) gauge.with().readBy(read)
    metrics.collect('kafka_controller_controllerchannelmanager_queuesize', (emit) => {
      for (const [broker, size] of gauges.queueSizes()) emit(size, { broker_id: broker })
    })
  }

  eventTaken(kind: EventKind, waitedMs: number): void {
    this.activity = activities[kind].state
    this.queueTime.record(waitedMs)
  }

  eventHandled(kind: EventKind, tookMs: number, isOfTopic: boolean): void {
    this.activity = 0
    const isOfOneTopic = kind === 'UncleanElectionEnabled' && isOfTopic
    const name = isOfOneTopic ? OF_ONE_TOPIC : activities[kind].timer
    if (name !== null) this.timers.get(name)?.record(tookMs)
  }

  uncleanElection(): void {
    this.uncleanElections.add(1)
  }

  requestSent(broker: BrokerId, waitedMs: number): void {
    this.metrics
      .histogram('kafka_controller_controllerchannelmanager_requestrateandqueuetimems')
      .with({ broker_id: broker })
      .record(waitedMs)
  }

  /** All counts of one scrape come from one pass over the partitions. */
  private countsOf(gauges: ControllerGauges): ClusterCounts | null {
    const nowMs = this.metrics.nowMs()
    if (this.lastCounts === null || nowMs - this.lastCounts.atMs > SAME_SCRAPE_MS) {
      this.lastCounts = { atMs: nowMs, counts: gauges.counts() }
    }
    return this.lastCounts.counts
  }
}

/** kafka.server.ZkMigrationState: metadata is in ZooKeeper. */
const NO_MIGRATION = 4
/** Gauges read within this time belong to one scrape. */
const SAME_SCRAPE_MS = 100
