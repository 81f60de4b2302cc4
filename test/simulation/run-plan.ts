import type { BrokerId } from '../../src/model/ids.ts'
import { checkHistory } from './checkers/history.ts'
import type { Checker, FinishedRun } from './checkers/checker.ts'
import { MetadataJudge } from './checkers/metadata.ts'
import { checkRecovery } from './checkers/recovery.ts'
import { checkReplicas } from './checkers/replicas.ts'
import { History } from './history.ts'
import type { Plan } from './plan.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { readStoredLog, type StoredLog } from './stored-log.ts'
import { startWorkload } from './workloads/start-workload.ts'
import type { Run, Workload } from './workloads/workload.ts'
import { World, type Violation } from './world.ts'

/** What a run has come to. */
export interface RunReport {
  readonly plan: Plan
  /** In the order in which they were seen. */
  readonly violations: readonly Violation[]
  readonly fingerprint: number
  readonly simulatedMs: number
  readonly events: number
  readonly counts: RunCounts
  /** The newest lines of what happened. */
  readonly trace: readonly string[]
}

export interface RunCounts {
  readonly acknowledged: number
  readonly failed: number
  readonly read: number
  readonly actions: number
  readonly elections: number
  readonly controllers: number
  readonly isrChanges: number
  /** Of which nothing was promised in the end: see PowerContract. */
  readonly voidPartitions: number
  /** From the healing until every partition was whole again and every client had got on. */
  readonly recoveryMs: number
}

export interface RunOptions {
  /** How many lines of the trace to keep in the report. Default 400. */
  readonly traceLines?: number
  /** Looked at besides the usual. */
  readonly checkers?: readonly Checker[]
}

/** How long a healed cluster may take until it is whole, and how often that is looked at. */
const RECOVERY_MS = 60_000
const STEP_MS = 200
/** How long starting, finishing and stopping may take. */
const PATIENCE_MS = 60_000

const CHECKERS: readonly Checker[] = [checkHistory, checkReplicas, checkRecovery]

/** Runs a plan from its beginning to its end, or to the first violation. Never rejects for what the brokers do wrong. */
export async function runPlan(plan: Plan, options: RunOptions = {}): Promise<RunReport> {
  return new PlanRun(plan, options).run()
}

/** Ends a run whose violations are noted already. */
class Stop extends Error {}

class PlanRun implements Run {
  readonly plan: Plan
  readonly world: World
  readonly cluster: SimulatedCluster
  readonly history = new History()
  private readonly options: RunOptions
  private readonly judge: MetadataJudge
  private workloads: Workload[] = []
  private recoveryMs = -1

  constructor(plan: Plan, options: RunOptions) {
    this.plan = plan
    this.options = options
    const { seed, latencyMs, chunking, tickTimeMs } = plan
    this.world = new World({ seed, tickTimeMs, network: { latencyMs, chunking } })
    this.cluster = new SimulatedCluster(this.world, plan)
    this.judge = new MetadataJudge(this.world, (...state) => this.cluster.power.onState(...state))
  }

  async run(): Promise<RunReport> {
    const onRejection = (error: unknown): void => {
      this.world.violate('crash', 'a promise was rejected and nobody cared', error)
    }
    process.on('unhandledRejection', onRejection)
    try {
      await this.begin()
      await this.goWrong()
      await this.recover()
      await this.finish()
      await this.check()
    } catch (error) {
      if (!(error instanceof Stop)) this.world.violate('crash', 'the simulation itself failed', error)
    } finally {
      process.off('unhandledRejection', onRejection)
      for (const workload of this.workloads) workload.close()
    }
    return this.report()
  }

  // --- the parts of a run -------------------------------------------------------------------------------------------

  private async begin(): Promise<void> {
    const { cluster, plan, world } = this
    cluster.keepAllUp()
    await this.waitFor('all brokers serve', PATIENCE_MS, () => cluster.areAllServing)
    for (const topic of plan.topics) await world.until(cluster.administrator.mustCreate(topic))
    await this.waitFor('the topics are there', PATIENCE_MS, () => this.areAllWhole())
    this.workloads = plan.workloads.map((planned) => startWorkload(this, planned))
  }

  private async goWrong(): Promise<void> {
    this.cluster.schedule()
    const endMs = this.world.nowMs + this.plan.durationMs
    while (this.world.nowMs < endMs) await this.step(Math.min(STEP_MS, endMs - this.world.nowMs))
  }

  private async recover(): Promise<void> {
    const { cluster, workloads, world } = this
    const healedMs = world.nowMs
    cluster.heal()
    for (const workload of workloads) workload.heal()
    await this.waitFor('all brokers serve again', RECOVERY_MS, () => cluster.areAllServing)
    cluster.mendDirectories()
    await this.waitFor('everything is whole again', RECOVERY_MS, () => {
      if (cluster.areAllServing) cluster.mendDirectories()
      return (
        cluster.areAllServing && this.areAllWhole() && workloads.every((workload) => workload.hasRecovered)
      )
    })
    this.recoveryMs = world.nowMs - healedMs
  }

  /** Producers first: readers read to the end of what is there then. */
  private async finish(): Promise<void> {
    const { workloads, world, cluster } = this
    const [writers, readers] = [
      workloads.filter((_, i) => this.plan.workloads[i]?.kind === 'producer'),
      workloads.filter((_, i) => this.plan.workloads[i]?.kind !== 'producer'),
    ]
    await this.settle('the producers finish', Promise.all(writers.map((workload) => workload.finish())))
    await this.settle('the readers finish', Promise.all(readers.map((workload) => workload.finish())))
    for (const workload of workloads) workload.close()
    // One more round of fetches: followers learn the last watermark.
    await world.advance(1000)
    await this.settle('the administrator goes', cluster.administrator.close())
    for (const broker of world.brokers.values()) {
      if (!broker.isServing) continue
      broker.putDown('stop')
      await this.waitFor(`${broker.host} stops`, PATIENCE_MS, () => !broker.isRunning)
    }
  }

  private async check(): Promise<void> {
    const run = this.finished()
    for (const checker of [...CHECKERS, ...(this.options.checkers ?? [])]) await checker(run)
  }

  // --- steps --------------------------------------------------------------------------------------------------------

  private async step(ms: number): Promise<void> {
    await this.world.advance(ms)
    if (this.world.violations.length > 0) throw new Stop()
  }

  private async waitFor(what: string, maxMs: number, condition: () => boolean): Promise<void> {
    const endMs = this.world.nowMs + maxMs
    while (!condition()) {
      if (this.world.nowMs >= endMs) {
        this.world.violate('liveness', `not within ${maxMs / 1000} s: ${what}; ${this.unfinished()}`)
        throw new Stop()
      }
      await this.step(STEP_MS)
    }
  }

  private async settle(what: string, promise: Promise<unknown>): Promise<void> {
    let isSettled = false
    promise.then(
      () => (isSettled = true),
      (error: unknown) => this.world.violate('crash', `the simulation itself failed: ${what}`, error),
    )
    await this.waitFor(what, PATIENCE_MS, () => isSettled)
  }

  /** Every partition has its leader and all of its replicas in sync, and no order is left to be carried out. */
  private areAllWhole(): boolean {
    const { view } = this.cluster
    if (view.controllerId === null || view.hasPendingOrders) return false
    const topics = new Set(view.topics)
    if (this.plan.topics.some(({ name, promise }) => promise !== 'nothing' && !topics.has(name))) return false
    return view
      .partitions()
      .every(
        ({ replicas, state, isMoving }) =>
          !isMoving &&
          state !== null &&
          state.leader >= 0 &&
          state.inSyncReplicas.length === replicas.length &&
          replicas.every((id) => state.inSyncReplicas.includes(id as BrokerId)),
      )
  }

  private unfinished(): string {
    const { view } = this.cluster
    const down = [...this.world.brokers.values()]
      .filter(({ isServing }) => !isServing)
      .map(({ host }) => host)
    const broken = view.partitions().flatMap(({ topic, partition, replicas, state }) => {
      const isWhole = state !== null && state.leader >= 0 && state.inSyncReplicas.length === replicas.length
      const words =
        state === null ? 'has no state' : `leader ${state.leader} isr ${state.inSyncReplicas.join(',')}`
      return isWhole ? [] : [`${topic}-${partition} of ${replicas.join(',')} ${words}`]
    })
    const waiting = this.workloads.filter(({ hasRecovered }) => !hasRecovered).map((one) => one.describe())
    return [
      `controller ${view.controllerId}`,
      ...(down.length > 0 ? [`down: ${down.join(' ')}`] : []),
      ...(view.hasPendingOrders ? ['orders are pending'] : []),
      ...broken,
      ...waiting,
    ].join('; ')
  }

  // --- results ------------------------------------------------------------------------------------------------------

  private finished(): FinishedRun {
    const { plan, world, cluster, history } = this
    const known = new Map<string, Map<number, StoredLog>>()
    const logs = (topic: string, partition: number): ReadonlyMap<number, StoredLog> => {
      const key = `${topic}-${partition}`
      let found = known.get(key)
      if (found === undefined) {
        found = new Map<number, StoredLog>()
        known.set(key, found)
        for (const { id, image, logDirs } of world.brokers.values()) {
          const log = readStoredLog(image, logDirs, topic, partition)
          if (log !== null) found.set(id, log)
        }
      }
      return found
    }
    return { plan, world, cluster, history, logs, powerLosses: cluster.powerLosses }
  }

  private report(): RunReport {
    const { plan, world, history, judge, cluster } = this
    const { violations, fingerprint, scheduler } = world
    let acknowledged = 0
    let failed = 0
    for (const { outcome } of history.sends) {
      if (outcome === 'acknowledged') acknowledged++
      else if (outcome === 'failed') failed++
    }
    return {
      plan,
      violations,
      fingerprint,
      simulatedMs: world.nowMs,
      events: scheduler.eventsRun,
      counts: {
        acknowledged,
        failed,
        read: history.readings.reduce((sum, { records }) => sum + records.length, 0),
        actions: [...cluster.performed.values()].reduce((sum, count) => sum + count, 0),
        elections: judge.elections,
        controllers: judge.controllers,
        isrChanges: judge.isrChanges,
        voidPartitions: cluster.power.voidPartitions,
        recoveryMs: this.recoveryMs,
      },
      trace:
        violations.length > 0 || this.options.traceLines !== undefined
          ? world.trace.tail(this.options.traceLines ?? 400)
          : [],
    }
  }
}
