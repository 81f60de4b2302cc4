import type { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { errorCode } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import type { TopicPartition } from '../model/topic-partition.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Handler } from './handler.ts'

/** Removes offsets that a group has committed, for topics that it does not read now. Source: KafkaApis.handleOffsetDeleteRequest (3.9). */
export function offsetDelete(services: {
  offsets: OffsetStores
  cache: MetadataCache
}): Handler<'OffsetDelete'> {
  const { offsets, cache } = services
  return async ({ groupId, topics }) => {
    const isKnown = (topic: string, partition: number): boolean =>
      cache.partition(topic, partition as PartitionIndex) !== null
    const wanted: (TopicPartition & { readonly exists: boolean })[] = topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex }) => ({
        topic: name,
        partition: partitionIndex as PartitionIndex,
        exists: isKnown(name, partitionIndex),
      })),
    )
    const answers = await offsets.deleteOffsets(
      groupId,
      wanted.filter(({ exists }) => exists),
    )
    if (typeof answers === 'string') return { errorCode: errorCode(answers), topics: [] }
    let place = 0
    let next = 0
    return {
      errorCode: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: errorCode(
            wanted[place++]?.exists === true ? (answers[next++] ?? 'NONE') : 'UNKNOWN_TOPIC_OR_PARTITION',
          ),
        })),
      })),
    }
  }
}
