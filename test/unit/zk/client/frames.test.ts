import { expect } from 'chai'
import { FrameSplitter } from '../../../../zk/client/frame-splitter.ts'
import { MalformedReplyError, ReplyReader } from '../../../../zk/client/reply-reader.ts'
import { connectRequest, Requests, setWatchesRequests } from '../../../../zk/client/requests.ts'
import { WatchTable } from '../../../../zk/client/watch-table.ts'

const bytes = (hex: string) => Buffer.from(hex.replaceAll(/[^0-9a-f]/g, ''), 'hex')

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length)
  return Buffer.concat([length, body])
}

function framesOf(splitter: FrameSplitter): string[] {
  const frames: string[] = []
  for (let frame = splitter.next(); frame !== null; frame = splitter.next()) frames.push(frame.toString())
  return frames
}

describe('FrameSplitter', () => {
  const whole = Buffer.concat(['first', '', 'the third, longer'].map((text) => framed(Buffer.from(text))))

  it('cuts frames that come in one chunk', () => {
    const splitter = new FrameSplitter(100)
    splitter.push(whole)
    expect(framesOf(splitter)).to.deep.equal(['first', '', 'the third, longer'])
  })

  for (let size = 1; size < whole.length; size++) {
    it(`cuts frames that come in chunks of ${size}`, () => {
      const splitter = new FrameSplitter(100)
      const frames: string[] = []
      for (let start = 0; start < whole.length; start += size) {
        splitter.push(whole.subarray(start, start + size))
        frames.push(...framesOf(splitter))
      }
      expect(frames).to.deep.equal(['first', '', 'the third, longer'])
    })
  }

  for (const length of ['ffffffff', '80000000', '00000065', '7fffffff']) {
    it(`refuses the length ${length} before its bytes come`, () => {
      const splitter = new FrameSplitter(100)
      splitter.push(bytes(length))
      expect(() => splitter.next()).to.throw(MalformedReplyError)
    })
  }
})

describe('ReplyReader', () => {
  it('reads each type', () => {
    expect(new ReplyReader(bytes('fffffffe')).int()).to.equal(-2)
    expect(new ReplyReader(bytes('01')).boolean()).to.equal(true)
    expect(new ReplyReader(bytes('00000001 00000002')).long()).to.equal(2 ** 32 + 2)
    expect(new ReplyReader(bytes('ffffffff ffffffff')).long()).to.equal(-1)
    expect(new ReplyReader(bytes('0010000000000000')).bigLong()).to.equal(2n ** 52n)
    expect(new ReplyReader(bytes('00000003 e282ac')).text()).to.equal('€')
    expect(new ReplyReader(bytes('ffffffff')).text()).to.equal('')
    expect(new ReplyReader(bytes('ffffffff')).bytes()).to.equal(null)
    expect(new ReplyReader(bytes('00000000')).bytes()).to.deep.equal(Buffer.alloc(0))
    expect(new ReplyReader(bytes('00000002 00000001 61 00000001 62')).texts()).to.deep.equal(['a', 'b'])
    expect(new ReplyReader(bytes('ffffffff')).texts()).to.deep.equal([])
    expect(
      new ReplyReader(bytes('00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65')).acl(),
    ).to.deep.equal([{ permissions: 31, scheme: 'world', id: 'anyone' }])
  })

  it('reads a stat', () => {
    const reader = new ReplyReader(
      bytes(
        '0000000000000001 0000000000000002 0000018bcfe56800 0000018bcfe56801 ' + // czxid mzxid ctime mtime
          '00000003 00000004 00000005 0100003ad0350004 ' + // version cversion aversion ephemeralOwner
          '00000006 00000007 0000000000000008', // dataLength numChildren pzxid
      ),
    )
    expect(reader.stat()).to.deep.equal({
      czxid: 1,
      mzxid: 2,
      pzxid: 8,
      ctimeMs: 1_700_000_000_000,
      mtimeMs: 1_700_000_000_001,
      version: 3,
      cversion: 4,
      aversion: 5,
      ephemeralOwner: 0x100003ad0350004n,
      dataLength: 6,
      childCount: 7,
    })
    expect(reader.bytesLeft).to.equal(0)
  })

  it('copies bytes, so that the chunk that they came in can go', () => {
    const frame = bytes('00000001 61')
    const copy = new ReplyReader(frame).bytes()
    frame.fill(0)
    expect(copy?.toString()).to.equal('a')
  })

  for (const [what, hex, read] of [
    ['an int in three bytes', '000000', (reader: ReplyReader) => reader.int()],
    ['a text longer than the frame', '00000005 61', (reader: ReplyReader) => reader.text()],
    ['two gigabytes of bytes', '7fffffff 61', (reader: ReplyReader) => reader.bytes()],
    ['two billion texts', '7fffffff 00000001 61', (reader: ReplyReader) => reader.texts()],
    [
      'a list of ACLs that cannot fit',
      '00000002 0000001f 00000000 00000000',
      (reader: ReplyReader) => reader.acl(),
    ],
    ['half a stat', '0000000000000001', (reader: ReplyReader) => reader.stat()],
    ['a number that a double does not hold', '7fffffffffffffff', (reader: ReplyReader) => reader.long()],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => read(new ReplyReader(bytes(hex)))).to.throw(MalformedReplyError)
    })
  }
})

describe('requests', () => {
  const hex = (frame: Buffer) => frame.toString('hex')

  it('put the chroot in front of the path', () => {
    expect(hex(new Requests('/k').getData('/a', true))).to.equal(
      hex(
        bytes(
          '00000011 00000000 00000004 ' + // length, xid to come, getData
            '00000004 2f6b2f61 01', // "/k/a", watch
        ),
      ),
    )
    expect(new Requests('/k').exists('/', false).toString('latin1')).to.include('\x02/k\x00')
  })

  it('send version 0 as version 0, in a multi as well', () => {
    const operations = [
      { kind: 'check', path: '/a', version: 0 },
      { kind: 'set', path: '/a', data: null, version: 0 },
      { kind: 'delete', path: '/a', version: 0 },
    ] as const
    expect(hex(new Requests('').multi(operations))).to.equal(
      hex(
        bytes(
          '0000004e 00000000 0000000e ' + // length, xid to come, multi
            '0000000d 00 ffffffff 00000002 2f61 00000000 ' + // check "/a" version 0
            '00000005 00 ffffffff 00000002 2f61 ffffffff 00000000 ' + // setData "/a" null version 0
            '00000002 00 ffffffff 00000002 2f61 00000000 ' + // delete "/a" version 0
            'ffffffff 01 ffffffff', // the end
        ),
      ),
    )
  })

  it('tell null from empty data', () => {
    const open = [{ permissions: 31, scheme: 'world', id: 'anyone' }]
    const acl = '00000001 0000001f 00000005 776f726c64 00000006 616e796f6e65'
    const requests = new Requests('')
    const create = (data: string, flags: string) =>
      bytes(`00000000 00000001 00000002 2f61 ${data} ${acl} ${flags}`)
    expect(hex(requests.create('/a', null, 'ephemeral-sequential', open).subarray(4))).to.equal(
      hex(create('ffffffff', '00000003')),
    )
    expect(hex(requests.create('/a', Buffer.alloc(0), 'persistent', open).subarray(4))).to.equal(
      hex(create('00000000', '00000000')),
    )
    expect(hex(requests.setData('/a', null, -1).subarray(12))).to.equal(
      hex(bytes('00000002 2f61 ffffffff ffffffff')),
    )
  })

  it('ask for a session with the byte that says that we also write', () => {
    const request = connectRequest({
      lastZxid: bytes('0000000000000005'),
      timeoutMs: 18_000,
      sessionId: bytes('0100003ad0350004'),
      password: Buffer.alloc(16, 7),
    })
    expect(hex(request)).to.equal(
      hex(
        bytes(
          '0000002d 00000000 0000000000000005 00004650 0100003ad0350004 00000010 ' +
            '07070707070707070707070707070707 00',
        ),
      ),
    )
  })

  it('set watches again in parts of 128 kB', () => {
    const watches = new WatchTable(() => undefined)
    const paths = Array.from({ length: 20_000 }, (_, i) => `/brokers/topics/topic-number-${i}`)
    for (const path of paths) watches.add('data', path, () => undefined)
    watches.add('exists', '/controller', () => undefined)
    watches.add('children', '/brokers/ids', () => undefined)
    const frames = setWatchesRequests(bytes('0000000000000005'), watches, '/chroot')
    expect(frames.length).to.be.within(6, 10)
    for (const frame of frames) expect(frame.length).to.be.lessThan(132_000)
    const all = Buffer.concat(frames).toString('latin1')
    expect(all.match(/\/chroot\/brokers\/topics\/topic-number-[0-9]+/g)).to.have.lengthOf(20_000)
    expect(all).to.include('/chroot/controller').and.to.include('/chroot/brokers/ids')
  })

  it('set no watches again where there are none', () => {
    expect(setWatchesRequests(Buffer.alloc(8), new WatchTable(() => undefined), '')).to.deep.equal([])
  })
})
