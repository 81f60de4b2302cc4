import { expect } from 'chai'
import fc from 'fast-check'
import { apis } from '../../src/protocol/apis.ts'
import { codec } from '../../src/protocol/codec.ts'
import { RequestHeader } from '../../src/protocol/header.ts'
import { ApiVersionsRequest } from '../../src/protocol/messages/api-versions.ts'
import { CreateTopicsRequest } from '../../src/protocol/messages/create-topics.ts'
import { DeleteGroupsRequest } from '../../src/protocol/messages/delete-groups.ts'
import { FetchRequest } from '../../src/protocol/messages/fetch.ts'
import { MetadataRequest } from '../../src/protocol/messages/metadata.ts'
import { OffsetFetchRequest } from '../../src/protocol/messages/offset-fetch.ts'
import { ProduceRequest } from '../../src/protocol/messages/produce.ts'
import { SaslAuthenticateRequest } from '../../src/protocol/messages/sasl-authenticate.ts'
import { ProtocolError } from '../../src/protocol/protocol-error.ts'
import { Reader } from '../../src/protocol/reader.ts'
import type { Message, TypeOf } from '../../src/protocol/schema.ts'
import { anyValueOf } from '../support/arbitrary-message.ts'
import { encode, versionsOf } from '../support/codec-calls.ts'
import { hex } from '../support/hex.ts'

/** Reads, and lets through only the error that stands for bad bytes. */
function readOrRefuse(message: Message, version: number, bytes: Buffer): void {
  try {
    codec(message, version).decode(new Reader(bytes))
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
  }
}

function refused(message: Message, version: number, bytes: Buffer): string {
  try {
    codec(message, version).decode(new Reader(bytes))
  } catch (error) {
    if (error instanceof ProtocolError) return error.message
    throw error
  }
  throw new Error(`${message.name} v${version} was read from ${bytes.length} bad bytes`)
}

interface Mutation {
  readonly kind: 'flip' | 'cut' | 'insert' | 'remove' | 'largest'
  readonly at: number
  readonly byte: number
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'cut', 'insert', 'remove', 'largest'),
  at: fc.nat({ max: 10_000 }),
  byte: fc.nat({ max: 255 }),
})

function mutated(bytes: Buffer, { kind, at, byte }: Mutation): Buffer {
  const position = bytes.length === 0 ? 0 : at % bytes.length
  const [before, after] = [bytes.subarray(0, position), bytes.subarray(position)]
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.from([byte]), after.subarray(1)])
    case 'cut':
      return before
    case 'insert':
      return Buffer.concat([before, Buffer.from([byte]), after])
    case 'remove':
      return Buffer.concat([before, after.subarray(1)])
    case 'largest':
      return Buffer.concat([before, hex('7fffffff'), after.subarray(4)])
  }
}

describe('bytes that are not what they should be', () => {
  for (const [name, { request }] of Object.entries(apis)) {
    it(`never break the reading of ${name} otherwise than with a ProtocolError`, () => {
      for (const version of versionsOf(request)) {
        const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes))
        const nearly = fc
          .tuple(anyValueOf(request, version), fc.array(mutation, { minLength: 1, maxLength: 4 }))
          .map(([value, mutations]) => mutations.reduce(mutated, encode(request, version, value)))
        fc.assert(
          fc.property(fc.oneof(noise, nearly), (bytes) => readOrRefuse(request, version, bytes)),
          { numRuns: 60 },
        )
      }
    })
  }
})

describe('counts and lengths that lie', () => {
  const HUGE = '7fffffff'
  const HUGE_VARINT = 'ffffffff0f'

  const cases: readonly [title: string, complaint: string, Message, version: number, bytes: string][] = [
    ['an array of 2^31-1 elements', '2147483647 elements in 0 bytes', MetadataRequest, 1, HUGE],
    [
      'as many elements of one byte',
      '2147483647 elements in 2 bytes',
      DeleteGroupsRequest,
      0,
      `${HUGE} 0000`,
    ],
    ['a compact array of 2^32-2 elements', '4294967294 elements in 0 bytes', MetadataRequest, 9, HUGE_VARINT],
    [
      'an array within an array',
      '2147483647 elements in 0 bytes',
      CreateTopicsRequest,
      4,
      `00000001 0001 74 00000001 0001 00000001 00000000 ${HUGE}`,
    ],
    [
      'a compact array within an array',
      '4294967294 elements in 0 bytes',
      OffsetFetchRequest,
      8,
      `02 0374 74 02 0274 ${HUGE_VARINT}`,
    ],
    [
      '2^32-1 tagged fields',
      '4294967295 elements in 0 bytes',
      ApiVersionsRequest,
      3,
      `02 70 02 31 ${HUGE_VARINT}`,
    ],
    [
      '2^32-1 tagged fields where some are declared',
      '4294967295 elements in 0 bytes',
      FetchRequest,
      17,
      `${'00'.repeat(21)} 01 01 01 ${HUGE_VARINT}`,
    ],
    [
      '2^32-1 tagged fields in a header',
      '4294967295 elements in 0 bytes',
      RequestHeader,
      2,
      `0012 0003 00000007 ffff ${HUGE_VARINT}`,
    ],
    [
      'a tagged field of 2^32-1 bytes',
      '4294967295 bytes wanted at 11, 0 left',
      ApiVersionsRequest,
      3,
      `02 70 02 31 01 05 ${HUGE_VARINT}`,
    ],
    [
      'a declared tagged field of another size',
      'a tagged field of 5 bytes, of which 2 were read',
      FetchRequest,
      17,
      `${'00'.repeat(21)} 01 01 01 01 00 05 02 63 000000`,
    ],
    ['a string beyond the frame', '32767 bytes wanted at 6, 1 left', MetadataRequest, 1, '00000001 7fff 74'],
    ['a compact string beyond the frame', '126 bytes wanted at 2, 1 left', MetadataRequest, 9, '02 7f 74'],
    [
      'a compact string of 2^32-2 bytes',
      'a string of 4294967294 bytes',
      MetadataRequest,
      9,
      `02 ${HUGE_VARINT}`,
    ],
    ['bytes beyond the frame', '2147483647 bytes wanted at 4, 0 left', SaslAuthenticateRequest, 1, HUGE],
    [
      'records beyond the frame',
      '2147483647 bytes wanted at 27, 0 left',
      ProduceRequest,
      3,
      `ffff 0001 00000001 00000001 0001 74 00000001 00000000 ${HUGE}`,
    ],
    ['a varint without an end', 'a varint of more than five bytes', MetadataRequest, 9, 'ffffffffff01'],
    ['null where a string must be', 'null where a string must be', MetadataRequest, 1, '00000001 ffff'],
    ['null where a compact string must be', 'null where a string must be', MetadataRequest, 9, '02 00'],
    ['null where an array must be', 'null where an array must be', MetadataRequest, 0, 'ffffffff'],
    ['null where bytes must be', 'null where bytes must be', SaslAuthenticateRequest, 1, 'ffffffff'],
    ['nothing at all', '4 bytes wanted at 0, 0 left', MetadataRequest, 1, ''],
  ]
  for (const [title, complaint, message, version, bytes] of cases) {
    it(`are refused: ${title}`, () => {
      expect(refused(message, version, hex(bytes))).to.equal(complaint)
    })
  }

  it('are refused: a string longer than the protocol allows, although the frame holds it', () => {
    const bytes = Buffer.concat([hex('02 818002'), Buffer.alloc(40_000, 'x')])
    expect(refused(MetadataRequest, 9, bytes)).to.equal('a string of 32768 bytes')
  })

  it('are refused: more elements than any request needs, although the frame holds them', () => {
    const count = 5_000_000
    const bytes = Buffer.alloc(4 + 2 * count)
    bytes.writeInt32BE(count)
    expect(refused(MetadataRequest, 0, bytes)).to.match(/elements in one message$/)
  })

  it('are refused: as many elements spread over many small arrays', () => {
    // Topics of an empty name with five partitions each.
    const topics = 700_000
    const topic = hex('01 06 00000001 00000002 00000003 00000004 00000005 00')
    const body = Buffer.concat(Array.from({ length: topics }, () => topic))
    // One group "g".
    const bytes = Buffer.concat([hex('02 02 67'), varint(topics + 1), body])
    expect(refused(OffsetFetchRequest, 8, bytes)).to.match(/elements in one message$/)
  })

  it('are refused: more unknown tagged fields than any request needs', () => {
    const count = 5_000_000
    const tags = Buffer.alloc(2 * count, 0)
    expect(refused(ApiVersionsRequest, 3, Buffer.concat([hex('02 70 02 31'), varint(count), tags]))).to.match(
      /elements in one message$/,
    )
  })
})

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest])
    bytes.push((rest & 0x7f) | 0x80)
  }
}

describe('oddities that Kafka tolerates', () => {
  function read<M extends Message>(
    message: M,
    version: number,
    bytes: string,
  ): [TypeOf<M>, remaining: number] {
    const reader = new Reader(hex(bytes))
    return [codec(message, version).decode(reader), reader.remaining]
  }

  it('are accepted: bytes behind a complete message', () => {
    const [, remaining] = read(ApiVersionsRequest, 0, 'deadbeef')
    expect(remaining).to.equal(4)
  })

  it('are accepted: an array count of -2 stands for null', () => {
    const [request] = read(MetadataRequest, 1, 'fffffffe')
    expect(request.topics).to.equal(null)
  })

  it('are accepted: a nullable string of length -2 is null', () => {
    const [header] = read(RequestHeader, 1, '0012 0000 00000007 fffe')
    expect(header.clientId).to.equal(null)
  })

  it('are accepted: a bool of 2 is true', () => {
    const [request] = read(MetadataRequest, 4, '00000000 02')
    expect(request.allowAutoTopicCreation).to.equal(true)
  })

  it('are accepted: bytes of a string that are not UTF-8', () => {
    const [request] = read(MetadataRequest, 1, '00000001 0003 61ff62')
    expect(request.topics).to.deep.equal([{ topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'a\ufffdb' }])
  })

  it('are accepted: unknown tags in a header', () => {
    const [header, remaining] = read(RequestHeader, 2, '0012 0003 00000007 0005 70726f6265 01 05 02 6162')
    expect(header).to.deep.equal({
      requestApiKey: 18,
      requestApiVersion: 3,
      correlationId: 7,
      clientId: 'probe',
      unknownTags: [{ tag: 5, data: Buffer.from('ab') }],
    })
    expect(remaining).to.equal(0)
  })

  it('are accepted: unknown tags out of order and twice', () => {
    const [request] = read(ApiVersionsRequest, 3, '02 70 02 31 03 06 01 aa 05 01 bb 06 00')
    expect(request).to.deep.equal({
      clientSoftwareName: 'p',
      clientSoftwareVersion: '1',
      unknownTags: [
        { tag: 6, data: Buffer.from([0xaa]) },
        { tag: 5, data: Buffer.from([0xbb]) },
        { tag: 6, data: Buffer.alloc(0) },
      ],
    })
  })

  it('are accepted: declared tags out of order and twice, of which the last counts', () => {
    const start = '000001f4 00000001 00a00000 00 00000000 ffffffff 01 01 01'
    const follower = (id: string): string => `01 0d ${id} 000000000000002d 00`
    const [request] = read(
      FetchRequest,
      15,
      `${start} 03 ${follower('00000001')} 00 02 0263 ${follower('00000002')}`,
    )
    expect(request.clusterId).to.equal('c')
    expect(request.replicaState).to.deep.equal({ replicaId: 2, replicaEpoch: 45 })
  })
})
