import type { Command } from 'commander'
import { brokerKey, brokerKeyNames, isBrokerKey } from '../config/broker-keys.ts'
import { documentationOf } from '../config/describe.ts'
import { defaultTextOf } from '../config/layers.ts'
import { keyOfName } from '../config/listener-prefix.ts'
import { nearestName } from '../config/nearest-name.ts'
import { readBrokerConfig } from './broker-config.ts'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { collect } from './parse.ts'
import type { Shell } from './shell.ts'
import type { Cell } from './table.ts'

interface ExplainOptions extends OutputOptions {
  readonly override: readonly string[]
  readonly key: readonly string[]
  readonly all: boolean
}

/** `zurau config`. */
export function declareConfig(config: Command, { shell, action }: CommandContext): void {
  config.addHelpText(
    'after',
    examples(['zurau config explain server.properties', 'zurau config explain -k log.dirs']),
  )
  addOutputOption(
    config.command('explain').description('say what a broker would make of its configuration, and why'),
  )
    .argument('[server.properties]')
    .option('--override <key=value>', 'as for start; may be given again', collect, [])
    .option('-k, --key <key>', 'say all about this key; may be given again', collect, [])
    .option('-a, --all', 'defaults, too', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau config explain server.properties',
          'KAFKA_LOG_RETENTION_HOURS=24 zurau config explain server.properties --all',
          'zurau config explain -k min.insync.replicas',
        ],
        ['KEY                  VALUE  FROM', 'log.retention.hours  24     KAFKA_LOG_RETENTION_HOURS'].join(
          '\n',
        ),
      ) + '\n\nSecrets are not shown. Exit code 1 when a broker could not start with it.',
    )
    .action(
      action((path: string | undefined, options: ExplainOptions) => explain(shell, path ?? null, options)),
    )
}

async function explain(shell: Shell, path: string | null, options: ExplainOptions): Promise<number> {
  const { resolved } = readBrokerConfig({
    disk: shell.disk,
    path,
    environment: shell.environment,
    overrides: options.override,
  })
  for (const key of options.key) mustBeKnown(key, resolved.properties)
  const names = options.key.length > 0 ? options.key : namesToShow(resolved.properties, options.all)
  const shown = names.map((name) => explained(name, resolved))
  await print(shell.out, options.output, {
    data: { settings: shown, faults: resolved.faults, notes: resolved.notes },
    table: () =>
      options.key.length > 0
        ? shown.map((each) => ({
            title: each.key,
            columns: [{ title: 'what' }, { title: 'is' }],
            rows: [
              ['value', each.isSecret ? '(secret)' : (each.value ?? '(none)')],
              ['from', each.from],
              ['default', each.default ?? '(none)'],
              ['may change', each.update ?? ''],
              ['meaning', each.meaning ?? ''],
            ],
          }))
        : {
            columns: [{ title: 'key' }, { title: 'value' }, { title: 'from' }],
            rows: shown.map((each): Cell[] => [
              each.key,
              each.isSecret ? { text: '(secret)', tone: 'weak' } : (each.value ?? ''),
              each.from === 'default' ? { text: each.from, tone: 'weak' } : each.from,
            ]),
            whenEmpty: 'Nothing is set: all defaults.',
          },
  })
  if (options.output === 'table') {
    for (const { level, message } of resolved.notes) await shell.err.write(`${level}: ${message}\n`)
    for (const fault of resolved.faults) await shell.err.write(`error: ${fault}\n`)
  }
  return resolved.faults.length > 0 ? 1 : 0
}

function namesToShow(properties: ReadonlyMap<string, string>, isAll: boolean): string[] {
  const listed = isAll ? brokerKeyNames.filter((name) => brokerKey(name)?.listed) : []
  return [...new Set([...properties.keys(), ...listed])].sort()
}

function mustBeKnown(name: string, properties: ReadonlyMap<string, string>): void {
  if (keyOfName(name) !== null || properties.has(name)) return
  const nearest = nearestName(name, brokerKeyNames)
  throw new CliError(`there is no key ${name}`, {
    advice: nearest === null ? 'see all of them: zurau config explain --all' : `did you mean ${nearest}`,
    exitCode: 2,
  })
}

function explained(
  name: string,
  { properties, origins }: { properties: ReadonlyMap<string, string>; origins: ReadonlyMap<string, string> },
) {
  const key = keyOfName(name)
  const isSecret = key === null || key.type.name === 'PASSWORD'
  const text = properties.get(name)
  const defaultText = isBrokerKey(name) ? defaultTextOf(name) : null
  return {
    key: name,
    value: text === undefined ? defaultText : isSecret ? null : text,
    isSecret: isSecret && text !== undefined,
    from: text === undefined ? 'default' : (origins.get(name) ?? 'derived'),
    default: defaultText,
    update: key?.update ?? null,
    meaning: key === null ? 'not a key of Kafka’s: nobody here reads it' : documentationOf(key),
  }
}
