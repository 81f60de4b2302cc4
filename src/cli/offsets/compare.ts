import { Option, type Command } from 'commander'
import { createZooKeeperClient } from '../../../zk/client/create-client.ts'
import { ClusterClient } from '../../client/cluster-client.ts'
import { NodeProcesses } from '../../platform/node/node-processes.ts'
import { CliError } from '../cli-error.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { SILENT_LOGGER } from '../node-shell.ts'
import { addOutputOption, print, type OutputOptions } from '../output.ts'
import { collect, commaList, duration, keyValue, wholeNumber } from '../parse.ts'
import type { Shell } from '../shell.ts'
import { writeTextFile } from '../text-file.ts'
import { connectStringOf } from '../zk/ensemble.ts'
import { CONTENDERS, type ContenderName } from './compare/contender.ts'
import { readerLoad, type LoadOptions } from './compare/reader-load.ts'
import { htmlReport } from './compare/report-html.ts'
import { comparisonRows, markdownReport } from './compare/report-text.ts'
import type { CompareResult } from './compare/result.ts'
import { Comparison } from './compare/run-compare.ts'
import { judge } from './compare/verdict.ts'
import { addSidesOptions, withSides, type Sides } from './sides.ts'

interface CommandOptions extends ClusterOptions, OutputOptions, LoadOptions {
  readonly stores: readonly ContenderName[]
  readonly duration: number
  readonly repeats: number
  readonly fault: readonly string[]
  readonly faultDuration: number
  readonly report: string | undefined
}

const SESSION_TIMEOUT_MS = 10_000

/** `zurau offsets compare`: both stores under your own load, with a verdict. */
export function declareCompare(offsets: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addSidesOptions(
      offsets.command('compare').description('measure both stores under your own load, with a verdict'),
    ),
  )
    .option(
      '--groups <n>',
      'how many groups commit (default: those that there are)',
      wholeNumber('--groups', { min: 1, max: 100_000 }),
    )
    .option(
      '--partitions <n>',
      'how many partitions each commits',
      wholeNumber('--partitions', { min: 1, max: 1000 }),
    )
    .option('--every <duration>', 'how often each commits (default: 5s)', duration('--every'))
    .addOption(
      new Option('--stores <list>', 'what to compare')
        .argParser(contenderList)
        .default([...CONTENDERS], CONTENDERS.join(',')),
    )
    .option('--duration <duration>', 'of each measurement', duration('--duration'), 5000)
    .option('--repeats <n>', 'rounds', wholeNumber('--repeats', { min: 1, max: 20 }), 3)
    .option(
      '--fault <name=command>',
      'a command that breaks something in the middle of a run; may be given again',
      collect,
      [],
    )
    .option(
      '--fault-duration <duration>',
      'how long each fault is watched',
      duration('--fault-duration'),
      40_000,
    )
    .option('--report <prefix>', 'also write PREFIX.html, PREFIX.md and PREFIX.json')
    .addHelpText(
      'after',
      examples(
        [
          'zurau offsets compare',
          'zurau offsets compare --groups 40 --partitions 120 --every 5s --report offsets',
          "zurau offsets compare --fault zk-leader='docker kill zk2' --fault coordinator='docker kill kafka1'",
        ],
        'Move when convenient: 40 groups × 120 partitions, a commit every 5 s, are 34 % of what ZooKeeper (v0, multi) can do here.',
      ) +
        '\n\nIt makes a topic and groups of its own, named zurau-offsets-compare-…, and removes them again. The ensemble' +
        '\nis driven to its limit for some seconds: do this where that hurts nobody, or with a short --duration.',
    )
    .action(
      action(async (options: CommandOptions) => {
        const result = await withSides(shell, options, (sides) => compare(shell, sides, options))
        if (options.report !== undefined) {
          await writeTextFile(shell.disk, `${options.report}.html`, htmlReport(result))
          await writeTextFile(shell.disk, `${options.report}.md`, markdownReport(result))
          await writeTextFile(shell.disk, `${options.report}.json`, `${JSON.stringify(result, null, 1)}\n`)
        }
        const { sentence, reasons } = judge(result)
        await print(shell.out, options.output, {
          data: { ...result, verdict: judge(result).advice, sentence, reasons },
          table: () => {
            const { head, rows } = comparisonRows(result)
            return { columns: head.map((title, i) => ({ title, align: i === 0 ? 'left' : 'right' })), rows }
          },
        })
        if (options.output === 'table')
          await shell.out.write(`\n${sentence}\n${reasons.map((reason) => `  - ${reason}\n`).join('')}`)
      }),
    )
}

function contenderList(text: string): readonly ContenderName[] {
  return commaList(text).map((name) => {
    const found = CONTENDERS.find((contender) => contender === name)
    if (found !== undefined) return found
    throw new CliError(`--stores: ${name} is unknown`, {
      advice: `choose from ${CONTENDERS.join(',')}`,
      exitCode: 2,
    })
  })
}

async function compare(shell: Shell, sides: Sides, options: CommandOptions): Promise<CompareResult> {
  const { clock, random, network } = shell
  const connectString = connectStringOf(shell, options)
  const faults = options.fault.map((text) => {
    const { key: name, value: command } = keyValue(text, '--fault')
    return { name, command }
  })
  const load = await readerLoad(sides, options)
  const { brokers } = await sides.cluster.client.metadata([])
  const zooKeeper = await createZooKeeperClient({
    connectString,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    connectionTimeoutMs: options.timeout,
    maxInFlightRequests: 16,
    platform: { clock, random, logger: SILENT_LOGGER },
  })
  const processes = new NodeProcesses()
  try {
    return await new Comparison(shell, sides, zooKeeper, {
      contenders: options.stores,
      load,
      phaseMs: options.duration,
      repeats: options.repeats,
      connectString,
      faults,
      faultMs: options.faultDuration,
      setup: { ensemble: connectString, machine: network.hostName(), command: 'zurau offsets compare' },
      inject: async (command) => {
        await processes.start({
          command: 'sh',
          args: ['-c', command],
          environment: shell.environment,
          directory: '.',
          outputPath:
            options.report === undefined ? 'zurau-compare-faults.log' : `${options.report}.faults.log`,
        })
      },
      newClient: () =>
        new ClusterClient({
          clock,
          network,
          bootstrap: brokers,
          clientId: 'zurau-offsets-compare',
          requestTimeoutMs: options.timeout,
        }),
    }).run()
  } finally {
    await zooKeeper.close()
  }
}
