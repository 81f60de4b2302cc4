import { expect } from 'chai'
import { ConsumerProtocolSubscription } from '../../../src/protocol/messages/stored/consumer-protocol-subscription.ts'
import { OffsetCommitKey } from '../../../src/protocol/messages/stored/offset-commit.ts'
import { ProtocolError } from '../../../src/protocol/protocol-error.ts'
import {
  decodeVersioned,
  decodeVersionedLeniently,
  encodeVersioned,
  versionOf,
} from '../../../src/protocol/versioned.ts'
import { hex } from '../../support/hex.ts'

describe('messages behind their version', () => {
  const key = { group: 'g1', topic: 't', partition: 3 }
  const keyBytes = hex('0001 0002 6731 0001 74 00000003')

  it('are written with the version in front', () => {
    expect(encodeVersioned(OffsetCommitKey, 1, key).toString('hex')).to.equal(keyBytes.toString('hex'))
  })

  it('are read in the version they say', () => {
    expect(versionOf(keyBytes)).to.equal(1)
    expect(decodeVersioned(OffsetCommitKey, keyBytes)).to.deep.equal(key)
  })

  it('are refused in a version that is not known', () => {
    expect(() => decodeVersioned(OffsetCommitKey, hex('0002 0002 6731'))).to.throw(
      ProtocolError,
      'OffsetCommitKey has no version 2',
    )
    expect(() => decodeVersioned(OffsetCommitKey, hex('ffff'))).to.throw(ProtocolError)
  })

  it('are refused when they are cut short, be it within the version', () => {
    expect(() => decodeVersioned(OffsetCommitKey, keyBytes.subarray(0, 9))).to.throw(ProtocolError)
    expect(() => versionOf(hex('00'))).to.throw(ProtocolError)
  })

  it('are read as the highest version that is known when that is asked for', () => {
    const fromTheFuture = hex('0009 00000001 0001 74 ffffffff 00000000 00000004 ffff cafe')
    const read = decodeVersionedLeniently(ConsumerProtocolSubscription, fromTheFuture)
    expect(read).to.deep.include({ topics: ['t'], generationId: 4, rackId: null })
    expect(() => decodeVersionedLeniently(ConsumerProtocolSubscription, hex('ffff'))).to.throw(
      ProtocolError,
      'ConsumerProtocolSubscription has no version -1',
    )
  })
})
