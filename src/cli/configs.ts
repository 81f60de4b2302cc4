import type { Command } from 'commander'
import type { ConfigChange, DescribedConfig, Resource } from '../client/cluster-admin.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { collect, keyValue } from './parse.ts'
import type { Shell } from './shell.ts'
import type { Cell } from './table.ts'

const TYPES = 'topic, broker or broker-logger'
const NAMES = 'of the topic, or the id of the broker; "default" for all brokers'

/** `zurau configs`. */
export function declareConfigs(configs: Command, context: CommandContext): void {
  configs.addHelpText(
    'after',
    examples([
      'zurau configs describe topic orders',
      'zurau configs set topic orders retention.ms=3600000',
      'zurau configs unset broker default log.retention.ms',
    ]),
  )
  declareDescribe(configs, context)
  declareSet(configs, context)
  declareUnset(configs, context)
  declareAlter(configs, context)
}

interface DescribeOptions extends ClusterOptions, OutputOptions {
  readonly all: boolean
  readonly key: readonly string[]
  readonly docs: boolean
}

function declareDescribe(configs: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(configs.command('describe').description('show values and where they come from')),
  )
    .argument('<type>', TYPES)
    .argument('<name>', NAMES)
    .option('-a, --all', 'defaults, too', false)
    .option('-k, --key <key>', 'only this key; may be given again', collect, [])
    .option('--docs', 'say what each key means', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau configs describe topic orders --all',
          'zurau configs describe broker 1 -k log.retention.ms --docs',
        ],
        'KEY           VALUE    SOURCE\nretention.ms  3600000  topic',
      ),
    )
    .action(
      action(async (type: string, name: string, options: DescribeOptions) => {
        const resource = resourceOf(type, name)
        const isShown = (config: DescribedConfig): boolean =>
          options.all || options.key.length > 0 || sourceOf(config.configSource) !== 'default'
        const found = await withCluster(shell, options, async (cluster) => {
          await mustExist(cluster, resource)
          const [described = []] = await cluster.admin.describeConfigs([resource], {
            keys: options.key.length === 0 ? null : options.key,
            synonyms: true,
            documentation: options.docs,
          })
          return described.filter(isShown).sort((one, other) => (one.name < other.name ? -1 : 1))
        })
        for (const key of options.key) {
          if (!found.some((each) => each.name === key))
            throw new CliError(`${type} ${name} has no key ${key}`, {
              advice: `zurau configs describe ${type} ${name} --all`,
            })
        }
        const shown = found.map((config) => shownConfig(config, options.docs))
        await print(shell.out, options.output, {
          data: shown,
          table: () => ({
            columns: ['key', 'value', 'source', ...(options.docs ? ['meaning'] : [])].map((title) => ({
              title,
            })),
            rows: shown.map(({ key, value, isSensitive, source, documentation }): Cell[] => [
              key,
              isSensitive ? { text: '(secret)', tone: 'weak' } : (value ?? ''),
              source === 'default' ? { text: source, tone: 'weak' } : source,
              ...(options.docs ? [documentation ?? ''] : []),
            ]),
            whenEmpty: 'Nobody has set anything here; --all shows the defaults.',
          }),
        })
      }),
    )
}

function shownConfig(config: DescribedConfig, withDocs: boolean) {
  return {
    key: config.name,
    value: config.value,
    source: sourceOf(config.configSource),
    isReadOnly: config.readOnly,
    isSensitive: config.isSensitive,
    synonyms: config.synonyms.map(({ name, value, source }) => ({
      key: name,
      value,
      source: sourceOf(source),
    })),
    ...(withDocs ? { documentation: config.documentation } : {}),
  }
}

/** Source: DescribeConfigsResponse.ConfigSource. */
const SOURCES: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'all brokers',
  4: 'server.properties',
  5: 'default',
  6: 'logger',
}

function sourceOf(code: number): string {
  return SOURCES[code] ?? 'unknown'
}

function declareSet(configs: Command, { shell, action }: CommandContext): void {
  changeCommand(configs, 'set', 'set values')
    .argument('<key=value...>')
    .addHelpText(
      'after',
      examples(
        [
          'zurau configs set topic orders retention.ms=3600000',
          'zurau configs set broker default log.cleaner.threads=2',
        ],
        'KEY           BEFORE     NOW\nretention.ms  604800000  3600000',
      ),
    )
    .action(
      action((type: string, name: string, pairs: string[], options: ChangeOptions) =>
        change(
          shell,
          resourceOf(type, name),
          pairs.map((pair) => changeOf(pair, 'set')),
          options,
        ),
      ),
    )
}

function declareUnset(configs: Command, { shell, action }: CommandContext): void {
  changeCommand(configs, 'unset', 'take values back: what lies below counts again')
    .argument('<key...>')
    .addHelpText('after', examples(['zurau configs unset topic orders retention.ms']))
    .action(
      action((type: string, name: string, keys: string[], options: ChangeOptions) =>
        change(
          shell,
          resourceOf(type, name),
          keys.map((key): ConfigChange => ({ key, operation: 'delete', value: null })),
          options,
        ),
      ),
    )
}

function declareAlter(configs: Command, { shell, action }: CommandContext): void {
  changeCommand(configs, 'alter', 'several changes in one step')
    .option('--set <key=value>', 'may be given again', collect, [])
    .option('--unset <key>', 'may be given again', collect, [])
    .option('--append <key=value>', 'add to a list; may be given again', collect, [])
    .option('--subtract <key=value>', 'take from a list; may be given again', collect, [])
    .addHelpText(
      'after',
      examples(['zurau configs alter topic orders --set retention.ms=1000 --append cleanup.policy=compact']),
    )
    .action(
      action(
        (
          type: string,
          name: string,
          options: ChangeOptions & Record<'set' | 'unset' | 'append' | 'subtract', readonly string[]>,
        ) => {
          const changes = [
            ...options.set.map((pair) => changeOf(pair, 'set')),
            ...options.append.map((pair) => changeOf(pair, 'append')),
            ...options.subtract.map((pair) => changeOf(pair, 'subtract')),
            ...options.unset.map((key): ConfigChange => ({ key, operation: 'delete', value: null })),
          ]
          if (changes.length === 0)
            throw new CliError('nothing is to be changed', {
              advice: 'give --set, --unset, --append or --subtract',
              exitCode: 2,
            })
          return change(shell, resourceOf(type, name), changes, options)
        },
      ),
    )
}

interface ChangeOptions extends ClusterOptions, OutputOptions {
  readonly dryRun: boolean
}

function changeCommand(configs: Command, name: string, summary: string): Command {
  return addOutputOption(addClusterOptions(configs.command(name).description(summary)))
    .argument('<type>', TYPES)
    .argument('<name>', NAMES)
    .option('--dry-run', 'check and change nothing', false)
}

function changeOf(pair: string, operation: ConfigChange['operation']): ConfigChange {
  const { key, value } = keyValue(pair, operation)
  return { key, operation, value }
}

/** Changes, reads again, and shows both. */
async function change(
  shell: Shell,
  resource: Resource,
  changes: readonly ConfigChange[],
  options: ChangeOptions,
): Promise<void> {
  const rows = await withCluster(shell, options, async (cluster) => {
    const { admin } = cluster
    await mustExist(cluster, resource)
    const keys = changes.map(({ key }) => key)
    const read = async (): Promise<Map<string, string | null>> => {
      const [described = []] = await admin.describeConfigs([resource], { keys })
      return new Map(
        described.map(({ name, value, isSensitive }) => [name, isSensitive ? '(secret)' : value]),
      )
    }
    const before = await read()
    await admin.alterConfigs(resource, changes, { validateOnly: options.dryRun })
    const now = options.dryRun ? before : await read()
    return keys.map((key) => ({ key, before: before.get(key) ?? null, now: now.get(key) ?? null }))
  })
  await print(shell.out, options.output, {
    data: { dryRun: options.dryRun, changes: rows },
    table: () => ({
      columns: ['key', 'before', options.dryRun ? 'now (dry run)' : 'now'].map((title) => ({ title })),
      rows: rows.map(({ key, before, now }) => [key, before ?? '', now ?? '']),
    }),
  })
}

/** Throws CliError for a type that has no configuration. */
function resourceOf(type: string, name: string): Resource {
  switch (type) {
    case 'topic':
    case 'topics':
      return { type: 'topic', name }
    case 'broker':
    case 'brokers':
      if (name === 'default') return { type: 'broker', name: '' }
      if (/^[0-9]+$/.test(name)) return { type: 'broker', name }
      throw new CliError(`${name} is not the id of a broker`, {
        advice: 'a number, or default for all brokers',
        exitCode: 2,
      })
    case 'broker-logger':
    case 'broker-loggers':
      return { type: 'broker-logger', name }
    default:
      throw new CliError(`${type} has no configuration`, { advice: `choose ${TYPES}`, exitCode: 2 })
  }
}

/** Brokers describe topics that do not exist only with an error of their own; this one says it better. */
async function mustExist({ admin }: Cluster, { type, name }: Resource): Promise<void> {
  if (type === 'topic') await admin.topics([name])
}
