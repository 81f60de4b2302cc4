import { Option, type Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { readTextFile } from '../text-file.ts'
import {
  addApacheConnection,
  connectionWords,
  needed,
  oneAction,
  type ApacheConnection,
} from './connection.ts'

interface ReassignOptions extends ApacheConnection {
  readonly generate?: boolean
  readonly execute?: boolean
  readonly verify?: boolean
  readonly cancel?: boolean
  readonly list?: boolean
  readonly topicsToMoveJsonFile?: string
  readonly reassignmentJsonFile?: string
  readonly throttle?: string
  readonly preserveThrottles: boolean
}

/** `kafka-reassign-partitions`. Here `--broker-list` names who may have replicas, not whom to connect to. */
export function declareReassignPartitions(command: Command, { shell, action, call }: CommandContext): void {
  const connected = addApacheConnection(command)
  connected
    .option('--generate', 'print a plan')
    .option('--execute', 'begin to move')
    .option('--verify', 'say how far it is; lift the limit when all is done')
    .option('--cancel', 'stop and go back')
    .option('--list', 'what is being moved')
    .option('--topics-to-move-json-file <file>', '{"topics":[{"topic":"orders"}]}')
    .option('--reassignment-json-file <file>', 'the plan')
    .option('--throttle <bytes>', 'limit per second and broker')
    .option('--preserve-throttles', 'with --verify: leave the limit', false)
    .addOption(new Option('--timeout <ms>').hideHelp())
    .addOption(new Option('--additional').hideHelp())
    .addOption(new Option('--disable-rack-aware').hideHelp())
    .addHelpText(
      'after',
      examples([
        'kafka-reassign-partitions --bootstrap-server localhost:9092 --reassignment-json-file plan.json --execute',
      ]),
    )
    .action(
      action(({ brokerList, ...options }: ReassignOptions) => {
        const where = connectionWords(options)
        const plan = (): string => needed(options.reassignmentJsonFile, '--reassignment-json-file')
        switch (oneAction(options, ['generate', 'execute', 'verify', 'cancel', 'list'])) {
          case 'generate': {
            const path = needed(options.topicsToMoveJsonFile, '--topics-to-move-json-file')
            const topics = topicsIn(path, readTextFile(shell.disk, path)).join(',')
            return call([
              'reassign',
              'plan',
              ...where,
              '--brokers',
              needed(brokerList, '--broker-list'),
              '--topics',
              topics,
            ])
          }
          case 'execute': {
            const limit = options.throttle === undefined ? [] : ['--throttle', options.throttle]
            return call(['reassign', 'apply', plan(), ...where, ...limit])
          }
          case 'verify':
            return call([
              'reassign',
              'verify',
              plan(),
              ...where,
              ...(options.preserveThrottles ? ['--keep-throttle'] : []),
            ])
          case 'cancel':
            return call(['reassign', 'cancel', plan(), ...where])
          case 'list':
            return call(['reassign', 'status', ...where])
        }
      }),
    )
}

function topicsIn(path: string, text: string): string[] {
  try {
    const { topics } = JSON.parse(text) as { topics: { topic: unknown }[] }
    return topics.map(({ topic }) => String(topic))
  } catch (error) {
    throw new CliError(`${path} is not {"topics":[{"topic":…}]}: ${(error as Error).message}`, {
      exitCode: 2,
      cause: error,
    })
  }
}
