import { expect } from 'chai'
import fc from 'fast-check'

import { JuteError, JuteReader, JuteWriter } from '../../../../zk/embedded/jute.ts'
import type { Transaction } from '../../../../zk/embedded/transaction.ts'
import { readTransaction, writeTransaction } from '../../../../zk/embedded/transaction.ts'
import type { SessionId, Zxid } from '../../../../zk/zookeeper.ts'
import { OPEN_ACL } from '../../../../zk/zookeeper.ts'
import { hex } from '../../../support/hex.ts'

const bytesOf = (transaction: Transaction): Buffer => {
  const writer = new JuteWriter()
  writeTransaction(writer, transaction)
  return writer.take()
}

const data = fc.option(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)))
const path = fc.string({ unit: 'grapheme', maxLength: 10 }).map((name) => `/${name}`)
const acl = fc.oneof(
  fc.constant(OPEN_ACL),
  fc.array(fc.record({ permissions: fc.integer(), scheme: fc.string(), id: fc.string() }), { maxLength: 3 }),
)
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const change = fc.oneof(
  fc.record({ kind: fc.constant('create' as const), path, data, acl, owner: int64 }),
  fc.record({ kind: fc.constant('delete' as const), path }),
  fc.record({ kind: fc.constant('set' as const), path, data }),
  fc.record({ kind: fc.constant('set-acl' as const), path, acl }),
)
const session = fc.record({
  id: int64.map((id) => id as SessionId),
  timeoutMs: fc.nat(),
  password: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
})
const moment = { zxid: fc.maxSafeNat().map((zxid) => zxid as Zxid), timeMs: fc.maxSafeNat() }
const transaction: fc.Arbitrary<Transaction> = fc.oneof(
  fc.record({ ...moment, kind: fc.constant('nothing' as const) }),
  fc.record({
    ...moment,
    kind: fc.constant('changes' as const),
    changes: fc.array(change, { maxLength: 4 }),
  }),
  fc.record({ ...moment, kind: fc.constant('open-session' as const), session }),
  fc.record({
    ...moment,
    kind: fc.constant('close-session' as const),
    sessionId: session.map(({ id }) => id),
  }),
)

describe('transactions', () => {
  it('are written as their format says', () => {
    const written = bytesOf({
      zxid: 5 as Zxid,
      timeMs: 258,
      kind: 'changes',
      changes: [
        { kind: 'create', path: '/a', data: Buffer.of(9), acl: OPEN_ACL, owner: -1n },
        { kind: 'set-acl', path: '/a', acl: [{ permissions: 1, scheme: 's', id: 'i' }] },
        { kind: 'delete', path: '/a' },
      ],
    })
    const expected = hex(`
      0000000000000005 0000000000000102  # zxid, time
      01 00000003                        # changes, three of them
      01 00000002 2f61                   # create /a
         00000001 09                     # data
         ffffffffffffffff                # owner
         ffffffff                        # open to everybody
      04 00000002 2f61                   # set the ACL of /a
         00000001 00000001 00000001 73 00000001 69
      02 00000002 2f61                   # delete /a
    `)
    expect(written.toString('hex')).to.equal(expected.toString('hex'))
  })

  it('read as they were written', () => {
    fc.assert(
      fc.property(transaction, (one) => {
        const reader = new JuteReader(bytesOf(one))
        expect(readTransaction(reader)).to.deep.equal(one)
        expect(reader.remaining).to.equal(0)
      }),
    )
  })

  it('that are open to everybody share one list again', () => {
    const one = {
      zxid: 1 as Zxid,
      timeMs: 0,
      kind: 'changes',
      changes: [{ kind: 'set-acl', path: '/a', acl: OPEN_ACL }],
    } as const
    const read = readTransaction(new JuteReader(bytesOf(one)))
    expect(read.kind === 'changes' && read.changes[0]?.kind === 'set-acl' && read.changes[0].acl).to.equal(
      OPEN_ACL,
    )
  })

  it('of no known kind throw JuteError', () => {
    for (const bytes of ['04', '01 00000001 00 00000001 2f', '01 00000001 05 00000001 2f']) {
      const reader = new JuteReader(hex(`0000000000000001 0000000000000000 ${bytes}`))
      expect(() => readTransaction(reader), bytes).to.throw(JuteError)
    }
  })
})
