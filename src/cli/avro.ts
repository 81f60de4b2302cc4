import type { Schema, Type } from 'avsc'
import type { Disk } from '../platform/disk.ts'
import { CliError } from './cli-error.ts'

/** Turns bytes into values and back, by a schema in a file. */
export interface AvroCodec {
  /** Throws CliError when the bytes do not fit the schema. */
  decode(bytes: Buffer): unknown
  encode(value: unknown): Buffer
}

const MAX_SCHEMA_BYTES = 4 * 1024 * 1024
/** In front of values that were written through a Schema Registry: a zero and the schema's id. */
const REGISTRY_MAGIC = 0
const REGISTRY_PREFIX_BYTES = 5

/**
 * Reads an `.avsc` file. Values may carry the five bytes that a Schema Registry's serializers put in front. 64-bit
 * integers beyond 2^53 come out as text. Throws CliError.
 */
export async function loadAvro(disk: Disk, path: string): Promise<AvroCodec> {
  const text = disk.readSmallFile(path, MAX_SCHEMA_BYTES).toString('utf8')
  const { default: avsc } = await import('avsc')
  const long = avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => printable(bytes.readBigInt64LE()),
    toBuffer: (value: number | string | bigint) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(value))
      return bytes
    },
    fromJSON: (value: number | string) => value,
    toJSON: (value: number | string) => value,
    isValid: (value: unknown) =>
      typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint',
    compare: (one: number, other: number) => (one < other ? -1 : one > other ? 1 : 0),
  })
  let type: Type
  try {
    type = avsc.Type.forSchema(JSON.parse(text) as Schema, { registry: { long } })
  } catch (error) {
    throw new CliError(`${path} is not an Avro schema: ${(error as Error).message}`, {
      exitCode: 2,
      cause: error,
    })
  }
  return {
    decode(bytes) {
      const candidates =
        bytes[0] === REGISTRY_MAGIC ? [bytes.subarray(REGISTRY_PREFIX_BYTES), bytes] : [bytes]
      for (const candidate of candidates) {
        try {
          return plain(type.fromBuffer(candidate))
        } catch {
          // The other reading, if there is one.
        }
      }
      throw new CliError(`a value of ${bytes.length} bytes does not fit the schema in ${path}`, {
        advice: 'was it written with this schema? Look at the bytes: -f "%v{hex}\\n"',
      })
    },
    encode(value) {
      try {
        return type.toBuffer(type.fromString(JSON.stringify(value)))
      } catch (error) {
        throw new CliError(`a value does not fit the schema in ${path}: ${(error as Error).message}`, {
          cause: error,
        })
      }
    },
  }
}

function printable(value: bigint): number | string {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value.toString()
}

/** What JSON can say: records without their class, bytes in base64. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}
