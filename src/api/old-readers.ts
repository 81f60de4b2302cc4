import { errorOf, type ErrorName } from '../model/errors.ts'
import { downConvert, fillerMessage } from '../records/message-conversion.ts'
import { batchSizeOf, MAGIC_V2, magicOf, recordCountOf } from '../records/record-batch.ts'

const FIRST_VERSION_OF_MAGIC_1 = 2
/** The first version whose readers know magic 2: from here on nothing is converted. */
const FIRST_VERSION_OF_MAGIC_2 = 4
const FIRST_VERSION_WITHOUT_CUT_BATCHES = 3

interface OldAnswer {
  readonly error: ErrorName
  readonly records: readonly Buffer[]
  /** Records that were rewritten. */
  readonly convertedCount: number
}

/** Whether readers of this version of Fetch may have to get something else than what is stored. */
export function isOldReader(version: number): boolean {
  return version < FIRST_VERSION_OF_MAGIC_2
}

/**
 * Whole batches as the readers of Fetch 0 to 3 know them: messages of magic 0 or 1. What conversion saves is filled up
 * with a message cut off, because Kafka has announced the stored size by then; readers skip it.
 * Source: KafkaApis.processFetchRequest; LazyDownConversionRecords.
 */
export function forOldReader(
  stored: readonly Buffer[],
  reader: {
    readonly version: number
    readonly fetchOffset: number
    /** `message.downconversion.enable` of the topic. */
    readonly mayConvert: boolean
  },
): OldAnswer {
  const magic = reader.version < FIRST_VERSION_OF_MAGIC_1 ? 0 : 1
  const batches = [...batchesIn(stored)]
  if (batches.every((batch) => magicOf(batch, 0) <= magic))
    return { error: 'NONE', records: stored, convertedCount: 0 }
  if (!reader.mayConvert) return { error: 'UNSUPPORTED_VERSION', records: [], convertedCount: 0 }
  try {
    const records = convert(batches, magic, reader.fetchOffset)
    return {
      error: 'NONE',
      records,
      convertedCount: batches.reduce((count, each) => count + recordsIn(each), 0),
    }
  } catch (error) {
    return { error: errorOf(error), records: [], convertedCount: 0 }
  }
}

/** What readers before version 3 get of a batch that is larger than they take: its beginning, so that they notice. */
export function cutBatch(version: number, sizeBytes: number): readonly Buffer[] {
  return version < FIRST_VERSION_WITHOUT_CUT_BATCHES && sizeBytes > 0 ? [fillerMessage(sizeBytes)] : []
}

/** A message of an old format is one, whatever it wraps. */
function recordsIn(batch: Buffer): number {
  return magicOf(batch, 0) < MAGIC_V2 ? 1 : recordCountOf(batch, 0)
}

/** As many bytes as were stored, or as the first batch has after conversion if that is more. */
function convert(batches: readonly Buffer[], magic: 0 | 1, fetchOffset: number): Buffer[] {
  const converted: Buffer[] = []
  let room = batches.reduce((bytes, batch) => bytes + batch.length, 0)
  for (const batch of batches) {
    if (room <= 0) break
    const messages = downConvert([batch], magic, fetchOffset)
    if (messages.length === 0) continue
    if (converted.length === 0) room = Math.max(room, messages.length)
    converted.push(messages.subarray(0, room))
    room -= messages.length
  }
  if (room > 0) converted.push(fillerMessage(room))
  return converted
}

function* batchesIn(stored: readonly Buffer[]): Generator<Buffer> {
  for (const buffer of stored) {
    for (let at = 0; at < buffer.length;) {
      const size = batchSizeOf(buffer, at)
      yield buffer.subarray(at, at + size)
      at += size
    }
  }
}
