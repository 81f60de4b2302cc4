import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { NodeClock } from '../../src/platform/node/node-clock.ts'
import { prepareZstd } from '../../src/records/compression/zstd.ts'
import { drawPlan } from './draw-plan.ts'
import { describeAction, parsePlan, type Mode, type Plan } from './plan.ts'
import { runPlan, type RunReport } from './run-plan.ts'
import { shrinkPlan } from './shrink.ts'
import { swarmOptions, type SwarmOptions } from './swarm-options.ts'

/** What a process of the swarm tells of one seed. */
interface SeedResult {
  readonly seed: string
  readonly mode: Mode
  readonly violations: readonly string[]
  readonly fingerprint: number
  readonly simulatedMs: number
  readonly cpuMs: number
  readonly events: number
  readonly counts: RunReport['counts']
}

const clock = new NodeClock()

type Note = (result: SeedResult) => void

async function main(): Promise<void> {
  const options = swarmOptions(process.argv.slice(2), process.env)
  await prepareZstd()
  if (process.send !== undefined) {
    const { seeds, from, jobs } = options
    // One of several: every `jobs`-th seed.
    await runSeeds(options, from, seeds, jobs, (result) => process.send?.(result))
    return process.disconnect()
  }
  if (options.planFile !== null) return runOne(parsePlan(readFileSync(options.planFile, 'utf8')), options)
  if (options.seed !== null) {
    for (const mode of options.modes) await runOne(drawPlan(options.seed, mode), options)
    return
  }
  await runSwarm(options)
}

// --- one run --------------------------------------------------------------------------------------------------------

async function runOne(plan: Plan, options: SwarmOptions): Promise<void> {
  const report = await runPlan(plan, { traceLines: options.traceLines })
  for (const line of report.trace) print(line)
  print('')
  print(`${plan.mode}/${plan.seed} on Node ${process.version}: fingerprint ${report.fingerprint}`)
  print(JSON.stringify(report.counts))
  for (const { kind, atMs, message } of report.violations)
    print(`VIOLATION ${kind} at ${Math.round(atMs)} ms: ${message}`)
  if (report.violations.length === 0) return print('no violation')
  process.exitCode = 1
  if (options.isShrinking) await showSmaller(plan, report)
}

async function showSmaller(plan: Plan, { violations }: RunReport): Promise<void> {
  const kind = violations[0]?.kind
  print('')
  print(`looking for a smaller plan that ends in a violation of the same kind (${kind})`)
  const smaller = await shrinkPlan(plan, async (candidate) => {
    const report = await runPlan(candidate)
    return report.violations.some((violation) => violation.kind === kind)
  })
  print(`${smaller.actions.length} of ${plan.actions.length} actions are left:`)
  for (const action of smaller.actions) print(`  ${Math.round(action.atMs)} ms: ${describeAction(action)}`)
  print('the plan, for --plan FILE:')
  print(JSON.stringify(smaller))
}

// --- many -----------------------------------------------------------------------------------------------------------

async function runSwarm(options: SwarmOptions): Promise<void> {
  const startMs = clock.monotonicMs()
  const totals = new Totals()
  const note: Note = (result) => {
    totals.add(result)
    if (result.violations.length > 0) report(result)
    if (totals.seeds % 250 === 0) print(totals.inWords(clock.monotonicMs() - startMs))
  }
  if (options.jobs === 1) await runSeeds(options, options.from, options.seeds, 1, note)
  else await Promise.all(Array.from({ length: options.jobs }, (_, job) => runJob(options, job, note)))
  print(totals.inWords(clock.monotonicMs() - startMs))
  if (totals.failures > 0) process.exitCode = 1
}

function report({ seed, mode, violations }: SeedResult): void {
  print(`${mode}/${seed}:`)
  for (const violation of violations.slice(0, 3)) print(`  ${violation}`)
  print(`  again: npm run sim -- --seed ${mode}/${seed}`)
}

async function runSeeds(
  options: SwarmOptions,
  from: number,
  seeds: number,
  step: number,
  note: Note,
): Promise<void> {
  const endMs = clock.monotonicMs() + options.maxSeconds * 1000
  let failures = 0
  for (
    let seed = from;
    seed < from + seeds && clock.monotonicMs() < endMs && failures < options.maxFailures;
    seed += step
  ) {
    for (const mode of options.modes) {
      const result = await runSeed(`${seed}`, mode)
      if (result.violations.length > 0) failures++
      note(result)
    }
  }
}

async function runSeed(seed: string, mode: Mode): Promise<SeedResult> {
  const before = process.cpuUsage()
  const { violations, fingerprint, simulatedMs, events, counts } = await runPlan(drawPlan(seed, mode))
  const { user, system } = process.cpuUsage(before)
  const words = violations.map(({ kind, message }) => `${kind}: ${message}`)
  return {
    seed,
    mode,
    violations: words,
    fingerprint,
    simulatedMs,
    events,
    counts,
    cpuMs: (user + system) / 1000,
  }
}

function runJob(options: SwarmOptions, job: number, note: Note): Promise<void> {
  const { from, seeds, jobs, modes, maxSeconds, maxFailures } = options
  const args = Object.entries({
    from: from + job,
    seeds: Math.max(1, seeds - job),
    jobs,
    seconds: maxSeconds,
    failures: maxFailures,
    ...(modes.length === 1 ? { mode: modes[0] } : {}),
  }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args)
    child.on('message', (result) => note(result as SeedResult))
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`a process of the swarm ended with ${code}`))
    })
  })
}

class Totals {
  seeds = 0
  failures = 0
  private simulatedMs = 0
  private cpuMs = 0
  private events = 0
  private acknowledged = 0
  private actions = 0
  private elections = 0
  private voidPartitions = 0

  add({ violations, simulatedMs, cpuMs, events, counts }: SeedResult): void {
    this.seeds++
    if (violations.length > 0) this.failures++
    this.simulatedMs += simulatedMs
    this.cpuMs += cpuMs
    this.events += events
    this.acknowledged += counts.acknowledged
    this.actions += counts.actions
    this.elections += counts.elections
    this.voidPartitions += counts.voidPartitions
  }

  inWords(tookMs: number): string {
    const { seeds, failures, simulatedMs, cpuMs } = this
    return (
      `${seeds} runs, ${failures} with violations; ${this.acknowledged} records acknowledged, ${this.actions} faults, ` +
      `${this.elections} elections, ${this.voidPartitions} partitions without a promise; ${this.events} events, ` +
      `${Math.round(simulatedMs / 1000)} simulated seconds in ${Math.round(tookMs / 1000)} s: ` +
      `${(simulatedMs / tookMs).toFixed(1)} per second, ${(simulatedMs / cpuMs).toFixed(1)} per CPU second`
    )
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${error instanceof TypeError ? error.message : String((error as Error).stack)}\n`)
  process.exitCode = 2
}
