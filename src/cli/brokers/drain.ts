import { mustAllSucceed, PartitionAdmin, type WantedReplicas } from '../../client/partition-admin.ts'
import { CliError } from '../cli-error.ts'
import { withCluster, type Cluster, type ClusterOptions } from '../cluster-options.ts'
import { print, type OutputOptions } from '../output.ts'
import { planText } from '../reassign/plan-file.ts'
import type { Shell } from '../shell.ts'
import { writeTextFile } from '../text-file.ts'
import type { Cell } from '../table.ts'

export interface DrainOptions {
  readonly dryRun: boolean
  readonly save: string | undefined
}

interface Drained {
  readonly topic: string
  readonly partition: number
  readonly leader: number
  readonly before: readonly number[]
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** Gives what a broker leads to the other in-sync replicas, by putting it last in every list of replicas. */
export async function drain(
  shell: Shell,
  id: number,
  options: ClusterOptions & OutputOptions & DrainOptions,
): Promise<number> {
  return withCluster(shell, options, async (cluster) => {
    const affected = await partitionsToDrain(cluster, id)
    if (options.save !== undefined && affected.length > 0) {
      const before = affected.map(({ topic, partition, before: replicas }) => ({
        topic,
        partition,
        replicas,
      }))
      await writeTextFile(shell.disk, options.save, planText(before))
    }
    const admin = new PartitionAdmin(cluster)
    const movable = affected.filter(({ replicas, isr }) => isr.includes(replicas[0] as number))
    if (!options.dryRun && movable.length > 0) {
      const wanted: WantedReplicas[] = movable.map(({ topic, partition, replicas }) => ({
        topic,
        partition,
        replicas,
      }))
      mustAllSucceed(await admin.reassign(wanted))
      mustAllSucceed(await admin.electLeaders(movable), ['ELECTION_NOT_NEEDED'])
    }
    const leaders = options.dryRun ? new Map<string, number>() : await leadersNow(cluster)
    const rows = affected.map((each) => {
      const name = `${each.topic}-${each.partition}`
      const canMove = movable.includes(each)
      const leader = leaders.get(name) ?? each.leader
      const state = !canMove
        ? 'stuck'
        : options.dryRun
          ? 'would move'
          : leader === id
            ? 'not moved yet'
            : 'moved'
      return { ...each, next: canMove ? (each.replicas[0] as number) : null, state }
    })
    const left = rows.filter(
      ({ state, leader }) => leader === id && (state === 'stuck' || state === 'not moved yet'),
    )
    await print(shell.out, options.output, {
      data: {
        broker: id,
        dryRun: options.dryRun,
        partitions: rows.map(({ topic, partition, leader, next, state }) => ({
          topic,
          partition,
          leader,
          next,
          state,
        })),
        stillLed: left.length,
      },
      table: () => ({
        columns: [
          { title: 'partition' },
          { title: 'leader', align: 'right' },
          { title: 'next', align: 'right' },
          { title: 'state' },
        ],
        rows: rows.map((row): Cell[] => [
          `${row.topic}-${row.partition}`,
          row.leader < 0 ? 'none' : String(row.leader),
          row.next === null ? '' : String(row.next),
          row.state === 'stuck' ? { text: 'stuck: no other replica is in sync', tone: 'bad' } : row.state,
        ]),
        whenEmpty: `Broker ${id} leads nothing, and is nobody's preferred leader where others have replicas.`,
      }),
    })
    return left.length > 0 ? 1 : 0
  })
}

/** What it leads or is to lead, with an order in which an in-sync replica comes first and it comes last. */
async function partitionsToDrain({ admin }: Cluster, id: number): Promise<Drained[]> {
  const { brokers, topics } = await admin.metadata(null)
  if (!brokers.some(({ nodeId }) => nodeId === id)) {
    throw new CliError(`broker ${id} is not alive: it leads nothing`, { advice: 'zurau brokers list' })
  }
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ leaderId, replicaNodes }) => leaderId === id || replicaNodes[0] === id)
      .map((each): Drained => {
        const others = each.replicaNodes.filter((replica) => replica !== id)
        const inSync = others.filter((replica) => each.isrNodes.includes(replica))
        const rest = others.filter((replica) => !each.isrNodes.includes(replica))
        return {
          topic: name ?? '',
          partition: each.partitionIndex,
          leader: each.leaderId,
          before: each.replicaNodes,
          replicas: [...inSync, ...rest, id],
          isr: each.isrNodes,
        }
      }),
  )
}

async function leadersNow({ admin }: Cluster): Promise<Map<string, number>> {
  const { topics } = await admin.metadata(null)
  return new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, leaderId }) => [`${name}-${partitionIndex}`, leaderId] as const),
    ),
  )
}
