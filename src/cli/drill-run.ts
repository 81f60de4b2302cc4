import { catalogue } from '../drill/catalogue/catalogue.ts'
import { mutated, type DrillExtension } from '../drill/experiment/experiment.ts'
import { cloneOf, parseTopology } from '../drill/topology/topology.ts'
import { junitReport } from '../drill/report/junit.ts'
import type { ReportData } from '../drill/report/report-data.ts'
import { figure, seconds, timesInWords, VERDICT_WORDS } from '../drill/report/words.ts'
import { EXIT_CODES, type DrillListener, type DrillResult } from '../drill/run/drill-result.ts'
import { runDrill } from '../drill/run/run-drill.ts'
import type { Launcher } from '../drill/sandbox/sandbox-options.ts'
import { writeText } from '../drill/sandbox/text-file.ts'
import { DiskError } from '../platform/disk.ts'
import { NodeProcesses } from '../platform/node/node-processes.ts'
import { CliError } from './cli-error.ts'
import { findDrill, type NamedDrill } from './drill-files.ts'
import { createLauncher } from './drill-launcher.ts'
import { writeReport } from './drill-report.ts'
import { createTrainee } from './drill-train.ts'
import { SILENT_LOGGER } from './node-shell.ts'
import type { Shell } from './shell.ts'
import { paint } from './table.ts'
import { VERSION } from './version.ts'

export interface DrillRunOptions {
  readonly all: boolean
  readonly tag?: string
  readonly out: string
  readonly brokers: 'zurau' | 'kafka'
  readonly mutate: boolean
  readonly train: boolean
  readonly topology?: string
  readonly keep: boolean
  readonly json: boolean
}

interface Outcome {
  readonly name: string
  /** Null: it was not run, and why. */
  readonly data: ReportData | null
  readonly skipped: string | null
}

const MAX_TOPOLOGY_BYTES = 64 * 1024 * 1024

/** Runs drills one after the other. Returns the exit code of the worst. */
export async function runDrills(
  names: readonly string[],
  options: DrillRunOptions,
  shell: Shell,
): Promise<number> {
  const { clock, random, disk, network, environment } = shell
  const drills = chosen(names, options, shell)
  if (options.train && (drills.length !== 1 || options.json))
    throw new CliError('--train is for one drill at a time, and for people', { exitCode: 2 })
  const { TMPDIR: temporary } = environment
  const directory = `${temporary ?? '/tmp'}/zurau-drills-${process.pid}-${random.bytes(4).toString('hex')}`
  const abort = new AbortController()
  const forget = shell.onInterrupt(() => abort.abort())
  const ports = { clock, random, disk, network, processes: new NodeProcesses() }
  const outcomes: Outcome[] = []
  let worst = 0
  try {
    const launcher = createLauncher(shell, { brokers: options.brokers, directory })
    for (const { name, experiment } of drills) {
      if (abort.signal.aborted) break
      const reason = unfit(experiment.extensions[0], launcher)
      if (reason !== null) {
        outcomes.push({ name, data: null, skipped: reason })
        await shell.err.write(`- ${name}  not run: ${reason}\n`)
        continue
      }
      await heading(shell, options, experiment.title)
      const result = await runDrill({
        ports,
        logger: SILENT_LOGGER,
        launcher,
        directory,
        experiment: options.mutate ? mutated(experiment) : experiment,
        signal: abort.signal,
        listener: options.json ? jsonListener(name, shell) : plainListener(shell),
        keepFiles: options.keep,
        ...(options.train ? { trainee: createTrainee(experiment, shell, abort.signal) } : {}),
      })
      worst = Math.max(worst, EXIT_CODES[result.verdict])
      const data = await keepReport(name, result, options, shell)
      if (data === null && worst === 0) worst = 1
      outcomes.push({ name, data, skipped: null })
    }
    if (drills.length > 1) await conclude(outcomes, options, shell)
  } finally {
    forget()
    if (!options.keep) disk.removeTree(directory)
  }
  return abort.signal.aborted ? Math.max(worst, EXIT_CODES.aborted) : worst
}

function chosen(names: readonly string[], options: DrillRunOptions, shell: Shell): NamedDrill[] {
  const { tag } = options
  const ofCatalogue = Object.entries(catalogue)
    .filter(([, { tags }]) => options.all || (tag !== undefined && tags.includes(tag)))
    .map(([name, experiment]) => ({ name, experiment }))
  const drills = names.length > 0 ? names.map((name) => findDrill(name, shell)) : ofCatalogue
  if (drills.length === 0)
    throw new CliError('no drill is named', {
      advice: 'zurau drill run NAME, --tag TAG or --all; see: zurau drill list',
      exitCode: 2,
    })
  if (options.topology === undefined) return drills
  const text = shell.disk.readSmallFile(options.topology, MAX_TOPOLOGY_BYTES).toString('utf8')
  const topology = parseTopology(text)
  if ('problem' in topology) throw new CliError(`${options.topology}: ${topology.problem}`, { exitCode: 2 })
  return drills.map(({ name, experiment }) => ({ name, experiment: cloneOf(topology, experiment) }))
}

/** Why a drill cannot be run with what is at hand; null when it can. */
function unfit({ needs = [], sandbox }: DrillExtension, launcher: Launcher): string | null {
  if (needs.includes('ensemble') && launcher.zookeeper === null)
    return `it needs ${sandbox.zookeeper} ZooKeeper servers; name their jars: ZURAU_ZOOKEEPER_JARS`
  if (needs.includes('inner-faults') && !launcher.hasInnerFaults)
    return 'what it does to disks is done from within brokers, and these are not ours'
  if (needs.includes('own-brokers') && launcher.brokerName !== 'zurau')
    return 'it is about a setting that only our brokers have'
  return null
}

async function heading(shell: Shell, { json, train }: DrillRunOptions, title: string): Promise<void> {
  // A trainee is not to know.
  if (!json) await shell.err.write(`\n${await paint(train ? 'A drill' : title, 'strong', shell.err)}\n`)
}

function jsonListener(name: string, shell: Shell): DrillListener {
  const say = (value: object): void =>
    void shell.out.write(`${JSON.stringify({ drill: name, ...value })}\n`).catch(() => undefined)
  return {
    phase: (phase) => say({ kind: 'phase', phase }),
    activity: (phase, result) => say({ kind: 'activity', phase, ...result }),
    event: (event) => say({ ...event, kind: 'event', of: event.kind }),
  }
}

function plainListener(shell: Shell): DrillListener {
  const say = (text: string): void => {
    const { columns } = shell.err
    void shell.err
      .write(`${text.length > columns ? `${text.slice(0, columns - 1)}…` : text}\n`)
      .catch(() => undefined)
  }
  return {
    phase: (text) => say(`▸ ${text}`),
    activity: (_phase, { name, type, status, tolerated, output, error, durationMs }) => {
      const value = error ?? (type === 'probe' ? String(output) : '')
      say(
        `    ${status === 'succeeded' && tolerated ? '✔' : '✖'} ${name}  ${value}${value === '' ? '' : '  '}${durationMs} ms`,
      )
    },
    event: ({ atMs, kind, text }) => {
      if (kind !== 'step') say(`      ${seconds(atMs).padStart(7)}  ${kind}  ${text}`)
    },
  }
}

/** Null when it could not be written. */
async function keepReport(
  name: string,
  result: DrillResult,
  options: DrillRunOptions,
  shell: Shell,
): Promise<ReportData | null> {
  const context = {
    name,
    version: VERSION,
    node: process.versions.node,
    isMutated: options.mutate,
    topology: options.topology ?? null,
  }
  let where: string
  let data: ReportData | null = null
  try {
    const written = writeReport(result, context, options.out, shell.disk)
    data = written.data
    where = `${written.directory}/report.html`
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    where = `could not be written: ${error.message}`
  }
  if (options.json) {
    const { verdict, reason, times, truth, thresholds } = result
    await shell.out.write(
      `${JSON.stringify({ drill: name, kind: 'verdict', verdict, reason, times, truth, thresholds, report: where })}\n`,
    )
  } else await shell.out.write(await inWords(result, where, shell))
  return data
}

async function inWords(result: DrillResult, where: string, shell: Shell): Promise<string> {
  const { out } = shell
  const good = result.verdict === 'held'
  const rules = await Promise.all(
    result.thresholds.map(async ({ metric, threshold, value, holds }) => {
      const sign = await paint(holds ? '✔' : '✖', holds ? 'good' : 'bad', out)
      return `    ${sign} ${metric.padEnd(24)} ${threshold.padEnd(14)} ${figure(value)}`
    }),
  )
  const records = result.truth.map(
    ({ lane, sent, acknowledged, read, lost, duplicated, reordered }) =>
      `    acks=${lane.padEnd(4)} sent ${sent} · acknowledged ${acknowledged} · read ${read} · lost ${lost} · duplicated ${duplicated} · reordered ${reordered}`,
  )
  return [
    '  RECORDS',
    ...records,
    '  THRESHOLDS',
    ...rules,
    `  VERDICT  ${await paint(VERDICT_WORDS[result.verdict], good ? 'good' : 'bad', out)}${result.reason === '' ? '' : `: ${result.reason}`}`,
    `           ${timesInWords(result.times)} · ${seconds(result.wallMs)} in all`,
    `  report   ${where}`,
    '',
  ].join('\n')
}

/** One table over all drills, and one file for continuous integration. */
async function conclude(outcomes: readonly Outcome[], options: DrillRunOptions, shell: Shell): Promise<void> {
  const reports = outcomes.map(({ data }) => data).filter((each): each is ReportData => each !== null)
  const rows = outcomes.map(({ name, data, skipped }) => {
    if (data === null)
      return `| ${name} | ${skipped === null ? 'no report' : `not run: ${skipped}`} | | | | | |`
    const { detectMs, serveAgainMs, replicatedMs } = data.times
    const lost = data.truth.find(({ lane }) => lane === 'all')?.lost ?? '–'
    return `| ${name} | ${data.verdict} | ${seconds(detectMs)} | ${seconds(serveAgainMs)} | ${seconds(replicatedMs)} | ${lost} | ${seconds(data.wallMs)} |`
  })
  const table = [
    '| drill | verdict | noticed | served again | replicated | lost (acks=all) | wall time |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
  if (!options.json) await shell.out.write(table)
  try {
    shell.disk.makeDirectory(options.out)
    writeText(shell.disk, `${options.out}/summary-${options.brokers}.md`, table)
    writeText(shell.disk, `${options.out}/junit-${options.brokers}.xml`, junitReport(reports))
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    await shell.err.write(`zurau: the summary could not be written: ${error.message}\n`)
  }
}
