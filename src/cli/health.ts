import type { Command } from 'commander'
import { KafkaError } from '../model/errors.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import type { Health, Problem } from './health/assess.ts'
import { readHealth } from './health/read-health.ts'
import { examples } from './help.ts'
import { Interruption } from './interruption.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { duration, wholeNumber } from './parse.ts'
import type { Shell } from './shell.ts'
import { paint, type Cell, type Tone } from './table.ts'

interface HealthOptions extends ClusterOptions, OutputOptions {
  readonly watch: boolean
  readonly exitWhenHealthy: boolean
  readonly wait: number | undefined
  readonly interval: number
  readonly brokers: number | undefined
  readonly allPartitions: boolean
}

const INTERVAL_MS = 1000
const SHOWN_PARTITIONS = 8

/** `zurau health`. */
export function declareHealth(command: Command, { shell, action }: CommandContext): void {
  addOutputOption(addClusterOptions(command))
    .option('--watch', 'look again and again; tell what changes', false)
    .option('--exit-when-healthy', 'with --watch: end when all is well', false)
    .option('--wait <duration>', 'with --watch: give up after so long', duration('--wait'))
    .option('--interval <duration>', 'with --watch: how often', duration('--interval'), INTERVAL_MS)
    .option(
      '--brokers <n>',
      'so many brokers have to be alive',
      wholeNumber('--brokers', { min: 1, max: 100_000 }),
    )
    .option('--all-partitions', 'name every partition of every problem', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau health',
          'zurau health --watch --exit-when-healthy --wait 5m && echo go on',
          'zurau health -o json | jq -r .problems[].kind',
        ],
        [
          'Not healthy: 2 brokers, controller 1, 12 partitions',
          'LEVEL    WHAT                                             WHAT TO DO',
          'error    broker 3 is not alive; it has replicas of 12 …   start broker 3, or move its …',
        ].join('\n'),
      ) + '\n\nExit code 0 when all is well, 1 when not.',
    )
    .action(action((options: HealthOptions) => health(shell, options)))
}

async function health(shell: Shell, options: HealthOptions): Promise<number> {
  if (!options.watch && (options.exitWhenHealthy || options.wait !== undefined)) {
    throw new CliError('--exit-when-healthy and --wait go with --watch', {
      advice: 'zurau health --watch --exit-when-healthy',
      exitCode: 2,
    })
  }
  if (options.watch) return watch(shell, options)
  const found = await withCluster(shell, options, (cluster) => readHealth(cluster, options.brokers ?? null))
  await print(shell.out, options.output, { data: found, table: () => [] })
  if (options.output === 'table') await shell.out.write(await healthText(found, shell, options))
  return found.isHealthy ? 0 : 1
}

/** Looks until Ctrl-C, until all is well, or until the wait is over. Brokers that cannot be reached are waited for. */
async function watch(shell: Shell, options: HealthOptions): Promise<number> {
  const { clock } = shell
  const deadline = options.wait === undefined ? Infinity : clock.monotonicMs() + options.wait
  const interruption = new Interruption(shell)
  let last = ''
  let isHealthy = false
  try {
    while (!interruption.hasHappened) {
      const found = await look(shell, options)
      isHealthy = typeof found !== 'string' && found.isHealthy
      const shown = typeof found === 'string' ? found : JSON.stringify({ ...found, partitions: 0 })
      if (shown !== last) await tell(shell, options, found)
      last = shown
      if (isHealthy && options.exitWhenHealthy) return 0
      if (clock.monotonicMs() + options.interval > deadline) break
      await interruption.wait(options.interval)
    }
  } finally {
    interruption.end()
  }
  return isHealthy ? 0 : 1
}

async function look(shell: Shell, options: HealthOptions): Promise<Health | string> {
  try {
    return await withCluster(shell, options, (cluster) => readHealth(cluster, options.brokers ?? null))
  } catch (error) {
    if (error instanceof KafkaError) return error.message
    throw error
  }
}

async function tell(shell: Shell, options: HealthOptions, found: Health | string): Promise<void> {
  const atMs = shell.clock.nowMs()
  if (options.output !== 'table') {
    const data = typeof found === 'string' ? { isHealthy: false, unreachable: found } : found
    return shell.out.write(`${JSON.stringify({ atMs, ...data })}\n`)
  }
  const time = new Date(atMs).toISOString().slice(11, 19)
  const text = typeof found === 'string' ? `Not healthy: ${found}\n` : await healthText(found, shell, options)
  await shell.out.write(`${time} ${text}`)
}

async function healthText(
  { isHealthy, brokers, controller, partitions, problems }: Health,
  shell: Shell,
  options: { readonly allPartitions: boolean },
): Promise<string> {
  const { renderTable } = await import('./table.ts')
  const verdict = await paint(isHealthy ? 'Healthy' : 'Not healthy', isHealthy ? 'good' : 'bad', shell.out)
  const counts = [
    `${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`,
    controller === null ? 'no controller' : `controller ${controller}`,
    `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`,
  ]
  const table = {
    columns: [{ title: 'level' }, { title: 'what' }, { title: 'what to do' }],
    rows: problems.map((problem): Cell[] => [
      { text: problem.level, tone: TONES[problem.level] },
      problem.what + partitionsText(problem, options.allPartitions),
      problem.advice,
    ]),
  }
  return `${verdict}: ${counts.join(', ')}\n${await renderTable(table, shell.out)}`
}

function partitionsText({ partitions }: Problem, isAll: boolean): string {
  if (partitions.length === 0) return ''
  const shown = isAll ? partitions : partitions.slice(0, SHOWN_PARTITIONS)
  const more = partitions.length - shown.length
  return `: ${shown.join(' ')}${more === 0 ? '' : ` and ${more} more`}`
}

const TONES: Readonly<Record<Problem['level'], Tone>> = { error: 'bad', warning: 'strong', note: 'weak' }
