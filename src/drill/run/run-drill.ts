import type { Logger } from '../../platform/logger.ts'
import { sleep } from '../../platform/clock.ts'
import { DEFAULT_WORKLOAD, type Activity, type Experiment } from '../experiment/experiment.ts'
import { Observer } from '../sandbox/observer.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import type { Launcher, MachinePorts } from '../sandbox/sandbox-options.ts'
import { Workload } from '../workload/workload.ts'
import type { LaneTruth } from '../workload/ledger.ts'
import { parseCommand } from './commands.ts'
import type { ActivityResult, DrillListener, DrillResult, Verdict } from './drill-result.ts'
import { judge, timesOf, type Evidence } from './judge.ts'
import { Recorder } from './recorder.ts'
import type { CommandValue, Stage } from './stage.ts'
import { watchStopConditions } from './stop-conditions.ts'
import { isTolerated } from './tolerance.ts'

/** Takes the place of the method: a human does the steps. Resolves when the human is done. */
export type Trainee = (
  stage: Stage,
  perform: (activity: Activity) => Promise<ActivityResult>,
) => Promise<void>

export interface DrillOptions {
  readonly ports: MachinePorts
  readonly logger: Logger
  readonly launcher: Launcher
  /** Where the sandbox lives: a folder of its own is made in it, and removed. */
  readonly directory: string
  readonly experiment: Experiment
  readonly signal: AbortSignal
  readonly listener: DrillListener
  readonly keepFiles?: boolean
  readonly trainee?: Trainee
}

const WARM_UP_MS = 2000
const STEADY_LIMIT_MS = 45_000
const STEADY_AGAIN_LIMIT_MS = 15_000
const SETTLE_LIMIT_MS = 70_000
const HEAL_LIMIT_MS = 90_000
const LOOK_MS = 250
const REGISTRATION_LIMIT_MS = 60_000
const LEAVE_LIMIT_MS = 2000
export const SESSION_TIMEOUT_MS = 4000

/** What every broker of a sandbox is told, so that three of them suffice and drills are short. */
const SANDBOX_CONFIG: Readonly<Record<string, string>> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.num.partitions': '3',
  'transaction.state.log.min.isr': '2',
  'group.initial.rebalance.delay.ms': '0',
  'replica.lag.time.max.ms': '4000',
  'replica.socket.timeout.ms': '5000',
  'controller.socket.timeout.ms': '5000',
  'auto.leader.rebalance.enable': 'false',
  'controlled.shutdown.enable': 'true',
  'auto.create.topics.enable': 'false',
  'zookeeper.connection.timeout.ms': '20000',
}

/**
 * Runs one experiment: a cluster of real processes is started, put under load, hurt, judged and removed. Whatever
 * happens, an abort too, the rollbacks run and nothing of the sandbox is left behind.
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const run = new DrillRun(options)
  return run.execute()
}

class DrillRun {
  private readonly options: DrillOptions
  private readonly experiment: Experiment
  private readonly abort = new AbortController()
  private readonly steadyBefore: ActivityResult[] = []
  private readonly steadyAfter: ActivityResult[] = []
  private readonly results: ActivityResult[] = []
  private readonly rollbacks: ActivityResult[] = []
  private faultMs: number | null = null
  private stopReason: string | null = null
  private stage: Stage | null = null

  constructor(options: DrillOptions) {
    this.options = options
    this.experiment = options.experiment
  }

  async execute(): Promise<DrillResult> {
    const { ports, signal, listener, directory, launcher } = this.options
    const { clock, random } = ports
    const startedMs = clock.nowMs()
    const beganMs = clock.monotonicMs()
    const onAbort = (): void => this.abort.abort(new Error('interrupted'))
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const [extension] = this.experiment.extensions
    const run = random.bytes(4).toString('hex')
    const folder = `${directory}/drill-${run}`
    const sandbox = new Sandbox({
      ports,
      launcher,
      directory: folder,
      shape: {
        brokers: Array.from({ length: extension.sandbox.brokers }, (_, index) => ({
          id: index + 1,
          rack: extension.sandbox.racks?.[index] ?? null,
        })),
        zookeepers: extension.sandbox.zookeeper,
        isEmbedded: extension.sandbox.embedded === true,
        brokerConfig: { ...SANDBOX_CONFIG, ...extension.sandbox.config },
        sessionTimeoutMs: extension.sandbox.sessionTimeout ?? SESSION_TIMEOUT_MS,
      },
      onSurprise: (name, end) =>
        this.stage?.recorder.note('process', `${name} died by itself: ${end.signal ?? `code ${end.code}`}`),
    })
    let verdict: Verdict = 'failed'
    let reason = ''
    let truth: LaneTruth[] = []
    let startMs = 0
    let endMs = 0
    let observer: Observer | null = null
    let workload: Workload | null = null
    try {
      listener.phase('start sandbox')
      await this.unlessAborted(sandbox.start())
      observer = new Observer({ ports, logger: this.options.logger, connectString: sandbox.connectString })
      await this.registered(observer, sandbox.brokers.length)
      const spec = { ...DEFAULT_WORKLOAD, ...extension.workload }
      workload = new Workload({
        ports,
        bootstrap: sandbox.bootstrap,
        run,
        shape: {
          lanes: spec.acks,
          partitions: spec.partitions,
          replicationFactor: spec.replication,
          rate: spec.rate,
          sizeBytes: spec.size,
          deliveryTimeoutMs: spec.deliveryTimeout * 1000,
          topicConfig: spec.topicConfig,
          assignment: spec.assignment.length === 0 ? null : spec.assignment,
        },
      })
      const minInSync = Number(sandbox.shape.brokerConfig['min.insync.replicas'])
      const recorder = new Recorder({
        ports,
        observer,
        workload,
        minInSync,
        onEvent: (event) => listener.event(event),
      })
      const stage: Stage = {
        ports,
        sandbox,
        observer,
        workload,
        recorder,
        victims: { broker: null, secondBroker: null, zookeeper: null, secondZookeeper: null },
        signal: this.abort.signal,
        measured: new Map(),
        controllerEpoch: 0,
        faultMs: null,
        members: [],
        generations: [],
      }
      this.stage = stage
      listener.phase('workload')
      await this.unlessAborted(workload.start())
      for (const { name, assignment, config } of extension.sandbox.topics ?? [])
        await this.unlessAborted(
          workload.createTopic({
            name,
            assignment,
            partitions: null,
            replicationFactor: null,
            configs: config,
          }),
        )
      recorder.start()
      await this.unlessAborted(sleep(clock, WARM_UP_MS))
      listener.phase('steady state before')
      const isSteady = await this.steady(this.steadyBefore, STEADY_LIMIT_MS)
      stage.controllerEpoch = (await recorder.look())?.controllerEpoch ?? 0
      startMs = workload.elapsedMs
      if (!isSteady) {
        verdict = 'not-steady'
        reason = `the cluster is not well before anything was done: ${failuresOf(this.steadyBefore)}`
      } else {
        listener.phase('method')
        let isMethodOver = false
        const watching = watchStopConditions({
          clock,
          texts: extension['stop-conditions'] ?? [],
          latest: () => recorder.latest,
          isOver: () => isMethodOver || this.abort.signal.aborted,
          onMet: (why) => {
            this.stopReason = why
            this.abort.abort(new Error(why))
          },
        })
        await this.method(stage)
        isMethodOver = true
        await watching
        await recorder.settled()
        listener.phase('steady state after')
        const isSteadyAgain =
          !this.abort.signal.aborted && (await this.steady(this.steadyAfter, STEADY_AGAIN_LIMIT_MS))
        endMs = workload.elapsedMs
        const failed = this.results.filter((each) => each.status === 'failed' || !each.tolerated)
        if (failed.length > 0) {
          verdict = 'deviated'
          reason = failuresOf(failed)
        } else if (!isSteadyAgain) {
          verdict = 'deviated'
          reason = `not steady afterwards: ${failuresOf(this.steadyAfter)}`
        } else verdict = 'held'
      }
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    if (this.abort.signal.aborted) {
      verdict = 'aborted'
      reason = this.stopReason ?? 'interrupted'
    }
    endMs = endMs === 0 ? (workload?.elapsedMs ?? 0) : endMs
    try {
      if (this.stage !== null) {
        await this.rollBack(this.stage)
        if (!this.options.signal.aborted && verdict !== 'not-steady' && verdict !== 'failed')
          truth = await this.truth(this.stage)
      }
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error)
      if (verdict === 'held') verdict = 'deviated'
      reason = `${reason === '' ? '' : `${reason}; `}what was written could not be read: ${words}`
    }
    const samples = this.stage?.recorder.samples ?? []
    const events = this.stage?.recorder.events ?? []
    listener.phase('clean up')
    await this.stage?.recorder.stop()
    const leaving = Promise.all((this.stage?.members ?? []).map((member) => member.stop()))
    await Promise.race([leaving, sleep(clock, LEAVE_LIMIT_MS)])
    await workload?.close()
    await observer?.close()
    const mayKeep = this.options.keepFiles === true
    await sandbox.stop({ keepFiles: mayKeep })
    signal.removeEventListener('abort', onAbort)
    const evidence: Evidence = {
      deliveries: workload?.deliveries ?? [],
      samples,
      events,
      truth,
      partitions: extension.workload?.partitions ?? DEFAULT_WORKLOAD.partitions,
      startMs,
      faultMs: this.faultMs,
      endMs,
      measured: this.stage?.measured ?? new Map(),
    }
    const thresholds = judge(evidence, extension.thresholds)
    const breached = thresholds.filter((each) => !each.holds)
    if (verdict === 'held' && breached.length > 0) {
      verdict = 'breached'
      reason = breached
        .map(({ metric, threshold, value }) => `${metric} ${threshold} is ${round(value)}`)
        .join(', ')
    }
    return {
      experiment: this.experiment,
      verdict,
      reason,
      startedMs,
      wallMs: Math.round(clock.monotonicMs() - beganMs),
      brokerName: launcher.brokerName,
      zookeepers: sandbox.zookeepers.length,
      steadyBefore: this.steadyBefore,
      steadyAfter: this.steadyAfter,
      run: this.results,
      rollbacks: this.rollbacks,
      thresholds,
      times: timesOf(evidence),
      truth,
      samples,
      events,
      deliveries: evidence.deliveries,
      faultMs: this.faultMs,
      endMs,
    }
  }

  /** Brokers open their ports before they are registered; topics need all of them. */
  private async registered(observer: Observer, count: number): Promise<void> {
    const { clock } = this.options.ports
    const limit = clock.monotonicMs() + REGISTRATION_LIMIT_MS
    for (;;) {
      this.abort.signal.throwIfAborted()
      const view = await observer.look()
      if (view !== null && view.brokers.size >= count && view.controller !== null) return
      if (clock.monotonicMs() > limit)
        throw new Error(`only ${view?.brokers.size ?? 0} of ${count} brokers registered`)
      await sleep(clock, LOOK_MS)
    }
  }

  private async method(stage: Stage): Promise<void> {
    const perform = (activity: Activity): Promise<ActivityResult> =>
      this.perform(activity, 'method', this.results)
    if (this.options.trainee !== undefined) return this.options.trainee(stage, perform)
    const background: Promise<unknown>[] = []
    for (const activity of this.experiment.method) {
      if (this.abort.signal.aborted) break
      if (activity.background === true) background.push(perform(activity))
      else {
        const result = await perform(activity)
        // What comes next rests on it.
        if (result.status === 'failed') break
      }
    }
    await Promise.all(background)
  }

  /** Looks at the steady state until it is there, or the time is over. */
  private async steady(results: ActivityResult[], limitMs: number): Promise<boolean> {
    const { clock } = this.options.ports
    const probes = this.experiment['steady-state-hypothesis']?.probes ?? []
    const limit = clock.monotonicMs() + limitMs
    for (;;) {
      const attempt: ActivityResult[] = []
      for (const probe of probes) await this.perform(probe, null, attempt)
      const isSteady = attempt.every((each) => each.status === 'succeeded' && each.tolerated)
      if (isSteady || clock.monotonicMs() > limit || this.abort.signal.aborted) {
        results.splice(0, results.length, ...attempt)
        for (const result of attempt) this.options.listener.activity('steady state', result)
        return isSteady
      }
      await sleep(clock, LOOK_MS)
    }
  }

  private async perform(
    activity: Activity,
    phase: string | null,
    results: ActivityResult[],
  ): Promise<ActivityResult> {
    const { clock } = this.options.ports
    const stage = this.stage as Stage
    const line = activity.provider.arguments
    await this.pause(activity.pauses?.before)
    const startMs = Math.round(stage.workload.elapsedMs)
    const beganMs = clock.monotonicMs()
    let output: CommandValue | null = null
    let error: string | null = null
    const parsed = parseCommand(line)
    try {
      if ('problem' in parsed) throw new Error(parsed.problem)
      if (parsed.command.isInjection === true) {
        this.faultMs ??= stage.workload.elapsedMs
        stage.faultMs = this.faultMs
        stage.recorder.note('injection', `${activity.name}: ${line}`)
      } else if (phase !== null) stage.recorder.note('step', `${activity.name}: ${line}`)
      output = await parsed.command.run(stage, parsed.words, parsed.options)
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown)
    }
    const result: ActivityResult = {
      name: activity.name,
      type: activity.type,
      command: line,
      startMs,
      durationMs: Math.round(clock.monotonicMs() - beganMs),
      status: error === null ? 'succeeded' : 'failed',
      output,
      tolerated: error === null && isTolerated(output, activity.tolerance),
      error,
    }
    results.push(result)
    if (phase !== null) this.options.listener.activity(phase, result)
    await this.pause(activity.pauses?.after)
    return result
  }

  private async pause(seconds: number | undefined): Promise<void> {
    if (seconds === undefined || this.abort.signal.aborted) return
    await this.unlessAborted(sleep(this.options.ports.clock, seconds * 1000)).catch(() => undefined)
  }

  private async rollBack(stage: Stage): Promise<void> {
    this.options.listener.phase('rollbacks')
    for (const activity of this.experiment.rollbacks ?? [])
      await this.perform(activity, 'rollbacks', this.rollbacks)
    await stage.sandbox.clearFaults()
  }

  /** Waits for the cluster to serve again, and then counts. */
  private async truth(stage: Stage): Promise<LaneTruth[]> {
    const { clock } = this.options.ports
    this.options.listener.phase('count what was acknowledged')
    await this.unlessAborted(stage.workload.settle(SETTLE_LIMIT_MS))
    const limit = clock.monotonicMs() + HEAL_LIMIT_MS
    for (;;) {
      const view = await stage.recorder.look()
      const isLed =
        view !== null && view.partitions.every(({ leader }) => leader >= 0 && view.brokers.has(leader))
      if (isLed || clock.monotonicMs() > limit) break
      if (this.options.signal.aborted) return []
      await sleep(clock, LOOK_MS)
    }
    return stage.workload.truth()
  }

  private async unlessAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this.abort
    signal.throwIfAborted()
    let onAbort: () => void = () => undefined
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('interrupted'))
      signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([work, aborted])
    } finally {
      signal.removeEventListener('abort', onAbort)
      work.catch(() => undefined)
    }
  }
}

function failuresOf(results: readonly ActivityResult[]): string {
  return results
    .filter((each) => each.status === 'failed' || !each.tolerated)
    .map(({ name, output, error }) => (error === null ? `${name} is ${String(output)}` : `${name}: ${error}`))
    .join('; ')
}

function round(value: number): string {
  return Number.isNaN(value) ? 'not measured' : String(Math.round(value * 1000) / 1000)
}
