import type { Command } from 'commander'
import { mustAllSucceed, PartitionAdmin, type PartitionResult } from '../client/partition-admin.ts'
import { CliError } from './cli-error.ts'
import { addClusterOptions, withCluster, type Cluster, type ClusterOptions } from './cluster-options.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { Interruption } from './interruption.ts'
import { addOutputOption, print, type OutputOptions } from './output.ts'
import { byteCount, commaList, wholeNumber } from './parse.ts'
import { readableBytes } from './byte-size.ts'
import { makePlan, PlanError } from './reassign/make-plan.ts'
import { parsePlan, planText, type PlannedPartition } from './reassign/plan-file.ts'
import { progressLine, readProgress, type Progress } from './reassign/progress.ts'
import { movesOf, movesUnderWay, removeThrottle, setThrottle } from './reassign/throttle.ts'
import type { Shell } from './shell.ts'
import { readTextFile } from './text-file.ts'
import type { Cell } from './table.ts'

/** `zurau reassign`: plan → apply → status → verify, or cancel. */
export function declareReassign(reassign: Command, context: CommandContext): void {
  reassign.addHelpText(
    'after',
    examples([
      'zurau reassign plan --remove 3 > plan.json',
      'zurau reassign apply plan.json --throttle 50MB --wait',
      'zurau reassign verify plan.json',
    ]),
  )
  declarePlan(reassign, context)
  declareApply(reassign, context)
  declareStatus(reassign, context)
  declareVerify(reassign, context)
  declareCancel(reassign, context)
}

// --- plan ------------------------------------------------------------------------------------------------------------

interface PlanOptions extends ClusterOptions {
  readonly topics: string | undefined
  readonly brokers: string | undefined
  readonly remove: string | undefined
  readonly replicas: number | undefined
  readonly minimal: boolean
}

function declarePlan(reassign: Command, { shell, action }: CommandContext): void {
  addClusterOptions(reassign.command('plan').description('say what should move where; changes nothing'))
    .option('-t, --topics <name,..>', 'only these topics (default: all)')
    .option('--brokers <id,..>', 'who may have replicas (default: all that are alive)')
    .option('--remove <id,..>', 'who must not have any')
    .option(
      '-r, --replicas <n>',
      'so many replicas of each partition',
      wholeNumber('--replicas', { min: 1, max: 32_767 }),
    )
    .option('--minimal', 'move only what has to, do not even out', false)
    .addHelpText(
      'after',
      examples(
        [
          'zurau reassign plan > plan.json',
          'zurau reassign plan --topics orders --replicas 3 > plan.json',
          'zurau reassign plan --remove 3 --minimal > plan.json',
        ],
        '{"version":1,"partitions":[\n  {"topic":"orders","partition":0,"replicas":[1,2],"log_dirs":["any","any"]}\n]}',
      ) + '\n\nThe format is that of kafka-reassign-partitions.',
    )
    .action(
      action(async (options: PlanOptions) => {
        const plan = await withCluster(shell, options, (cluster) => planFor(cluster, options))
        if (plan.length === 0) await shell.err.write('nothing has to move\n')
        else if (shell.err.isTerminal) await shell.err.write(`${plan.length} partitions change\n`)
        await shell.out.write(planText(plan))
      }),
    )
}

async function planFor({ admin }: Cluster, options: PlanOptions): Promise<PlannedPartition[]> {
  const { brokers } = await admin.metadata([])
  const topics = await admin.topics(options.topics === undefined ? null : commaList(options.topics))
  const alive = brokers.map(({ nodeId }) => nodeId)
  const named = options.brokers === undefined ? alive : brokerIds(options.brokers, '--brokers', alive)
  const removed = options.remove === undefined ? [] : brokerIds(options.remove, '--remove', null)
  try {
    return makePlan({
      partitions: topics.flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, replicaNodes }) => ({
          topic: name,
          partition: partitionIndex,
          replicas: replicaNodes,
        })),
      ),
      brokers: brokers
        .filter(({ nodeId }) => named.includes(nodeId) && !removed.includes(nodeId))
        .map(({ nodeId, rack }) => ({ id: nodeId, rack })),
      replicationFactor: options.replicas ?? null,
      isMinimal: options.minimal,
    })
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    throw new CliError(error.message, {
      advice: 'start more brokers, allow more of them, or ask for fewer replicas: --replicas N',
      fault: 'ZU1506',
      cause: error,
    })
  }
}

function brokerIds(text: string, option: string, alive: readonly number[] | null): number[] {
  return commaList(text).map((part) => {
    const id = wholeNumber(option, { min: 0, max: 0x7fffffff })(part)
    if (alive === null || alive.includes(id)) return id
    throw new CliError(`${option}: broker ${id} is not alive; alive: ${alive.join(', ')}`, {
      advice: 'start it first, or leave it out',
    })
  })
}

// --- apply -----------------------------------------------------------------------------------------------------------

interface ApplyOptions extends ClusterOptions, OutputOptions {
  readonly throttle: number | undefined
  readonly wait: boolean
  readonly dryRun: boolean
}

function declareApply(reassign: Command, { shell, action }: CommandContext): void {
  addOutputOption(addClusterOptions(reassign.command('apply').description('begin to move what a plan says')))
    .argument('<plan>', 'a file; - for standard input')
    .option('--throttle <bytes>', 'limit per second and broker: 50MB', byteCount('--throttle'))
    .option('--wait', 'show progress until all has moved, then lift the limit', false)
    .option('--dry-run', 'show what would change', false)
    .addHelpText(
      'after',
      examples(
        ['zurau reassign apply plan.json --dry-run', 'zurau reassign apply plan.json --throttle 50MB --wait'],
        'PARTITION  BEFORE  AFTER  STATE\norders-0   1,2     2,3    begun',
      ) + '\n\nCtrl-C ends the waiting, not the moving: zurau reassign cancel does.',
    )
    .action(
      action(async (file: string, options: ApplyOptions) => {
        const plan = parsePlan(file, await planSource(shell, file))
        return withCluster(shell, options, (cluster) => apply(shell, cluster, plan, options))
      }),
    )
}

async function apply(
  shell: Shell,
  cluster: Cluster,
  plan: readonly PlannedPartition[],
  options: ApplyOptions,
): Promise<number> {
  const moves = movesOf(await currentReplicas(cluster, plan), plan)
  for (const { topic, partition, before } of moves) {
    if (before.length > 0) continue
    throw new CliError(`there is no partition ${topic}-${partition}: the plan does not fit this cluster`, {
      advice: 'make a new one: zurau reassign plan',
    })
  }
  const admin = new PartitionAdmin(cluster)
  const results = new Map<string, PartitionResult>()
  if (!options.dryRun) {
    if (options.throttle !== undefined) await setThrottle(cluster, moves, options.throttle)
    for (const result of await admin.reassign(plan)) results.set(nameOf(result), result)
  }
  const rows = moves.map((move) => {
    const error = results.get(nameOf(move))?.error ?? 'NONE'
    const words = results.get(nameOf(move))?.message ?? null
    const state = options.dryRun ? 'would move' : error === 'NONE' ? 'begun' : (words ?? error)
    return {
      partition: nameOf(move),
      before: move.before,
      after: move.after,
      error: error === 'NONE' ? null : error,
      state,
    }
  })
  await print(shell.out, options.output, {
    data: { dryRun: options.dryRun, throttleBytesPerSecond: options.throttle ?? null, partitions: rows },
    table: () => ({
      columns: [{ title: 'partition' }, { title: 'before' }, { title: 'after' }, { title: 'state' }],
      rows: rows.map(({ partition, before, after, error, state }): Cell[] => [
        partition,
        before.join(','),
        after.join(','),
        error === null ? state : { text: state, tone: 'bad' },
      ]),
    }),
  })
  const failed = rows.filter(({ error }) => error !== null).length
  if (options.wait && !options.dryRun && failed < rows.length) {
    const isDone = await follow(shell, cluster)
    if (isDone && options.throttle !== undefined)
      await removeThrottle(
        cluster,
        plan.map(({ topic }) => topic),
      )
    return isDone && failed === 0 ? 0 : 1
  }
  if (options.throttle !== undefined && !options.dryRun)
    await shell.err.write('The limit stays until: zurau reassign verify PLAN\n')
  return failed > 0 ? 1 : 0
}

const LOOK_MS = 1000

/** Shows progress until nothing moves any more; false when somebody interrupts. */
async function follow(shell: Shell, cluster: Cluster): Promise<boolean> {
  const interruption = new Interruption(shell)
  const { err, clock } = shell
  let total = 0
  let earlier: Progress | null = null
  try {
    while (!interruption.hasHappened) {
      const now = await readProgress(cluster, clock.nowMs())
      total = Math.max(total, now.moves.length)
      if (err.isTerminal) await err.write(`\r\u001b[K${progressLine(now, earlier, total, err.columns)}`)
      if (now.moves.length === 0) return true
      earlier = now
      await interruption.wait(LOOK_MS)
    }
    return false
  } finally {
    interruption.end()
    if (err.isTerminal) await err.write('\n')
  }
}

// --- status ----------------------------------------------------------------------------------------------------------

function declareStatus(reassign: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(reassign.command('status').description('show what is being moved, and how far')),
  )
    .option('--watch', 'until all has moved', false)
    .addHelpText(
      'after',
      examples(
        ['zurau reassign status', 'zurau reassign status --watch', 'zurau reassign status -o json'],
        'PARTITION  REPLICAS  ADDING  REMOVING  COPIED\norders-0   1,2,3     3       1         1.2 GB of 4.0 GB',
      ),
    )
    .action(
      action((options: ClusterOptions & OutputOptions & { watch: boolean }) =>
        withCluster(shell, options, async (cluster) => {
          if (options.watch) return (await follow(shell, cluster)) ? 0 : 1
          const { moves } = await readProgress(cluster, shell.clock.nowMs())
          await print(shell.out, options.output, {
            data: moves,
            table: () => ({
              columns: ['partition', 'replicas', 'adding', 'removing', 'copied'].map((title) => ({ title })),
              rows: moves.map((move): Cell[] => [
                nameOf(move),
                move.replicas.join(','),
                move.adding.join(','),
                move.removing.join(','),
                `${readableBytes(move.copiedBytes)} of ${readableBytes(move.wantedBytes)}`,
              ]),
              whenEmpty: 'Nothing is being moved.',
            }),
          })
          return 0
        }),
      ),
    )
}

// --- verify ----------------------------------------------------------------------------------------------------------

function declareVerify(reassign: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(reassign.command('verify').description('check that a plan is done; lift its limit')),
  )
    .argument('<plan>', 'a file; - for standard input')
    .option('--keep-throttle', 'leave the limit', false)
    .addHelpText(
      'after',
      examples(
        ['zurau reassign verify plan.json'],
        'PARTITION  WANTED  NOW  STATE\norders-0   2,3     2,3  done',
      ) + '\n\nExit code 1 while something is not done.',
    )
    .action(
      action(async (file: string, options: ClusterOptions & OutputOptions & { keepThrottle: boolean }) => {
        const plan = parsePlan(file, await planSource(shell, file))
        return withCluster(shell, options, async (cluster) => {
          const moving = new Set((await new PartitionAdmin(cluster).reassignments()).map(nameOf))
          const now = new Map(
            (await currentReplicas(cluster, plan)).map((each) => [nameOf(each), each.replicas]),
          )
          const rows = plan.map((each) => {
            const replicas = now.get(nameOf(each)) ?? []
            const isThere = replicas.join() === each.replicas.join()
            const state = moving.has(nameOf(each)) ? 'moving' : isThere ? 'done' : 'different'
            return { partition: nameOf(each), wanted: each.replicas, now: replicas, state }
          })
          const isDone = rows.every(({ state }) => state === 'done')
          // What moves still, of this plan or another, keeps its limit.
          const canLift = moving.size === 0 && !options.keepThrottle
          const lifted =
            canLift &&
            (await removeThrottle(
              cluster,
              plan.map(({ topic }) => topic),
            ))
          await print(shell.out, options.output, {
            data: { isDone, throttleLifted: lifted, partitions: rows },
            table: () => ({
              columns: [{ title: 'partition' }, { title: 'wanted' }, { title: 'now' }, { title: 'state' }],
              rows: rows.map(({ partition, wanted, now: replicas, state }): Cell[] => [
                partition,
                wanted.join(','),
                replicas.join(','),
                state === 'done' ? { text: state, tone: 'good' } : { text: state, tone: 'bad' },
              ]),
            }),
          })
          if (lifted) await shell.err.write('the limit is lifted\n')
          return isDone ? 0 : 1
        })
      }),
    )
}

// --- cancel ----------------------------------------------------------------------------------------------------------

function declareCancel(reassign: Command, { shell, action }: CommandContext): void {
  addOutputOption(
    addClusterOptions(reassign.command('cancel').description('stop what is under way and go back')),
  )
    .argument('[plan]', 'only what this file names (default: all)')
    .addHelpText(
      'after',
      examples(
        ['zurau reassign cancel', 'zurau reassign cancel plan.json'],
        'PARTITION  STATE\norders-0   cancelled',
      ),
    )
    .action(
      action((file: string | undefined, options: ClusterOptions & OutputOptions) =>
        withCluster(shell, options, async (cluster) => {
          const admin = new PartitionAdmin(cluster)
          const all = await admin.reassignments()
          const named =
            file === undefined ? null : new Set(parsePlan(file, await planSource(shell, file)).map(nameOf))
          const chosen = all.filter((each) => named === null || named.has(nameOf(each)))
          const wanted = chosen.map(({ topic, partition }) => ({ topic, partition, replicas: null }))
          const results = wanted.length === 0 ? [] : await admin.reassign(wanted)
          mustAllSucceed(results, ['NO_REASSIGNMENT_IN_PROGRESS'])
          if (chosen.length === all.length)
            await removeThrottle(
              cluster,
              movesUnderWay(chosen).map(({ topic }) => topic),
            )
          await print(shell.out, options.output, {
            data: chosen.map((each) => ({ partition: nameOf(each), state: 'cancelled' })),
            table: () => ({
              columns: [{ title: 'partition' }, { title: 'state' }],
              rows: chosen.map((each) => [nameOf(each), 'cancelled']),
              whenEmpty: 'Nothing is being moved.',
            }),
          })
        }),
      ),
    )
}

async function currentReplicas(
  { admin }: Cluster,
  plan: readonly PlannedPartition[],
): Promise<PlannedPartition[]> {
  const topics = await admin.topics([...new Set(plan.map(({ topic }) => topic))])
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicaNodes }) => ({
      topic: name,
      partition: partitionIndex,
      replicas: replicaNodes,
    })),
  )
}

async function planSource(shell: Shell, file: string): Promise<string> {
  return file === '-' ? readAll(shell) : readTextFile(shell.disk, file)
}

const MAX_INPUT_BYTES = 64 * 1024 * 1024

async function readAll(shell: Shell): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of shell.input.chunks()) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MAX_INPUT_BYTES) throw new CliError('standard input is too long for a plan', { exitCode: 2 })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}-${partition}`
}
