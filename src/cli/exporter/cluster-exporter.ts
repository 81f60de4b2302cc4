import { ConsumerOffsetStore } from '../../../zk/stores/consumer-offset-store.ts'
import type { ZooKeeper } from '../../../zk/zookeeper.ts'
import { ClusterClient } from '../../client/cluster-client.ts'
import type { Address } from '../../client/connections.ts'
import { GroupAdmin } from '../../client/group-admin.ts'
import type { Metrics } from '../../metrics/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Network } from '../../platform/network.ts'
import { readEnsemble, showEnsemble, type ServerReading } from './ensemble-metrics.ts'
import { showSurvey } from './survey-metrics.ts'
import { takeSurvey, type Survey } from './survey.ts'

/** How long a scrape waits for the survey: Prometheus gives up after ten seconds. */
const PATIENCE_MS = 4000
const REQUEST_MS = 8000
/** Scrapes that follow one another closer than this share a survey. */
const FRESH_MS = 1000
/** What is older is not shown any more. */
const STALE_MS = 60_000

/**
 * What kafka_exporter does beside a cluster, inside it: at a scrape of the series of the cluster it asks all brokers for
 * the ends of their logs and for their groups, reads `/consumers`, and asks the ensemble's servers how they are. Nothing
 * is asked while nobody scrapes; scrapes at the same time share what one of them asks.
 */
export class ClusterExporter {
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly client: ClusterClient
  private readonly look: () => Promise<void>
  private latest: { survey: Survey; atMs: number } | null = null
  private ensemble: { servers: readonly ServerReading[]; atMs: number } | null = null
  private looking: Promise<void> | null = null
  private lookedMs = -Infinity

  constructor(options: {
    readonly clock: Clock
    readonly network: Network
    readonly logger: Logger
    readonly metrics: Metrics
    /** Where the broker of this process listens. */
    readonly broker: Address
    readonly connectString: string
    readonly zooKeeper: ZooKeeper
  }) {
    const { clock, network, metrics, broker, connectString, zooKeeper } = options
    this.clock = clock
    this.logger = options.logger.child('ClusterExporter')
    const client = new ClusterClient({
      clock,
      network,
      bootstrap: [broker],
      clientId: 'zurau-exporter',
      requestTimeoutMs: REQUEST_MS,
    })
    this.client = client
    const groups = new GroupAdmin({ client, timeoutMs: REQUEST_MS })
    const legacy = new ConsumerOffsetStore({ zooKeeper, clock, mode: 'multi' })
    const nowMs = (): number => clock.nowMs()
    this.look = async () => {
      const [survey, servers] = await Promise.all([
        takeSurvey({ client, groups, legacy, nowMs, timeoutMs: REQUEST_MS }),
        readEnsemble({ clock, network }, connectString),
      ])
      const atMs = clock.monotonicMs()
      this.latest = { survey, atMs }
      this.ensemble = { servers, atMs }
    }
    showSurvey(metrics, () => (this.isUsable(this.latest) ? (this.latest?.survey ?? null) : null))
    showEnsemble(metrics, () => (this.isUsable(this.ensemble) ? (this.ensemble?.servers ?? []) : []))
  }

  /** Resolves when the series are as fresh as they can be had in a few seconds. Never rejects. */
  async refresh(): Promise<void> {
    if (this.clock.monotonicMs() - this.lookedMs < FRESH_MS) return
    this.looking ??= this.look()
      .catch((error: unknown) => this.logger.info('the cluster could not be surveyed', { error }))
      .finally(() => {
        this.looking = null
        this.lookedMs = this.clock.monotonicMs()
      })
    let giveUp: () => void = () => undefined
    const patience = new Promise<void>((resolve) => (giveUp = resolve))
    const timer = this.clock.after(PATIENCE_MS, giveUp)
    await Promise.race([this.looking, patience])
    timer.cancel()
  }

  close(): void {
    this.client.close()
  }

  private isUsable(reading: { readonly atMs: number } | null): boolean {
    return reading !== null && this.clock.monotonicMs() - reading.atMs < STALE_MS
  }
}
