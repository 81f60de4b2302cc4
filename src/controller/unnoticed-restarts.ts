import type { BrokerId } from '../model/ids.ts'
import type { LeaderAndIsr } from '../model/leader-and-isr.ts'
import type { Logger } from '../platform/logger.ts'
import type { ControllerContext, Partition } from './controller-context.ts'
import { succeed } from './elections.ts'
import { whyNot, type LeadershipChanges } from './leadership-changes.ts'

/**
 * Reads all leaderships at the start of a term, and makes up for what happened while nobody was in office: a leader whose
 * broker registered after the state was last written has begun a new life, or a new session, that no controller has
 * answered. Its partitions get a new leader epoch, and another in-sync leader where one is there: a broker that was
 * without power may have lost the end of its log, and would write other records under an epoch that has these offsets
 * already. Partitions with one replica are left alone: there is nobody to disagree.
 *
 * Unlike Kafka, whose new controller cannot tell such a broker from one that was there all the time (KIP-380 covers only
 * the controller in office). All of them change in shared multis: see docs/adr/0013-a-new-epoch-for-leaders-that-restarted.md.
 */
export async function readLeaderships(options: {
  context: ControllerContext
  leaderships: LeadershipChanges
  logger: Logger
}): Promise<void> {
  const { context, leaderships, logger } = options
  const isNewSince = (writtenZxid: number, id: BrokerId): boolean =>
    (context.brokers.get(id)?.epoch ?? 0) > writtenZxid
  const doubtful = new Map<Partition, number>()
  await leaderships.refresh([...context.partitions()], (partition, { leader }, writtenZxid) => {
    if (partition.assignment.replicas.length > 1 && isNewSince(writtenZxid, leader))
      doubtful.set(partition, writtenZxid)
  })
  if (doubtful.size === 0) return
  logger.info('Leaders have restarted while there was no controller', { partitions: doubtful.size })
  const changes = await leaderships.change([...doubtful.keys()], (current) =>
    current.map(({ partition, state }) => {
      const writtenZxid = doubtful.get(partition) ?? Infinity
      const isSteady = (id: BrokerId): boolean =>
        context.isReplicaOnline(id, partition) && !isNewSince(writtenZxid, id)
      return afterRestart(state, partition.assignment.replicas, isSteady)
    }),
  )
  for (const [partition, change] of changes) {
    if (change.kind !== 'written' && change.kind !== 'kept')
      logger.error(`The restart of the leader of ${partition.name} passes unnoticed: ${whyNot(change)}`)
  }
}

/**
 * The leadership after the leader has restarted: the first in-sync replica that is steady leads, or the same one again.
 * Who is in sync stays: that a broker is registered does not say that its process lives.
 */
export function afterRestart(
  state: LeaderAndIsr,
  replicas: readonly BrokerId[],
  isSteady: (id: BrokerId) => boolean,
): LeaderAndIsr {
  const leader = replicas.find((id) => state.inSyncReplicas.includes(id) && isSteady(id))
  return succeed(state, leader ?? state.leader, state.inSyncReplicas)
}
