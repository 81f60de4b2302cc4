import { ANY_VERSION, type ZooKeeper } from '../../../../zk/zookeeper.ts'
import type { ClusterClient } from '../../../client/cluster-client.ts'
import { GroupAdmin } from '../../../client/group-admin.ts'
import { KafkaError } from '../../../model/errors.ts'
import { sleep } from '../../../platform/clock.ts'
import { CliError } from '../../cli-error.ts'
import type { Shell } from '../../shell.ts'
import type { Sides } from '../sides.ts'
import { Committer, CONTENDER_TITLES, type ContenderName } from './contender.ts'
import { EnsembleProbe, readCounters, type EnsembleCounters } from './ensemble-health.ts'
import { tryZombie } from './fencing.ts'
import { Latencies } from './latencies.ts'
import { closedLoop, openLoop, type LoadResult } from './load.ts'
import { commitsPerSecond, type ReaderLoad } from './reader-load.ts'
import {
  figureOf,
  type CompareResult,
  type ContenderResult,
  type FaultResult,
  type RatePoint,
} from './result.ts'

export interface CompareOptions {
  readonly contenders: readonly ContenderName[]
  readonly load: ReaderLoad
  readonly phaseMs: number
  readonly repeats: number
  readonly connectString: string
  /** What to do to the cluster in the middle of a run: a name and a command for the shell. */
  readonly faults: readonly { readonly name: string; readonly command: string }[]
  /** Runs a command and resolves when it has begun. */
  readonly inject: (command: string) => Promise<void>
  /** How long each fault is watched. */
  readonly faultMs: number
  readonly setup: Readonly<Record<string, string>>
  readonly newClient: () => ClusterClient
}

const WRITES_KEY = 'offsets.storage.zookeeper.writes'
const ALL_BROKERS = { type: 'broker', name: '' } as const
/** Groups that commit at once in the closed loop. */
const LANES = 8
/** More groups than this cost memory and show nothing new. */
const MAX_GROUPS = 1000
const COMMIT_TIMEOUT_MS = 5000
const WARM_UP_MS = 1000
/** Parts of the saturation at which the open loop is run for the curve of rate and latency. */
const CURVE = [0.1, 0.25, 0.5, 0.75, 0.9]
const QUIET_MS = 2000
const FAULT_RATE = 50
const SETTLED_MS = 15_000

/**
 * Both stores under the same load, on the same brokers and connections, one after the other and over again. Its own
 * topic and groups are made for that and removed again; nobody else's offsets are touched.
 */
export class Comparison {
  private readonly shell: Shell
  private readonly sides: Sides
  private readonly zooKeeper: ZooKeeper
  private readonly options: CompareOptions
  private readonly topic: string
  private readonly client: ClusterClient
  private readonly groups: GroupAdmin
  private readonly usedGroups = new Set<string>()
  private nextOffset = 1

  constructor(shell: Shell, sides: Sides, zooKeeper: ZooKeeper, options: CompareOptions) {
    this.shell = shell
    this.sides = sides
    this.zooKeeper = zooKeeper
    this.options = options
    this.topic = `zurau-offsets-compare-${shell.random.below(1_000_000_000).toString(36)}`
    this.client = options.newClient()
    this.groups = new GroupAdmin({ client: this.client, timeoutMs: sides.cluster.timeoutMs })
  }

  async run(): Promise<CompareResult> {
    const { shell, sides, options } = this
    const { load } = options
    const startedAt = new Date(shell.clock.nowMs()).toISOString()
    const { brokers } = await sides.cluster.client.metadata([])
    const topic = {
      name: this.topic,
      partitions: load.partitions,
      replicationFactor: Math.min(3, brokers.length),
      configs: {},
    }
    await sides.cluster.admin.createTopic(topic)
    const probe = new EnsembleProbe(shell, this.zooKeeper, `/${this.topic}`)
    try {
      await this.say(`topic ${this.topic}: ${load.partitions} partitions`)
      await this.untilKnown()
      await probe.start()
      await sleep(shell.clock, QUIET_MS)
      const quietP99 = probe.take().percentile(99)
      const zombies = await tryZombie(
        { client: this.client, groups: this.groups },
        { group: this.group('zombie', 0), topic: this.topic },
      )
      const measured = new Map<ContenderName, Measured>(
        options.contenders.map((name) => [name, new Measured()]),
      )
      for (let round = 0; round < options.repeats; round++) {
        for (const [name, measure] of measured) {
          await this.say(`round ${round + 1} of ${options.repeats}: ${CONTENDER_TITLES[name]}`)
          await this.measure(name, measure, probe, round === 0)
        }
      }
      const contenders = [...measured].map(([name, measure]): ContenderResult => {
        return { ...measure.result(name), zombie: name === 'kafka' ? zombies.kafka : zombies.zookeeper }
      })
      await this.useLoop(false)
      const faults: FaultResult[] = []
      for (const fault of options.faults) faults.push(await this.rehearse(fault))
      return {
        startedAt,
        setup: { ...options.setup, brokers: String(brokers.length) },
        load,
        repeats: options.repeats,
        secondsEach: options.phaseMs / 1000,
        quietP99,
        contenders,
        faults,
      }
    } finally {
      await probe.stop()
      await this.cleanUp()
    }
  }

  private async measure(
    name: ContenderName,
    into: Measured,
    probe: EnsembleProbe,
    withCurve: boolean,
  ): Promise<void> {
    const { shell, options } = this
    const { clock } = shell
    await this.useLoop(name === 'zookeeper-faithful')
    const lanes = this.committers(name, LANES)
    await closedLoop(clock, lanes, { durationMs: WARM_UP_MS, firstOffset: this.offsets() })
    probe.take()
    const before = await readCounters(shell, options.connectString)
    const saturated = await closedLoop(clock, lanes, {
      durationMs: options.phaseMs,
      firstOffset: this.offsets(),
    })
    const after = await readCounters(shell, options.connectString)
    into.addSaturated(saturated, probe.take(), before, after)

    const own = this.committers(name, Math.min(MAX_GROUPS, options.load.groups))
    const rate = Math.max(1, commitsPerSecond(options.load))
    into.addOwn(
      await openLoop(clock, own, {
        durationMs: options.phaseMs,
        perSecond: rate,
        firstOffset: this.offsets(),
      }),
    )
    if (!withCurve) return
    const most = saturated.commits / saturated.seconds
    for (const part of CURVE) {
      const perSecond = Math.max(1, most * part)
      const result = await openLoop(clock, lanes, {
        durationMs: options.phaseMs / 2,
        perSecond,
        firstOffset: this.offsets(),
      })
      into.rates.push({
        perSecond,
        done: result.commits / result.seconds,
        p50: result.latencies.percentile(50),
        p99: result.latencies.percentile(99),
      })
    }
  }

  /** All contenders at once, so that they see the same fault at the same time. */
  private async rehearse({ name, command }: { name: string; command: string }): Promise<FaultResult> {
    const { shell, options } = this
    await this.say(`fault ${name}: ${command}`)
    const contenders = options.contenders.filter((contender) => contender !== 'zookeeper-faithful')
    const runs = contenders.map((contender) =>
      openLoop(shell.clock, this.committers(contender, LANES), {
        durationMs: options.faultMs,
        perSecond: FAULT_RATE,
        firstOffset: this.offsets(),
      }),
    )
    await sleep(shell.clock, options.faultMs / 4)
    await options.inject(command)
    const results = await Promise.all(runs)
    const gaps: FaultResult['gaps'][number][] = []
    for (const [index, { gap, failures, acknowledged }] of results.entries()) {
      const contender = contenders[index] as ContenderName
      gaps.push({ contender, ms: gap.ms, failures, lost: await this.lostOf(contender, acknowledged) })
    }
    return { name, command, gaps }
  }

  /** Groups whose store has less than was acknowledged. */
  private async lostOf(contender: ContenderName, acknowledged: ReadonlyMap<string, number>): Promise<number> {
    const store = contender === 'kafka' ? 'kafka' : 'zookeeper'
    let lost = 0
    for (const [group, offset] of acknowledged) {
      const found = await this.patiently(() => this.sides[store].read(group))
      if (found.length < this.options.load.partitions || found.some((each) => each.offset < offset)) lost++
    }
    return lost
  }

  /** After a fault it may take a while until anybody answers. */
  private async patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const deadline = this.shell.clock.monotonicMs() + SETTLED_MS
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        if (this.shell.clock.monotonicMs() > deadline) throw error
        await sleep(this.shell.clock, 500)
      }
    }
  }

  private committers(contender: ContenderName, count: number): Committer[] {
    return Array.from(
      { length: count },
      (_, index) =>
        new Committer({
          client: this.client,
          groups: this.groups,
          contender,
          group: this.group(contender, index),
          topic: this.topic,
          partitions: this.options.load.partitions,
          timeoutMs: COMMIT_TIMEOUT_MS,
        }),
    )
  }

  private group(contender: string, index: number): string {
    const name = `${this.topic}-${contender}-${index}`
    this.usedGroups.add(name)
    return name
  }

  /** Offsets only grow, over all phases: then the last that was acknowledged can be looked for. */
  private offsets(): number {
    this.nextOffset += 10_000_000
    return this.nextOffset
  }

  /** Whether ZooKeeper is written znode by znode. Brokers that know no such setting always do. */
  private async useLoop(isLoop: boolean): Promise<void> {
    if (!this.options.contenders.includes('zookeeper-faithful')) return
    try {
      await this.sides.cluster.admin.alterConfigs(ALL_BROKERS, [
        isLoop
          ? { key: WRITES_KEY, operation: 'set', value: 'loop' }
          : { key: WRITES_KEY, operation: 'delete', value: null },
      ])
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      throw new CliError(`the brokers cannot be told how to write to ZooKeeper: ${error.message}`, {
        advice: 'leave that contender out: --stores zookeeper,kafka',
        cause: error,
      })
    }
  }

  /** A commit for a topic that a broker has not heard of yet would be refused. */
  private async untilKnown(): Promise<void> {
    const committers = (['zookeeper', 'kafka'] as const).flatMap((name) => this.committers(name, 1))
    for (const committer of committers) await this.patiently(() => committer.commit(0))
  }

  private async cleanUp(): Promise<void> {
    try {
      await this.useLoop(false)
      for (const group of this.usedGroups) {
        const left = await this.sides.zookeeper.read(group)
        if (left.length > 0)
          await this.removeZnodes(
            group,
            left.map(({ partition }) => partition),
          )
        await this.groups.delete(group).catch((error: unknown) => {
          if (!(error instanceof KafkaError)) throw error
        })
      }
      await this.sides.cluster.admin.deleteTopic(this.topic)
    } finally {
      this.client.close()
    }
  }

  private async removeZnodes(group: string, partitions: readonly number[]): Promise<void> {
    const root = `/consumers/${group}`
    const paths = [
      ...partitions.map((partition) => `${root}/offsets/${this.topic}/${partition}`),
      `${root}/offsets/${this.topic}`,
      `${root}/offsets`,
      root,
    ]
    await this.zooKeeper.multi(paths.map((path) => ({ kind: 'delete', path, version: ANY_VERSION })))
  }

  private say(text: string): Promise<void> {
    return this.shell.err.write(`${text}\n`)
  }
}

/** What was measured of one contender, over all rounds. */
class Measured {
  readonly rates: RatePoint[] = []
  private readonly saturations: number[] = []
  private readonly p50s: number[] = []
  private readonly p99s: number[] = []
  private readonly others: number[] = []
  private readonly fsyncs: number[] = []
  private readonly packets: number[] = []
  private readonly own = new Latencies()
  private failures = 0

  addSaturated(
    { commits, seconds, failures }: LoadResult,
    others: Latencies,
    before: EnsembleCounters | null,
    after: EnsembleCounters | null,
  ): void {
    this.saturations.push(commits / seconds)
    this.failures += failures
    if (others.count > 0) this.others.push(others.percentile(99))
    if (before === null || after === null || before.servers !== after.servers) return
    this.packets.push((after.packetsReceived - before.packetsReceived) / Math.max(1, commits))
    if (after.fsyncs !== null && before.fsyncs !== null)
      this.fsyncs.push((after.fsyncs - before.fsyncs) / seconds)
  }

  addOwn({ latencies, failures }: LoadResult): void {
    this.p50s.push(latencies.percentile(50))
    this.p99s.push(latencies.percentile(99))
    this.failures += failures
    this.own.addAll(latencies)
  }

  result(contender: ContenderName): Omit<ContenderResult, 'zombie'> {
    const medianOrNull = (values: readonly number[]): number | null =>
      values.length === 0 ? null : figureOf(values).median
    return {
      contender,
      saturation: figureOf(this.saturations),
      p50: figureOf(this.p50s),
      p99: figureOf(this.p99s),
      failures: this.failures,
      cdf: this.own.curve(),
      rates: this.rates,
      fsyncsPerSecond: medianOrNull(this.fsyncs),
      packetsPerCommit: medianOrNull(this.packets),
      othersP99: figureOf(this.others),
    }
  }
}
