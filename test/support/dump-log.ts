import { endTransactionMarkerOf } from '../../src/records/control-record.ts'
import { isMessageValid, legacyRecordsOf, storedMessageCrcOf } from '../../src/records/legacy-messages.ts'
import {
  baseOffsetOf,
  baseSequenceOf,
  baseTimestampOf,
  batchSizeOf,
  completeSizeAt,
  compressionOf,
  hasDeleteHorizon,
  incrementSequence,
  isBatchValid,
  isControlBatch,
  isTransactional,
  lastOffsetOf,
  lastSequenceOf,
  leaderEpochOf,
  MAGIC_V2,
  magicOf,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
  storedCrcOf,
  timestampTypeOf,
} from '../../src/records/record-batch.ts'
import { recordsOf, type KafkaRecord } from '../../src/records/record.ts'
import { decodeSnapshot } from '../../src/log/producer-snapshot.ts'
import { firstSequenceOf } from '../../src/log/producer-state.ts'

/** The lines that DumpLogSegments (--deep-iteration --print-data-log) prints for the batches of a `.log` file. */
export function dumpBatches(bytes: Buffer): string[] {
  const lines: string[] = []
  for (let at = 0; completeSizeAt(bytes, at, bytes.length) > 0; at += batchSizeOf(bytes, at)) {
    if (magicOf(bytes, at) < MAGIC_V2) lines.push(...dumpMessage(bytes, at))
    else lines.push(...dumpBatch(bytes, at))
  }
  return lines
}

function dumpBatch(bytes: Buffer, at: number): string[] {
  const horizon = hasDeleteHorizon(bytes, at)
    ? `OptionalLong[${baseTimestampOf(bytes, at)}]`
    : 'OptionalLong.empty'
  const header =
    `baseOffset: ${baseOffsetOf(bytes, at)} lastOffset: ${lastOffsetOf(bytes, at)} count: ${recordCountOf(bytes, at)}` +
    ` baseSequence: ${baseSequenceOf(bytes, at)} lastSequence: ${lastSequenceOf(bytes, at)}` +
    ` producerId: ${producerIdOf(bytes, at)} producerEpoch: ${producerEpochOf(bytes, at)}` +
    ` partitionLeaderEpoch: ${leaderEpochOf(bytes, at)} isTransactional: ${isTransactional(bytes, at)}` +
    ` isControl: ${isControlBatch(bytes, at)} deleteHorizonMs: ${horizon} position: ${at}` +
    ` ${timestampTypeOf(bytes, at)}: ${maxTimestampOf(bytes, at)} size: ${batchSizeOf(bytes, at)}` +
    ` magic: ${magicOf(bytes, at)} compresscodec: ${compressionOf(bytes, at) ?? '?'}` +
    ` crc: ${storedCrcOf(bytes, at)} isvalid: ${isBatchValid(bytes, at)}`
  return [header, ...[...recordsOf(bytes, at)].map((record) => dumpRecord(bytes, at, record))]
}

function dumpRecord(bytes: Buffer, at: number, record: KafkaRecord): string {
  const baseSequence = baseSequenceOf(bytes, at)
  const sequence =
    baseSequence < 0 ? -1 : incrementSequence(baseSequence, record.offset - baseOffsetOf(bytes, at))
  const line =
    `| offset: ${record.offset} ${timestampTypeOf(bytes, at)}: ${record.timestamp}` +
    ` keySize: ${record.key?.length ?? -1} valueSize: ${record.value?.length ?? -1} sequence: ${sequence}` +
    ` headerKeys: [${record.headers.map((header) => header.key).join(',')}]`
  if (isControlBatch(bytes, at)) {
    const marker = endTransactionMarkerOf(bytes, at)
    return `${line} endTxnMarker: ${marker?.result.toUpperCase() ?? '?'} coordinatorEpoch: ${marker?.coordinatorEpoch ?? '?'}`
  }
  return line + keyAndValue(record)
}

function keyAndValue(record: { key: Buffer | null; value: Buffer | null }): string {
  return (
    (record.key === null ? '' : ` key: ${record.key.toString()}`) +
    (record.value === null ? '' : ` payload: ${record.value.toString()}`)
  )
}

function dumpMessage(bytes: Buffer, at: number): string[] {
  const type = magicOf(bytes, at) === 0 ? 'NoTimestampType' : timestampTypeOf(bytes, at)
  const header =
    `offset: ${baseOffsetOf(bytes, at)} position: ${at} ${type}: ${maxTimestampOf(bytes, at)}` +
    ` size: ${batchSizeOf(bytes, at)} magic: ${magicOf(bytes, at)} compresscodec: ${compressionOf(bytes, at) ?? '?'}` +
    ` crc: ${storedMessageCrcOf(bytes, at)} isvalid: ${isMessageValid(bytes, at)}`
  const records = legacyRecordsOf(bytes, at).map(
    (record) =>
      `| offset: ${record.offset} ${type}: ${record.timestamp} keySize: ${record.key?.length ?? -1}` +
      ` valueSize: ${record.value?.length ?? -1} isValid: ${record.isCrcValid}${keyAndValue(record)}`,
  )
  return [header, ...records]
}

/** The lines for a `.snapshot` file. */
export function dumpSnapshot(bytes: Buffer): string[] {
  return decodeSnapshot(bytes).map((entry) => {
    const first = entry.currentTransactionFirstOffset
    const last = entry.batches.at(-1)
    const batch =
      last === undefined
        ? ''
        : ` firstSequence: ${firstSequenceOf(last)} lastSequence: ${last.lastSequence} lastOffset: ${last.lastOffset}` +
          ` offsetDelta: ${last.offsetDelta} timestamp: ${last.timestamp}`
    return (
      `producerId: ${entry.producerId} producerEpoch: ${entry.producerEpoch} coordinatorEpoch: ${entry.coordinatorEpoch}` +
      ` currentTxnFirstOffset: ${first < 0 ? 'OptionalLong.empty' : `OptionalLong[${first}]`}` +
      ` lastTimestamp: ${entry.lastTimestamp}${batch}`
    )
  })
}

/** What a dump of many files says, by file name. Kafka's lines for single old messages lose their checksum. */
export function parseDump(text: string): Map<string, string[]> {
  const files = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n')) {
    const begin = /^Dumping (\S+)$/.exec(line)
    if (begin !== null) {
      lines = []
      files.set((begin[1] as string).split('/').slice(-2).join('/'), lines)
    } else if (line !== '' && !line.startsWith('Log starting offset') && !line.endsWith(' is empty.')) {
      lines.push(line.replace(/ crc: [0-9]+\}/, ''))
    }
  }
  return files
}
