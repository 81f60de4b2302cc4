import { GroupAdmin } from '../../src/client/group-admin.ts'
import { errorName, KafkaError } from '../../src/model/errors.ts'
import type { RealCluster } from './real-cluster.ts'

/** Commits `offsets` for partitions 0, 1, … of a topic, with notes, for a group without members. */
export async function commitFromOutside(
  cluster: RealCluster,
  groupId: string,
  topic: string,
  offsets: readonly number[],
): Promise<void> {
  const { client } = cluster
  await new GroupAdmin({ client, timeoutMs: 30_000 }).atCoordinator(groupId, async (coordinator) => {
    const partitions = offsets.map((offset, partitionIndex) => ({
      partitionIndex,
      committedOffset: offset,
      committedMetadata: `at ${offset}`,
    }))
    const request = { groupId, topics: [{ name: topic, partitions }] }
    const answer = await client.call(coordinator, 'OffsetCommit', request, { maxVersion: 9 })
    for (const { partitions } of answer.topics) {
      for (const { errorCode } of partitions) {
        if (errorCode !== 0) throw new KafkaError(errorName(errorCode), `commit of group ${groupId}`)
      }
    }
  })
}
