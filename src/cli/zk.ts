import type { Command } from 'commander'
import { CliError } from './cli-error.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { outputFormat, print, type OutputFormat } from './output.ts'
import { wholeNumber } from './parse.ts'
import type { Shell } from './shell.ts'
import type { Cell, Tone } from './table.ts'
import { describeChange, diffTrees, type ZnodeChange } from './zk/diff.ts'
import { addEnsembleOptions, withEnsemble, znodePath, type EnsembleOptions } from './zk/ensemble.ts'
import type { Finding } from './zk/findings.ts'
import { lintTree } from './zk/lint.ts'
import { depthBelow, readTree, type TreeZnode } from './zk/read-tree.ts'
import { shownStat, showZnode } from './zk/shown-znode.ts'
import { readSnapshot, snapshotLines, snapshotOf } from './zk/snapshot.ts'
import { treeLines } from './zk/tree-lines.ts'
import { TreeWatch } from './zk/watch.ts'

interface LookOptions extends EnsembleOptions {
  readonly output: OutputFormat
  readonly secrets: boolean
}

/** `zurau zk`: looks only, never writes. */
export function declareZk(zk: Command, context: CommandContext): void {
  zk.addHelpText('after', examples(['zurau zk tree /brokers', 'zurau zk lint --zookeeper zk1:2181/kafka']))
  declareTree(zk, context)
  declareGet(zk, context)
  declareLs(zk, context)
  declareLint(zk, context)
  declareSnapshot(zk, context)
  declareDiff(zk, context)
  declareWatch(zk, context)
}

function lookCommand(zk: Command, name: string, summary: string): Command {
  return addEnsembleOptions(zk.command(name).description(summary))
    .option('-o, --output <format>', 'table, json or yaml', outputFormat, 'table')
    .option('--secrets', 'show credentials too', false)
}

const depth = wholeNumber('--depth', { min: 0, max: 1000 })

function declareTree(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'tree', 'show znodes with what they say')
    .argument('[path]', 'where to begin', '/')
    .option('-d, --depth <n>', 'how far down', depth)
    .addHelpText(
      'after',
      examples(
        ['zurau zk tree', 'zurau zk tree /brokers/topics/orders', 'zurau zk tree / -d 2 -o json'],
        ['/brokers', '├─ ids', '│  └─ 1  {"endpoints":[…],"rack":null,…}  ephemeral', '└─ topics'].join('\n'),
      ),
    )
    .action(
      action(async (text: string, options: LookOptions & { depth: number | undefined }) => {
        const root = znodePath(text)
        const tree = await withEnsemble(shell, options, (ensemble) => readTree(ensemble, root, options.depth))
        if (options.output === 'table') {
          await shell.out.write(treeLines(tree, root, shell.out.columns, options).join(''))
          return
        }
        await print(shell.out, options.output, {
          data: tree.map((node) => ({ ...shown(node, options), depth: depthBelow(root, node.path) })),
          table: () => [],
        })
      }),
    )
}

function shown(node: TreeZnode, options: { readonly secrets: boolean }) {
  return { ...showZnode(node.path, node.data, options), stat: shownStat(node.stat) }
}

function declareGet(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'get', 'show one znode: what it is for, what it says, its stat')
    .argument('<path>')
    .option('--raw', 'the bytes as they are, nothing else', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau zk get /controller',
          'zurau zk get /brokers/topics/orders -o json',
          'zurau zk get /cluster/id --raw',
        ],
        [
          '/controller   JSON v2 (reads v1)',
          'The active controller. Whoever creates it is elected.',
          '{"broker":1,"timestampMs":1700000000000,"kraftControllerEpoch":-1}',
        ].join('\n'),
      ),
    )
    .action(
      action(async (text: string, options: LookOptions & { raw: boolean }) => {
        const path = znodePath(text)
        const node = await withEnsemble(shell, options, (ensemble) => ensemble.get(path))
        if (node === null)
          throw new CliError(`there is no znode ${path}`, { advice: 'see what there is: zurau zk ls /' })
        if (options.raw) return shell.out.write(node.data ?? '')
        const znode = showZnode(path, node.data, options)
        const stat = shownStat(node.stat)
        const data = { ...znode, stat }
        if (options.output !== 'table') return print(shell.out, options.output, { data, table: () => [] })
        const body =
          znode.value === undefined
            ? (znode.text ?? znode.base64 ?? '')
            : JSON.stringify(znode.value, null, 2)
        await shell.out.write(
          [
            `${path}   ${znode.format ?? 'a znode that is not Kafka’s'}`,
            znode.meaning ?? '',
            znode.fault === null ? '' : `! cannot be understood: ${znode.fault}`,
            '',
            body,
            '',
            ...Object.entries(stat).map(([key, value]) => `${key.padEnd(15)}${value ?? ''}`),
          ]
            .filter((line, i, lines) => line !== '' || (i > 1 && lines[i - 1] !== ''))
            .join('\n') + '\n',
        )
      }),
    )
}

function declareLs(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'ls', 'list the children of a znode')
    .argument('[path]', 'whose', '/')
    .addHelpText('after', examples(['zurau zk ls /brokers/ids'], 'NAME\n1\n2'))
    .action(
      action(async (text: string, options: LookOptions) => {
        const path = znodePath(text)
        const names = await withEnsemble(shell, options, (ensemble) => ensemble.children(path))
        if (names === null)
          throw new CliError(`there is no znode ${path}`, { advice: 'see what there is: zurau zk ls /' })
        const sorted = names.sort()
        await print(shell.out, options.output, {
          data: sorted,
          table: () => ({ columns: [{ title: 'name' }], rows: sorted.map((name) => [name]) }),
        })
      }),
    )
}

function declareLint(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'lint', 'find what is broken, unusual or left over')
    .addHelpText(
      'after',
      examples(
        [
          'zurau zk lint --zookeeper zk1:2181/kafka',
          'zurau zk lint -o json | jq ".[] | select(.level==\\"error\\")"',
        ],
        [
          'LEVEL    PATH                               WHAT                          WHAT TO DO',
          'warning  /brokers/topics/orders             has no topic id: a tool …     the controller gives it one',
        ].join('\n'),
      ) + '\n\nExit code 1 when there are errors.',
    )
    .action(
      action(async (options: LookOptions) => {
        const tree = await withEnsemble(shell, options, (ensemble) => readTree(ensemble, '/'))
        const findings = lintTree(tree, shell.clock.nowMs())
        await print(shell.out, options.output, {
          data: findings,
          table: () => ({
            columns: [{ title: 'level' }, { title: 'path' }, { title: 'what' }, { title: 'what to do' }],
            rows: findings.map((finding): Cell[] => [
              { text: finding.level, tone: TONES[finding.level] },
              finding.path,
              finding.what,
              finding.advice,
            ]),
            whenEmpty: `${tree.length} znodes, nothing to say.`,
          }),
        })
        return findings.some(({ level }) => level === 'error') ? 1 : 0
      }),
    )
}

const TONES: Readonly<Record<Finding['level'], Tone>> = { error: 'bad', warning: 'strong', note: 'weak' }

function declareSnapshot(zk: Command, { shell, action }: CommandContext): void {
  addEnsembleOptions(zk.command('snapshot').description('write all znodes as JSON lines, to compare later'))
    .argument('[path]', 'where to begin', '/')
    .option('--secrets', 'credentials too', false)
    .addHelpText(
      'after',
      examples(
        ['zurau zk snapshot > before.jsonl', 'zurau zk diff before.jsonl'],
        '{"snapshot":1,"ensemble":"localhost:2181","root":"/","takenMs":1700000000000,"znodes":42}',
      ),
    )
    .action(
      action(async (text: string, options: EnsembleOptions & { secrets: boolean }) => {
        const root = znodePath(text)
        const { tree, ensemble } = await live(shell, options, root)
        const about = { ensemble, root, takenMs: shell.clock.nowMs() }
        for (const line of snapshotLines(tree, about, options)) await shell.out.write(line)
      }),
    )
}

async function live(
  shell: Shell,
  options: EnsembleOptions,
  root: string,
): Promise<{ tree: TreeZnode[]; ensemble: string }> {
  return withEnsemble(shell, options, async (ensemble) => ({
    tree: await readTree(ensemble, root),
    ensemble: ensemble.name,
  }))
}

function declareDiff(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'diff', 'compare a snapshot with another one, or with what is there now')
    .argument('<before>', 'a snapshot')
    .argument('[after]', 'another one; nothing: the ensemble as it is')
    .addHelpText(
      'after',
      examples(
        ['zurau zk diff before.jsonl', 'zurau zk diff before.jsonl after.jsonl -o json'],
        ['~ /brokers/topics/orders/partitions/0/state', '    leader: 2 → 1', '+ /brokers/topics/new'].join(
          '\n',
        ),
      ) + '\n\nExit code 1 when there are differences.',
    )
    .action(
      action(async (before: string, after: string | undefined, options: LookOptions) => {
        const one = readSnapshot(shell.disk, before)
        const other =
          after === undefined
            ? snapshotOf((await live(shell, options, one.root)).tree)
            : readSnapshot(shell.disk, after).znodes
        const changes = diffTrees(one.znodes, other, options)
        await printChanges(shell, options.output, changes)
        return changes.length > 0 ? 1 : 0
      }),
    )
}

async function printChanges(
  shell: Shell,
  format: OutputFormat,
  changes: readonly ZnodeChange[],
): Promise<void> {
  if (format !== 'table') return print(shell.out, format, { data: changes, table: () => [] })
  for (const change of changes)
    await shell.out.write(
      describeChange(change)
        .map((line) => `${line}\n`)
        .join(''),
    )
}

function declareWatch(zk: Command, { shell, action }: CommandContext): void {
  lookCommand(zk, 'watch', 'tell every change as it happens')
    .argument('[path]', 'below which', '/')
    .addHelpText(
      'after',
      examples(
        ['zurau zk watch /brokers', 'zurau zk watch -o json'],
        '12:00:01.250 ~ /brokers/topics/orders/partitions/0/state\n    leader: 2 → 1',
      ),
    )
    .action(
      action(async (text: string, options: LookOptions) => {
        const root = znodePath(text)
        await withEnsemble(shell, options, async (ensemble) => {
          const lines: Promise<void>[] = []
          let failure: Error | null = null
          const watch = new TreeWatch({
            ensemble,
            secrets: options.secrets,
            onChange: (change) => {
              const written = shell.out.write(watchLine(change, shell.clock.nowMs(), options.output))
              lines.push(written)
              written.catch((error: unknown) => {
                failure ??= error as Error
                watch.stop()
              })
            },
          })
          const forgetInterrupt = shell.onInterrupt(() => watch.stop())
          try {
            await watch.run(root, () => {
              if (shell.err.isTerminal) void shell.err.write(`watching ${watch.size} znodes; Ctrl-C ends\n`)
            })
          } finally {
            forgetInterrupt()
          }
          await Promise.allSettled(lines)
          if (failure !== null) throw failure as Error
        })
      }),
    )
}

function watchLine(change: ZnodeChange, nowMs: number, format: OutputFormat): string {
  if (format === 'json') return `${JSON.stringify({ atMs: nowMs, ...change })}\n`
  const time = new Date(nowMs).toISOString()
  if (format === 'yaml') return `- ${JSON.stringify({ atMs: nowMs, ...change })}\n`
  const [first, ...more] = describeChange(change)
  return [`${time.slice(11, 23)} ${first}`, ...more, ''].join('\n')
}
