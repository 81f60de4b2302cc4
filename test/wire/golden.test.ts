import { expect } from 'chai'
import { decodeVersioned, encodeVersioned } from '../../src/protocol/versioned.ts'
import { decode, encode } from '../support/codec-calls.ts'
import { administrationGoldens } from './golden/administration.ts'
import { connectingGoldens } from './golden/connecting.ts'
import { controllerGoldens } from './golden/controller.ts'
import type { Golden } from './golden/golden.ts'
import { groupGoldens } from './golden/groups.ts'
import { headerGoldens } from './golden/headers.ts'
import { recordGoldens } from './golden/records.ts'
import { storedGoldens } from './golden/stored.ts'
import { transactionGoldens } from './golden/transactions.ts'

/*
 * Messages beside their bytes, one comment per field. Most bytes were taken from a conversation with Apache Kafka
 * 3.9.1, some with a name or a number changed.
 */
const areas: Readonly<Record<string, readonly Golden[]>> = {
  headers: headerGoldens,
  connecting: connectingGoldens,
  records: recordGoldens,
  groups: groupGoldens,
  transactions: transactionGoldens,
  controller: controllerGoldens,
  administration: administrationGoldens,
  'stored records': storedGoldens,
}

for (const [area, goldens] of Object.entries(areas)) {
  describe(`golden bytes: ${area}`, () => {
    for (const { title, message, version, value, bytes } of goldens) {
      it(`${message.name} v${version}: ${title}`, () => {
        expect(encode(message, version, value).toString('hex')).to.equal(bytes.toString('hex'))
        expect(decode(message, version, bytes)).to.deep.equal(value)
      })
    }
  })
}

describe('golden bytes: versions in front of stored records', () => {
  for (const { message, version, value, bytes } of storedGoldens) {
    it(`${message.name} v${version}`, () => {
      const prefixed = Buffer.concat([Buffer.from([0, version]), bytes])
      expect(encodeVersioned(message, version, value as never).toString('hex')).to.equal(
        prefixed.toString('hex'),
      )
      expect(decodeVersioned(message, prefixed)).to.deep.equal(value)
    })
  }
})
