import { brokerInfo } from '../../../zk/znodes/brokers.ts'
import { controller, controllerEpoch } from '../../../zk/znodes/controller.ts'
import { partitionState, topic as topicZnode } from '../../../zk/znodes/topics.ts'
import type { PartitionState } from '../../../zk/znodes/topics.ts'
import type { AppliedChange } from '../../../zk/embedded/data-tree.ts'
import type { World } from '../world.ts'

/** Told of every state that is written. */
export type StateListener = (
  topic: string,
  partition: number,
  leader: number,
  inSyncReplicas: readonly number[],
) => void

/**
 * Sees every change of ZooKeeper's tree as it is made, and judges those of leaderships, controllers and brokers: leaders
 * come from the in-sync replicas, epochs grow by one, in one epoch there is one leader, and whoever writes for a
 * controller is the controller.
 */
export class MetadataJudge {
  private readonly world: World
  private readonly onState: StateListener
  /** Who has led a partition of a topic id in which epoch. */
  private readonly leaders = new Map<string, number>()
  /** Elections of controllers, so far. */
  controllers = 0
  /** Changes of leaderships and of in-sync replicas, so far. */
  elections = 0
  isrChanges = 0

  constructor(world: World, onState: StateListener) {
    this.world = world
    this.onState = onState
    const { database } = world.zooKeeper
    const write = database.write.bind(database)
    database.write = (...args) => {
      const outcome = write(...args)
      if (outcome.kind === 'done') {
        this.judge(outcome.changes)
      }
      return outcome
    }
  }

  private judge(changes: readonly AppliedChange[]): void {
    for (const change of changes) {
      if (change.path.endsWith('/state')) this.judgeState(change)
      else if (change.path === controllerEpoch.at() && change.kind !== 'check')
        this.judgeEpoch(change, changes)
      else if (change.path === controller.at() && change.kind === 'create') this.judgeClaim(change, changes)
      else if (change.kind === 'create' && brokerInfo.match(change.path) !== null)
        this.world.trace.note('ZooKeeper', `${change.path} is registered`)
    }
  }

  private violate(what: string): void {
    this.world.violate('metadata', what)
  }

  // --- controllers --------------------------------------------------------------------------------------------------

  private judgeEpoch({ before, after }: AppliedChange, changes: readonly AppliedChange[]): void {
    if (before === null || after === null) return
    const [was, is] = [Number(before.data), Number(after.data)]
    if (is !== was + 1) this.violate(`the controller epoch went from ${was} to ${is}`)
    if (!changes.some(({ path, kind }) => path === controller.at() && kind === 'create'))
      this.violate(`controller epoch ${is} was not made together with a claim`)
  }

  private judgeClaim({ after }: AppliedChange, changes: readonly AppliedChange[]): void {
    const { broker } = controller.decode(after?.data ?? null, controller.at())
    this.controllers++
    this.world.trace.note('ZooKeeper', `broker ${broker} is the controller, epoch ${this.currentEpoch()}`)
    if (!changes.some(({ path, kind }) => path === controllerEpoch.at() && kind === 'set'))
      this.violate(`broker ${broker} claimed the office without an epoch`)
  }

  private currentEpoch(): number {
    return Number(this.world.zooKeeper.tree.get(controllerEpoch.at())?.data ?? -1)
  }

  // --- partitions ---------------------------------------------------------------------------------------------------

  private judgeState({ path, before, after, kind }: AppliedChange): void {
    const place = partitionState.match(path)
    if (place === null || after === null || kind === 'check') return
    const { topic, partition } = place
    const where = `${topic}-${partition}`
    const next = partitionState.decode(after.data, path)
    const previous = before === null ? null : partitionState.decode(before.data, path)
    this.world.trace.note('ZooKeeper', `${where} ${inWords(next)}, version ${after.version}`)
    this.judgeMembers(where, topic, partition, next)
    if (next.controllerEpoch !== this.currentEpoch())
      this.violate(
        `${where}: written by controller ${next.controllerEpoch}, in the term of ${this.currentEpoch()}`,
      )
    // Whoever lost the answer to a write and writes again must find that it is written.
    const isSame = before?.data != null && after.data != null && before.data.equals(after.data)
    if (isSame) this.violate(`${where}: ${inWords(next)} was written twice`)
    if (previous !== null) this.judgeMove(where, previous, next)
    this.noteLeader(where, topic, next)
    this.onState(topic, partition, next.leader, next.inSyncReplicas)
  }

  private judgeMembers(where: string, topic: string, partition: number, next: PartitionState): void {
    const { leader, inSyncReplicas } = next
    const assigned = this.assignmentOf(topic)?.partitions.get(partition as never)?.replicas ?? []
    if (inSyncReplicas.length === 0) this.violate(`${where}: nobody is in sync`)
    if (new Set(inSyncReplicas).size !== inSyncReplicas.length)
      this.violate(`${where}: ${inWords(next)} names one twice`)
    if (leader !== -1 && !inSyncReplicas.includes(leader))
      this.violate(`${where}: ${inWords(next)}, a leader out of sync`)
    const stranger = inSyncReplicas.find((id) => !assigned.includes(id))
    if (stranger !== undefined && assigned.length > 0)
      this.violate(`${where}: ${inWords(next)}, but ${stranger} is not among ${assigned.join(',')}`)
  }

  private judgeMove(where: string, previous: PartitionState, next: PartitionState): void {
    const step = `${where}: ${inWords(previous)} became ${inWords(next)}`
    const grown = next.leaderEpoch - previous.leaderEpoch
    if (grown < 0 || grown > 1) this.violate(`${step}: the epoch does not step by one`)
    if (next.controllerEpoch < previous.controllerEpoch) this.violate(`${step}: an older controller`)
    if (grown === 0) {
      this.isrChanges++
      if (next.leader !== previous.leader) this.violate(`${step}: another leader in the same epoch`)
      return
    }
    this.elections++
    if (next.leader !== -1 && !previous.inSyncReplicas.includes(next.leader))
      this.violate(`${step}: the leader was not in sync`)
    const joined = next.inSyncReplicas.filter((id) => !previous.inSyncReplicas.includes(id))
    if (joined.length > 0) this.violate(`${step}: an election put ${joined.join(',')} in sync`)
  }

  /** Topic ids tell a topic from an earlier one of its name. */
  private noteLeader(where: string, topic: string, { leader, leaderEpoch }: PartitionState): void {
    const key = `${where} ${this.assignmentOf(topic)?.topicId ?? ''} ${leaderEpoch}`
    const known = this.leaders.get(key)
    if (known !== undefined && known !== leader)
      this.violate(`${where}: ${known} and ${leader} led in epoch ${leaderEpoch}`)
    this.leaders.set(key, leader)
  }

  private assignmentOf(topic: string) {
    const path = topicZnode.at({ topic })
    const node = this.world.zooKeeper.tree.get(path)
    return node === undefined ? null : topicZnode.decode(node.data, path)
  }
}

function inWords({ leader, leaderEpoch, inSyncReplicas }: PartitionState): string {
  return `leader ${leader} epoch ${leaderEpoch} isr ${inSyncReplicas.join(',')}`
}
