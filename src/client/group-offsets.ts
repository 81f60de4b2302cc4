import { KafkaError } from '../model/errors.ts'
import { mustSucceed, type ClusterClient } from './cluster-client.ts'
import type { GroupAdmin } from './group-admin.ts'

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What a coordinator takes from somebody who is not a member: only while the group has none. */
const NO_GENERATION = -1
/** The last version that tells topics by their names. */
const MAX_VERSION = 9

/**
 * Commits for a group from outside. Throws KafkaError: UNKNOWN_MEMBER_ID when the group has members, or the first that a
 * partition got.
 */
export async function commitFor(
  { client, groups }: { readonly client: ClusterClient; readonly groups: GroupAdmin },
  groupId: string,
  offsets: readonly OffsetToCommit[],
): Promise<void> {
  if (offsets.length === 0) return
  await groups.atCoordinator(groupId, async (coordinator) => {
    const answer = await client.call(
      coordinator,
      'OffsetCommit',
      {
        groupId,
        generationIdOrMemberEpoch: NO_GENERATION,
        memberId: '',
        topics: byTopic(offsets).map(([name, partitions]) => ({
          name,
          partitions: partitions.map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: offset,
            committedMetadata: '',
          })),
        })),
      },
      { maxVersion: MAX_VERSION },
    )
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        mustSucceed(errorCode, `group ${groupId}, ${name}-${partitionIndex}`)
      }
    }
  })
}

/** Forgets what a group committed for these partitions. Throws KafkaError GROUP_SUBSCRIBED_TO_TOPIC for topics in use. */
export async function deleteOffsetsOf(
  { client, groups }: { readonly client: ClusterClient; readonly groups: GroupAdmin },
  groupId: string,
  partitions: readonly { readonly topic: string; readonly partition: number }[],
): Promise<void> {
  if (partitions.length === 0) return
  await groups.atCoordinator(groupId, async (coordinator) => {
    const { errorCode, topics } = await client.call(coordinator, 'OffsetDelete', {
      groupId,
      topics: byTopic(partitions).map(([name, found]) => ({
        name,
        partitions: found.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    })
    mustSucceed(errorCode, `group ${groupId}`)
    for (const topic of topics) {
      for (const each of topic.partitions) {
        mustSucceed(each.errorCode, `group ${groupId}, ${topic.name}-${each.partitionIndex}`)
      }
    }
  })
}

/** Whether the group would refuse a commit from outside because somebody is in it. */
export function isHeldByMembers(error: unknown): boolean {
  return (
    error instanceof KafkaError && (error.error === 'UNKNOWN_MEMBER_ID' || error.error === 'NON_EMPTY_GROUP')
  )
}

function byTopic<T extends { readonly topic: string }>(items: readonly T[]): [string, T[]][] {
  const topics = new Map<string, T[]>()
  for (const item of items) {
    const found = topics.get(item.topic)
    if (found === undefined) topics.set(item.topic, [item])
    else found.push(item)
  }
  return [...topics]
}
