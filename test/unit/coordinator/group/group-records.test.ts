import { expect } from 'chai'
import fc from 'fast-check'
import {
  groupKey,
  GroupRecordReader,
  groupValue,
  offsetKey,
  offsetValue,
  storedVersionsFor,
  type StoredGroup,
} from '../../../../src/coordinator/group/group-records.ts'
import type { OffsetValues } from '../../../../src/coordinator/group/offset-table.ts'
import { StoredRecord } from '../../../../src/coordinator/stored-records.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../../../src/protocol/messages/stored/offset-commit.ts'
import { encodeVersioned } from '../../../../src/protocol/versioned.ts'
import { subscription } from '../../../support/group-world.ts'

const CURRENT = storedVersionsFor('3.9-IV0')
const hex = (text: string): string => text.replaceAll(/\s/g, '')

function record(key: Buffer | null, value: Buffer | null): StoredRecord {
  const stored = new StoredRecord()
  stored.buffer = Buffer.concat([key ?? Buffer.alloc(0), value ?? Buffer.alloc(0)])
  const keyEnd = key?.length ?? 0
  stored.keyEnd = key === null ? -1 : keyEnd
  stored.valueStart = keyEnd
  stored.valueEnd = value === null ? keyEnd - 1 : keyEnd + value.length
  stored.offset = 5
  return stored
}

/** What a reader says of one record. */
function read(key: Buffer | null, value: Buffer | null): unknown[] {
  const said: unknown[] = []
  new GroupRecordReader({
    onOffset: (group, topic, partition, values) =>
      said.push(['offset', group, topic, partition, values === null ? null : { ...values }]),
    onGroup: (group, stored) => said.push(['group', group, stored]),
    onUnknown: (version) => said.push(['unknown', version]),
    onFault: () => said.push(['fault']),
  }).read(record(key, value))
  return said
}

const anOffset: OffsetValues = {
  offset: 42,
  leaderEpoch: 5,
  metadata: 'meta',
  commitTimestamp: 1_700_000_000_000,
  expireTimestamp: -1,
}

const aGroup: StoredGroup = {
  protocolType: 'consumer',
  generation: 1,
  protocol: 'range',
  leader: 'c-1',
  currentStateTimestamp: 1_700_000_000_000,
  members: [
    {
      memberId: 'c-1',
      groupInstanceId: null,
      clientId: 'c',
      clientHost: '/10.0.0.1',
      rebalanceTimeout: 300_000,
      sessionTimeout: 45_000,
      subscription: subscription(['t']),
      assignment: Buffer.from('0000000000010001740000000200000000000000 01ffffffff'.replace(' ', ''), 'hex'),
    },
  ],
}

describe('records of __consumer_offsets', () => {
  describe('are written byte for byte as Kafka writes them', () => {
    it('an offset', () => {
      expect(offsetKey('g1', 't', 3).toString('hex')).to.equal(hex('0001 0002 6731 0001 74 00000003'))
      expect(offsetValue(anOffset, CURRENT).toString('hex')).to.equal(
        hex('0003 000000000000002a 00000005 0004 6d657461 0000018bcfe56800'),
      )
    })

    it('an offset with its own time of expiry', () => {
      const values = { ...anOffset, metadata: '', expireTimestamp: 1_700_086_400_000 }
      expect(offsetValue(values, CURRENT).toString('hex')).to.equal(
        hex('0001 000000000000002a 0000 0000018bcfe56800 0000018bd50bc400'),
      )
    })

    it('a group with a member', () => {
      expect(groupKey('g1').toString('hex')).to.equal(hex('0002 0002 6731'))
      expect(groupValue(aGroup, CURRENT).toString('hex')).to.equal(
        hex(`0003 0008 636f6e73756d6572 00000001 0005 72616e6765 0003 632d31 0000018bcfe56800 00000001
             0003 632d31 ffff 0001 63 0009 2f31302e302e302e31 000493e0 0000afc8
             0000000d 0000 00000001 0001 74 ffffffff
             00000019 0000 00000001 0001 74 00000002 00000000 00000001 ffffffff`),
      )
    })

    it('a group without members', () => {
      const empty = { ...aGroup, generation: 2, protocol: null, leader: null, members: [] }
      expect(groupValue(empty, CURRENT).toString('hex')).to.equal(
        hex('0003 0008 636f6e73756d6572 00000002 ffff ffff 0000018bcfe56800 00000000'),
      )
    })
  })

  it('are written in versions that the oldest broker of a mixed cluster can read', () => {
    expect(storedVersionsFor('3.9-IV0')).to.deep.equal({ offset: 3, group: 3 })
    expect(storedVersionsFor('2.1-IV0')).to.deep.equal({ offset: 2, group: 2 })
    expect(storedVersionsFor('0.10.1-IV0')).to.deep.equal({ offset: 1, group: 1 })
    expect(storedVersionsFor('0.9.0')).to.deep.equal({ offset: 1, group: 0 })
  })

  describe('are written and read as the declared messages say', () => {
    const offsets = fc.record({
      offset: fc.integer({ min: -1, max: 2 ** 48 }),
      leaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
      metadata: fc.string({ maxLength: 40, unit: 'binary' }),
      commitTimestamp: fc.integer({ min: 0, max: 2 ** 45 }),
    })

    it('keys', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.nat(), (group, topic, partition) => {
          const declared = encodeVersioned(OffsetCommitKey, 1, { group, topic, partition })
          expect(offsetKey(group, topic, partition).equals(declared)).to.equal(true)
        }),
      )
    })

    for (const version of [1, 2, 3]) {
      it(`values of version ${version}`, () => {
        fc.assert(
          fc.property(offsets, (values) => {
            const leaderEpoch = version === 3 ? values.leaderEpoch : -1
            const all = { ...values, leaderEpoch, expireTimestamp: -1 }
            const written = offsetValue(all, { offset: version, group: 3 })
            const declared = encodeVersioned(OffsetCommitValue, version, all)
            expect(written.equals(declared)).to.equal(true)
            expect(read(offsetKey('g', 't', 0), written)).to.deep.equal([['offset', 'g', 't', 0, all]])
          }),
        )
      })
    }

    for (const version of [0, 4]) {
      it(`values of version ${version}, which are only read`, () => {
        const declared = encodeVersioned(OffsetCommitValue, version, {
          ...anOffset,
          leaderEpoch: version === 4 ? 5 : -1,
        })
        const [said] = read(offsetKey('g', 't', 0), declared) as unknown[][]
        expect(said?.[0]).to.equal('offset')
        expect(said?.[4]).to.include({ offset: 42, metadata: 'meta', leaderEpoch: version === 4 ? 5 : -1 })
      })
    }

    for (const version of [0, 1, 2, 3]) {
      it(`groups of version ${version}`, () => {
        const [said] = read(groupKey('g'), groupValue({ ...aGroup }, { offset: 3, group: version }))
        const [, group, stored] = said as [string, string, StoredGroup]
        expect(group).to.equal('g')
        expect(stored).to.include({
          protocolType: 'consumer',
          generation: 1,
          protocol: 'range',
          leader: 'c-1',
        })
        expect(stored.currentStateTimestamp).to.equal(version >= 2 ? 1_700_000_000_000 : -1)
        expect(stored.members[0]).to.deep.include({ memberId: 'c-1', sessionTimeout: 45_000 })
        expect(stored.members[0]?.rebalanceTimeout).to.equal(version >= 1 ? 300_000 : -1)
      })
    }
  })

  it('that are tombstones remove', () => {
    expect(read(offsetKey('g', 't', 1), null)).to.deep.equal([['offset', 'g', 't', 1, null]])
    expect(read(groupKey('g'), null)).to.deep.equal([['group', 'g', null]])
  })

  it('of later kinds are told by their version', () => {
    expect(read(Buffer.from([0, 3, 1, 2]), Buffer.from([1]))).to.deep.equal([['unknown', 3]])
    expect(read(Buffer.from([0xff, 0xff]), null)).to.deep.equal([['unknown', -1]])
  })

  describe('that are broken are faults, and never more', () => {
    for (const [what, key, value] of [
      ['no key', null, Buffer.alloc(2)],
      ['an empty key', Buffer.alloc(0), null],
      ['a key that ends in a text', offsetKey('group', 't', 0).subarray(0, 6), null],
      ['a key that ends before the partition', offsetKey('group', 't', 0).subarray(0, -1), null],
      ['a value of a version to come', offsetKey('g', 't', 0), Buffer.from([0, 9, 0, 0])],
      ['a value without a version', offsetKey('g', 't', 0), Buffer.from([0])],
      ['a value that is cut', offsetKey('g', 't', 0), offsetValue(anOffset, CURRENT).subarray(0, -1)],
      ['a group that is cut', groupKey('g'), groupValue(aGroup, CURRENT).subarray(0, -1)],
      ['a group of a version to come', groupKey('g'), Buffer.from([0, 9, 0])],
      [
        'an offset that no number holds',
        offsetKey('g', 't', 0),
        Buffer.concat([Buffer.from([0, 3, 0x7f]), Buffer.alloc(25, 0xff)]),
      ],
    ] as const) {
      it(what, () => {
        expect(read(key, value)).to.deep.equal([['fault']])
      })
    }

    it('any bytes', () => {
      const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array))
      const keys = fc.oneof(bytes, fc.constant(offsetKey('g', 't', 0)), fc.constant(groupKey('g')))
      fc.assert(fc.property(keys, bytes, (key, value) => void read(key, value)))
    })
  })
})
