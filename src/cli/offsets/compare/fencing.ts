import type { ClusterClient } from '../../../client/cluster-client.ts'
import { mustSucceed } from '../../../client/cluster-client.ts'
import type { GroupAdmin } from '../../../client/group-admin.ts'
import { errorName } from '../../../model/errors.ts'

/** What a store does with a commit of a member whose generation is over. */
export interface Fencing {
  readonly isAccepted: boolean
  /** The error that the zombie was given; null when it was let in. */
  readonly error: string | null
}

const VERSION_WITH_GENERATIONS = 8
const JOIN_VERSION = 3
const SESSION_MS = 10_000

/**
 * Lets a member join twice, so that its first generation is over, and commits as if it were still in that one: once with
 * the generation, and once with version 0, which has no place for it.
 */
export async function tryZombie(
  { client, groups }: { readonly client: ClusterClient; readonly groups: GroupAdmin },
  where: { readonly group: string; readonly topic: string },
): Promise<{ readonly kafka: Fencing; readonly zookeeper: Fencing }> {
  const { group, topic } = where
  const coordinator = await groups.atCoordinator(group, (broker) => Promise.resolve(broker))
  const join = async (memberId: string, round: number) => {
    const joined = await client.call(
      coordinator,
      'JoinGroup',
      {
        groupId: group,
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: SESSION_MS,
        memberId,
        protocolType: 'zurau-compare',
        protocols: [{ name: 'none', metadata: Buffer.from([round]) }],
      },
      { maxVersion: JOIN_VERSION, timeoutMs: 2 * SESSION_MS },
    )
    mustSucceed(joined.errorCode, `joining ${group}`)
    return joined
  }
  const first = await join('', 1)
  const { memberId } = first
  const second = await join(memberId, 2)
  const zombie = { groupId: group, memberId, generationIdOrMemberEpoch: first.generationId }
  const commit = async (maxVersion: number): Promise<Fencing> => {
    const partition = { partitionIndex: 0, committedOffset: 0, committedMetadata: '' }
    const { topics } = await client.call(
      coordinator,
      'OffsetCommit',
      { ...zombie, topics: [{ name: topic, partitions: [partition] }] },
      { maxVersion },
    )
    const code = topics[0]?.partitions[0]?.errorCode ?? -1
    return { isAccepted: code === 0, error: code === 0 ? null : errorName(code) }
  }
  try {
    if (second.generationId === first.generationId) return { kafka: UNTRIED, zookeeper: await commit(0) }
    return { kafka: await commit(VERSION_WITH_GENERATIONS), zookeeper: await commit(0) }
  } finally {
    await client.call(coordinator, 'LeaveGroup', { groupId: group, memberId }, { maxVersion: 2 })
  }
}

const UNTRIED: Fencing = { isAccepted: false, error: 'the group began no second generation' }
