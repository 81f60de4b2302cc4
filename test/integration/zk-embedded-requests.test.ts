import { expect } from 'chai'

import type { RawZooKeeper } from '../support/raw-zookeeper.ts'
import {
  acl,
  boolean,
  buffer,
  create,
  int,
  long,
  readReply,
  string,
  vector,
} from '../support/raw-zookeeper.ts'
import { EmbeddedBed, event, header, hex, spaced } from './embedded-bed.ts'

const OPEN_ACL_HEX = '00000001 0000001f 00000005776f726c64 00000006616e796f6e65'

describe('embedded ZooKeeper’s answers', () => {
  let bed: EmbeddedBed

  beforeEach(async () => {
    bed = new EmbeddedBed()
    await bed.start()
  })

  afterEach(() => bed.stop())

  describe('requests', () => {
    let client: RawZooKeeper

    beforeEach(async () => {
      client = await bed.connected() // zxid 1
    })

    it('creates, and answers create2 and createContainer with a stat', async () => {
      expect(hex(await client.ask(1, 1, create('/a', Buffer.from('x'))))).to.equal(
        spaced(`${header(1, 2)} 00000002 2f61`),
      )
      const made = readReply(await client.ask(2, 15, create('/a/b', null)))
      expect(hex(made.body.subarray(0, 24))).to.equal(
        spaced('00000004 2f612f62 0000000000000003 0000000000000003'),
      )
      const container = readReply(await client.ask(3, 19, create('/c', null, 4)))
      // path and 68 bytes of stat, in which a container shows no owner
      expect(container.body).to.have.lengthOf(6 + 68)
      expect(container.body.readBigInt64BE(6 + 44)).to.equal(0n)
    })

    it('answers getData with data and stat', async () => {
      await client.ask(1, 1, create('/a', Buffer.from('hi')))
      await client.ask(2, 1, create('/a/b', null))
      const { body } = readReply(await client.ask(3, 4, string('/a'), boolean(false)))
      expect(hex(body.subarray(0, 6))).to.equal(spaced('00000002 6869'))
      const stat = body.subarray(6)
      // czxid, mzxid
      expect(hex(stat.subarray(0, 16))).to.equal(spaced('0000000000000002 0000000000000002'))
      expect(Number(stat.readBigInt64BE(16))).to.be.closeTo(Date.now(), 10_000)
      // version, cversion, aversion, owner, length of the data, number of children, pzxid
      expect(hex(stat.subarray(32))).to.equal(
        spaced('00000000 00000001 00000000 0000000000000000 00000002 00000001 0000000000000003'),
      )
    })

    it('tells null data from none', async () => {
      await client.ask(1, 1, create('/null', null))
      await client.ask(2, 1, create('/none', Buffer.alloc(0)))
      const first = readReply(await client.ask(3, 4, string('/null'), boolean(false)))
      const second = readReply(await client.ask(4, 4, string('/none'), boolean(false)))
      expect(hex(first.body.subarray(0, 4))).to.equal('ffffffff')
      expect(hex(second.body.subarray(0, 4))).to.equal('00000000')
    })

    it('answers sync with its path, whether there is such a znode or not', async () => {
      expect(hex(await client.ask(1, 9, string('/no')))).to.equal(spaced(`${header(1, 1)} 00000003 2f6e6f`))
    })

    it('lists children, with and without a stat, and counts descendants', async () => {
      for (const path of ['/a', '/a/b', '/a/b/c']) await client.ask(1, 1, create(path, null))
      const path = [string('/a'), boolean(false)]
      expect(hex(await client.ask(2, 8, ...path))).to.equal(spaced(`${header(2, 4)} 00000001 00000001 62`))
      expect(await client.ask(3, 12, ...path)).to.have.lengthOf(16 + 9 + 68)
      expect(hex(await client.ask(4, 104, string('/a')))).to.equal(spaced(`${header(4, 4)} 00000002`))
    })

    it('keeps ACLs, and shows the hashes only to those who may change them', async () => {
      const closed = vector(acl(1, 'world', 'anyone'), acl(31, 'digest', 'u:hash'))
      await client.ask(1, 1, create('/a', null))
      const open = await client.ask(2, 6, string('/a'))
      expect(hex(open.subarray(16, 16 + 27))).to.equal(spaced(OPEN_ACL_HEX))
      expect(readReply(await client.ask(3, 7, string('/a'), closed, int(0))).body).to.have.lengthOf(68)
      const masked = readReply(await client.ask(4, 6, string('/a')))
      expect(masked.body.subarray(0, -68).toString('latin1')).to.contain('u:x').and.not.contain('hash')
    })

    it('proves a digest, shows it in whoAmI without its secret, and lets its owner in', async () => {
      const auth = [int(0), string('digest'), buffer(Buffer.from('u:p'))]
      expect(hex(await client.ask(-4, 100, ...auth))).to.equal(header(-4, 0))
      const me = readReply(await client.ask(1, 107))
      const expected = vector(
        Buffer.concat([string('ip'), string('127.0.0.1')]),
        Buffer.concat([string('digest'), string('u')]),
      )
      expect(hex(me.body)).to.equal(hex(expected))
      await client.ask(2, 1, create('/mine', null, 0, vector(acl(31, 'auth', ''))))
      const stranger = await bed.connected()
      const read = [string('/mine'), boolean(false)]
      expect(hex(await stranger.ask(1, 4, ...read))).to.equal(header(1, 3, -102))
      await stranger.ask(-4, 100, ...auth)
      expect(readReply(await stranger.ask(2, 4, ...read)).error).to.equal(0)
    })

    it('refuses a scheme that it does not know, and closes', async () => {
      client.request(-4, 100, int(0), string('kerberos'), buffer(null))
      expect(hex(await client.next())).to.equal(header(-4, 0, -115))
      await client.closed
    })

    it('lists the ephemerals of the session below a prefix', async () => {
      await client.ask(1, 1, create('/e1', null, 1))
      await client.ask(2, 1, create('/f1', null, 1))
      expect(hex(await client.ask(3, 103, string('/e')))).to.equal(
        spaced(`${header(3, 3)} 00000001 00000003 2f6531`),
      )
    })

    it('answers an operation that there is not with code -6 and no zxid, and closes', async () => {
      client.request(7, 77, string('/'))
      expect(hex(await client.next())).to.equal(header(7, -1, -6))
      await client.closed
    })

    it('answers a garbled request with code -5 and goes on; a garbled write takes a zxid', async () => {
      expect(hex(await client.ask(1, 1, int(3)))).to.equal(header(1, 2, -5))
      expect(hex(await client.ask(2, 4, int(3)))).to.equal(header(2, 2, -5))
      // a list that claims more records than there are bytes
      expect(hex(await client.ask(3, 101, long(0n), int(0x7fffffff)))).to.equal(header(3, 2, -5))
      expect(hex(await client.ask(-2, 11))).to.equal(header(-2, 2))
    })

    for (const [what, code, op, ...body] of [
      ['setData of another version', -103, 5, string('/a'), buffer(null), int(55)],
      ['delete with children', -111, 2, string('/a'), int(-1)],
      ['delete of the root', -8, 2, string('/'), int(-1)],
      ['create of the root', -110, 1, create('/', null)],
      ['create without a parent', -101, 1, create('/no/a', null)],
      ['create without a path', -8, 1, create('', null)],
      ['create with an empty ACL', -114, 1, create('/z', null, 0, int(0))],
      ['create with a null ACL', -114, 1, create('/z', null, 0, int(-1))],
      ['create below an ephemeral', -108, 1, create('/e/a', null)],
      ['create with flags 7', -8, 1, create('/z', null, 7)],
      ['create with a time to live', -6, 21, create('/z', null, 5), long(1000n)],
      ['a check outside a multi', -6, 13, string('/a'), int(0)],
      ['reconfig', -6, 16, string(''), string(''), string(''), long(0n)],
    ] as const) {
      it(`refuses ${what} with code ${code}, and takes a zxid for it`, async () => {
        for (const [path, flags] of [
          ['/a', 0],
          ['/a/b', 0],
          ['/e', 1],
        ] as const)
          await client.ask(1, 1, create(path, null, flags))
        expect(hex(await client.ask(9, op, ...body))).to.equal(header(9, 5, code))
      })
    }
  })

  describe('multi', () => {
    const part = (op: number): Buffer => Buffer.concat([int(op), boolean(false), int(-1)])
    const end = Buffer.concat([int(-1), boolean(true), int(-1)])
    const END_HEX = 'ffffffff01ffffffff'
    let client: RawZooKeeper

    beforeEach(async () => {
      client = await bed.connected()
      await client.ask(1, 1, create('/a', null)) // zxid 2
    })

    it('answers each operation in kind', async () => {
      const operations = [
        part(1),
        create('/a/b', null),
        part(13),
        string('/a'),
        int(0),
        part(2),
        string('/a/b'),
        int(0),
      ]
      const expected = [
        header(2, 3),
        '00000001 00 00000000 00000004 2f612f62', // create: its path
        '0000000d 00 00000000', // check
        '00000002 00 00000000', // delete
        END_HEX,
      ]
      expect(hex(await client.ask(2, 14, ...operations, end))).to.equal(spaced(expected.join('')))
    })

    it('answers create2 and createContainer as operation 15 with a stat, setData with a stat', async () => {
      const operations = [
        part(15),
        create('/b', null),
        part(19),
        create('/c', null, 4),
        part(5),
        string('/a'),
        buffer(null),
        int(0),
      ]
      const { body } = readReply(await client.ask(2, 14, ...operations, end))
      const kinds = [body.readInt32BE(0), body.readInt32BE(9 + 6 + 68), body.readInt32BE(2 * (9 + 6 + 68))]
      expect(kinds).to.deep.equal([15, 15, 5])
      expect(body).to.have.lengthOf(2 * (9 + 6 + 68) + 9 + 68 + 9)
    })

    it('answers with each one’s code when one fails: 0 before it, -2 after it', async () => {
      const operations = [
        part(5),
        string('/a'),
        buffer(null),
        int(-1),
        part(13),
        string('/a'),
        int(77),
        part(2),
        string('/no'),
        int(-1),
      ]
      const expected = [
        header(2, 3),
        'ffffffff 00 00000000 00000000',
        'ffffffff 00 ffffff99 ffffff99', // -103, bad version
        'ffffffff 00 fffffffe fffffffe',
        END_HEX,
      ]
      expect(hex(await client.ask(2, 14, ...operations, end))).to.equal(spaced(expected.join('')))
    })

    it('answers none with none, and a read with code -5', async () => {
      expect(hex(await client.ask(2, 14, end))).to.equal(header(2, 3) + END_HEX)
      expect(hex(await client.ask(3, 14, part(4), string('/a'), boolean(false), end))).to.equal(
        header(3, 4, -5),
      )
    })

    it('reads several things at once, each answering for itself', async () => {
      const reads = [part(8), string('/no'), boolean(false), part(8), string('/a'), boolean(false)]
      const expected = [
        header(2, 2),
        'ffffffff 00 ffffff9b ffffff9b',
        '00000008 00 00000000 00000000',
        END_HEX,
      ]
      expect(hex(await client.ask(2, 22, ...reads, end))).to.equal(spaced(expected.join('')))
    })
  })

  describe('watches', () => {
    let client: RawZooKeeper

    beforeEach(async () => {
      client = await bed.connected()
      await client.ask(1, 1, create('/a', null)) // zxid 2
    })

    it('tells of a write before its reply', async () => {
      await client.ask(2, 3, string('/a/b'), boolean(true))
      await client.ask(3, 8, string('/a'), boolean(true))
      client.request(4, 1, create('/a/b', null))
      expect(hex(await client.next())).to.equal(event(1, '/a/b'))
      expect(hex(await client.next())).to.equal(event(4, '/a'))
      expect(hex((await client.next()).subarray(0, 16))).to.equal(header(4, 3))
    })

    it('tells a connection that watches data and children of a deletion once', async () => {
      await client.ask(2, 4, string('/a'), boolean(true))
      await client.ask(3, 8, string('/a'), boolean(true))
      client.request(4, 2, string('/a'), int(-1))
      expect(hex(await client.next())).to.equal(event(2, '/a'))
      expect(hex(await client.next())).to.equal(header(4, 3))
    })

    it('sets them again after a reconnect, and tells what was missed before it answers', async () => {
      // since zxid 0: data of /a (changed) and of /gone (deleted), absent /a (created), children of /a (some)
      client.request(
        -8,
        101,
        long(0n),
        vector(string('/a'), string('/gone')),
        vector(string('/a')),
        vector(string('/a')),
      )
      for (const [type, path] of [
        [3, '/a'],
        [2, '/gone'],
        [1, '/a'],
        [4, '/a'],
      ] as const) {
        expect(hex(await client.next())).to.equal(event(type, path))
      }
      expect(hex(await client.next())).to.equal(header(-8, 2))
    })

    it('sets them again in silence when nothing was missed', async () => {
      expect(
        hex(await client.ask(-8, 101, long(2n), vector(string('/a')), int(0), vector(string('/a')))),
      ).to.equal(header(-8, 2))
      client.request(3, 5, string('/a'), buffer(null), int(-1))
      expect(hex(await client.next())).to.equal(event(3, '/a'))
    })

    it('keeps recursive ones until they are removed', async () => {
      expect(hex(await client.ask(2, 106, string('/a'), int(1)))).to.equal(spaced(`${header(2, 2)} 00000000`))
      for (const path of ['/a/b', '/a/b/c']) {
        client.request(3, 1, create(path, null))
        expect(hex(await client.next())).to.equal(event(1, path))
        await client.next()
      }
      expect(hex(await client.ask(5, 18, string('/a'), int(3)))).to.equal(header(5, 4))
      expect(hex(await client.ask(6, 18, string('/a'), int(3)))).to.equal(header(6, 4, -121))
      expect(readReply(await client.ask(7, 1, create('/a/d', null))).xid).to.equal(7)
    })
  })
})
