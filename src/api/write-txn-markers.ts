import type { LiveBrokerConfig } from '../config/live-config.ts'
import type { OffsetStores } from '../coordinator/offsets/offset-stores.ts'
import { errorCode, KafkaError } from '../model/errors.ts'
import type { PartitionIndex } from '../model/ids.ts'
import { OFFSETS_TOPIC } from '../model/topic-name.ts'
import { partitionKey, type TopicPartition } from '../model/topic-partition.ts'
import type { MetadataCache } from '../metadata/metadata-cache.ts'
import type { Clock } from '../platform/clock.ts'
import type { RequestOf } from '../protocol/apis.ts'
import { buildEndTransactionBatch } from '../records/control-record.ts'
import { failedAppend, type PartitionAppend } from '../replication/delayed-produce.ts'
import type { ReplicaManager } from '../replication/replica-manager.ts'
import { byTopic } from './by-topic.ts'
import type { Handler } from './handler.ts'

type Marker = RequestOf<'WriteTxnMarkers'>['markers'][number]

/**
 * Ends transactions in the logs that this broker leads, for a transaction coordinator of any broker of the cluster:
 * answers when the markers are on every in-sync replica.
 * Source: KafkaApis.handleWriteTxnMarkersRequest (3.9); KIP-98.
 */
export function writeTxnMarkers(services: {
  cache: MetadataCache
  replicas: ReplicaManager
  clock: Clock
  config: LiveBrokerConfig
  offsets: Pick<OffsetStores, 'onTransactionCompleted'>
}): Handler<'WriteTxnMarkers'> {
  const { cache, replicas, clock, config, offsets } = services
  return async ({ markers }) => {
    // All are in the logs before the first is waited for.
    const results = markers.map((marker) => write(marker))
    const answered: { producerId: number; topics: ReturnType<typeof entries> }[] = []
    for (const [index, marker] of markers.entries()) {
      const written = (await results[index]) ?? []
      const { producerId, transactionResult: isCommitted } = marker
      // Offsets that were committed within the transaction count from now on, or never.
      const ended = written.filter(({ topic, error }) => topic === OFFSETS_TOPIC && error === 'NONE')
      const partitions = ended.map(({ partition }) => partition as PartitionIndex)
      if (partitions.length > 0) offsets.onTransactionCompleted(producerId, partitions, isCommitted)
      answered.push({ producerId, topics: entries(written) })
    }
    return { markers: answered }
  }

  async function write(marker: Marker): Promise<PartitionAppend[]> {
    const { producerId, producerEpoch, coordinatorEpoch } = marker
    const records = buildEndTransactionBatch({
      producerId,
      producerEpoch,
      coordinatorEpoch,
      result: marker.transactionResult ? 'commit' : 'abort',
      timestamp: clock.nowMs(),
    })
    const partitions = partitionsOf(marker)
    const known = partitions.filter(isKnown)
    const unknown = partitions.filter((each) => !isKnown(each)).map(unknownPartition)
    const appended = replicas.append(
      known.map((each) => ({ ...each, records })),
      {
        acks: -1,
        timeoutMs: config.get('request.timeout.ms'),
        origin: 'coordinator',
        mayWriteInternalTopics: true,
      },
    )
    return [...(await appended), ...unknown]
  }

  function isKnown({ topic, partition }: TopicPartition): boolean {
    return cache.partition(topic, partition) !== null
  }
}

/** Each partition once: a second marker would end the next transaction. */
function partitionsOf({ topics }: Marker): TopicPartition[] {
  const partitions = new Map<string, TopicPartition>()
  for (const { name: topic, partitionIndexes } of topics) {
    for (const index of partitionIndexes) {
      const partition = index as PartitionIndex
      partitions.set(partitionKey(topic, partition), { topic, partition })
    }
  }
  return [...partitions.values()]
}

function unknownPartition(partition: TopicPartition): PartitionAppend {
  return failedAppend(partition, new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'))
}

function entries(written: readonly PartitionAppend[]) {
  const topics = byTopic(written, ({ partition, error }) => ({
    partitionIndex: partition,
    errorCode: errorCode(error),
  }))
  return Array.from(topics, ([name, partitions]) => ({ name, partitions }))
}
