import { expect } from 'chai'
import { AppendValidator, type AppendRules, type ValidAppend } from '../../src/log/append-validator.ts'
import type { LogConfig } from '../../src/log/log-config.ts'
import { KafkaError } from '../../src/model/errors.ts'
import { buildBatch, type BatchOptions, type RecordInput } from '../../src/records/batch-builder.ts'
import { buildLegacyMessages, type LegacyInput } from '../../src/records/legacy-messages.ts'
import { computeCrc } from '../../src/records/record-batch.ts'
import { logConfigDefaults } from './log-config.ts'

export const T = 1_700_000_000_000
export const NOW = T + 100_000

export interface Given {
  readonly config?: Partial<LogConfig>
  readonly origin?: AppendRules['origin']
}

/** What the validator makes of `records`. */
export function validate(records: Buffer, given: Given = {}): ValidAppend {
  const config = { ...logConfigDefaults, ...given.config }
  return new AppendValidator().validate(records, {
    partition: 'orders-0',
    origin: given.origin ?? 'client',
    config,
    nowMs: NOW,
  })
}

/** The error with which it refuses them. */
export function refusal(records: Buffer, given: Given = {}): KafkaError {
  try {
    validate(records, given)
  } catch (error) {
    expect(error).to.be.instanceOf(KafkaError)
    return error as KafkaError
  }
  throw new Error('nothing was refused')
}

export const twoRecords: RecordInput[] = [
  { key: 'k', value: 'a', timestamp: T },
  { key: null, value: 'b', timestamp: T + 1 },
]

/** A batch in which something was changed afterwards, with a checksum that is right all the same. */
export function batch(
  change: (bytes: Buffer) => void = () => undefined,
  options: BatchOptions = {},
  records = twoRecords,
): Buffer {
  const bytes = buildBatch(records, options)
  change(bytes)
  bytes.writeUInt32BE(computeCrc(bytes, 0), 17)
  return bytes
}

/** Messages of an old format. */
export function oldMessages(
  magic: 0 | 1,
  compression: 'none' | 'gzip' | 'lz4' = 'none',
  records: readonly LegacyInput[] = oldRecords,
): Buffer {
  return buildLegacyMessages(records, { magic, compression, timestampType: 'CreateTime', appendTimeMs: -1 })
}

const oldRecords: LegacyInput[] = [
  { offset: 0, timestamp: T, key: null, value: Buffer.from('a') },
  { offset: 1, timestamp: T + 1, key: null, value: Buffer.from('b') },
]
