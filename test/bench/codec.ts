/**
 * What encoding and decoding cost, for the messages that carry the traffic: µs CPU per message and bytes.
 *
 *     tsx test/bench/codec.ts
 */
import { ZERO_UUID } from '../../src/model/uuid.ts'
import { apis } from '../../src/protocol/apis.ts'
import { codec } from '../../src/protocol/codec.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { InputOf, Message } from '../../src/protocol/schema.ts'
import { Writer } from '../../src/protocol/writer.ts'

const ROUNDS = 5

function measure<M extends Message>(name: string, message: M, version: number, value: InputOf<M>): void {
  const coder = codec(message, version)
  const encoded = bytesOf()
  const count = Math.max(200, Math.floor(4_000_000 / encoded.length))
  const writer = new Writer()
  const encodeUs = best(count, () => {
    coder.encode(writer, value)
    writer.takeBuffers()
    writer.reuse()
  })
  const decodeUs = best(count, () => {
    coder.decode(new Reader(encoded))
  })
  console.log(
    `${`${name} v${version}`.padEnd(44)} ${String(encoded.length).padStart(7)} B ` +
      `${encodeUs.toFixed(2).padStart(8)} µs encode ${decodeUs.toFixed(2).padStart(8)} µs decode`,
  )

  function bytesOf(): Buffer {
    const once = new Writer()
    coder.encode(once, value)
    return Buffer.concat(once.takeBuffers())
  }
}

/** The best of some rounds, in µs CPU per call: the others were disturbed. */
function best(count: number, call: () => void): number {
  let least = Infinity
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let i = 0; i < count; i++) call()
    const { user, system } = process.cpuUsage(before)
    if (round > 0) least = Math.min(least, (user + system) / count)
  }
  return least
}

const range = (length: number) => Array.from({ length }, (_, i) => i)
const records = Buffer.alloc(16_384, 7)

measure('Heartbeat request', apis.Heartbeat.request, 4, {
  groupId: 'orders',
  generationId: 7,
  memberId: 'consumer-1-0f8fad5b-d9cb-469f-a165-70867728950e',
})
measure('Produce request, one 16 KB batch', apis.Produce.request, 9, {
  acks: -1,
  timeoutMs: 30_000,
  topicData: [{ name: 'orders', partitionData: [{ index: 0, records }] }],
})
measure('Fetch request, 100 partitions', apis.Fetch.request, 12, {
  maxWaitMs: 500,
  minBytes: 1,
  topics: range(10).map((topic) => ({
    topic: `topic-${topic}`,
    topicId: ZERO_UUID,
    partitions: range(10).map((partition) => ({
      partition,
      fetchOffset: 12_345,
      partitionMaxBytes: 1_048_576,
    })),
  })),
})
measure('Fetch response, 100 partitions', apis.Fetch.response, 12, {
  responses: range(10).map((topic) => ({
    topic: `topic-${topic}`,
    topicId: ZERO_UUID,
    partitions: range(10).map((partitionIndex) => ({
      partitionIndex,
      errorCode: 0,
      highWatermark: 12_345,
      lastStableOffset: 12_345,
      logStartOffset: 0,
      abortedTransactions: null,
      records: Buffer.alloc(0),
    })),
  })),
})
measure('Metadata response, 200 partitions', apis.Metadata.response, 9, {
  brokers: range(3).map((nodeId) => ({ nodeId, host: `broker-${nodeId}`, port: 9092 })),
  controllerId: 1,
  topics: range(20).map((topic) => ({
    errorCode: 0,
    name: `topic-${topic}`,
    topicId: ZERO_UUID,
    partitions: range(10).map((partitionIndex) => ({
      partitionIndex,
      errorCode: 0,
      leaderId: 1,
      leaderEpoch: 3,
      replicaNodes: [1, 2, 3],
      isrNodes: [1, 2, 3],
      offlineReplicas: [],
    })),
  })),
})
