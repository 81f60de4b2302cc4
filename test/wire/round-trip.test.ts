import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { apiNames, apis, type ApiName } from '../../src/protocol/apis.ts'
import { codec } from '../../src/protocol/codec.ts'
import { everyMessage } from '../../src/protocol/every-message.ts'
import {
  RequestHeader,
  requestHeaderVersion,
  ResponseHeader,
  responseHeaderVersion,
} from '../../src/protocol/header.ts'
import { Reader } from '../../src/protocol/reader.ts'
import { Writer } from '../../src/protocol/writer.ts'
import { anyValueOf, asRead } from '../support/arbitrary-message.ts'
import { decode, encode, versionsOf } from '../support/codec-calls.ts'

describe('every message in every version', () => {
  for (const message of everyMessage) {
    it(`${message.name} comes back as it was written, unknown tagged fields included`, () => {
      for (const version of versionsOf(message)) {
        fc.assert(
          fc.property(anyValueOf(message, version), (given) => {
            const bytes = encode(message, version, given)
            const read = decode(message, version, bytes)
            expect(read).to.deep.equal(asRead(message, version, given))
            expect(encode(message, version, read).equals(bytes)).to.equal(true)
          }),
          { numRuns: 25 },
        )
      }
    })
  }
})

/** What clients and brokers of Kafka were seen to send: `API version kind hex`, with headers. */
const frames = readFileSync(new URL('../fixtures/kafka-frames.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split(' ') as [ApiName, string, 'request' | 'response', string])

describe('frames of Apache Kafka 3.9.1', () => {
  it('are there for most messages and versions', () => {
    expect(frames.length).to.be.greaterThan(500)
  })

  // Envelope is not among them: a broker without a migration to KRaft closes the connection.
  for (const name of apiNames.filter((api) => api !== 'Envelope')) {
    it(`of ${name} are read to the end and written again byte for byte`, () => {
      const own = frames.filter(([api]) => api === name)
      expect(own).not.to.be.empty
      for (const [, version, kind, bytes] of own) {
        expect(rewritten(name, Number(version), kind, bytes), `v${version} ${kind}`).to.equal(bytes)
      }
    })
  }
})

function rewritten(name: ApiName, version: number, kind: 'request' | 'response', bytes: string): string {
  const header =
    kind === 'request'
      ? codec(RequestHeader, requestHeaderVersion(name, version))
      : codec(ResponseHeader, responseHeaderVersion(name, version))
  const body = codec(apis[name][kind], version)
  const reader = new Reader(Buffer.from(bytes, 'hex'))
  const [readHeader, readBody] = [header.decode(reader), body.decode(reader)]
  expect(reader.remaining).to.equal(0)
  const writer = new Writer()
  header.encode(writer, readHeader)
  body.encode(writer, readBody)
  return writer.toBuffer().toString('hex')
}
