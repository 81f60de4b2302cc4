import { expect } from 'chai'

import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import { boolean, buffer, create, int, long, openAcl, readReply, string } from '../support/raw-zookeeper.ts'
import { EmbeddedBed, event, header, hex, spaced } from './embedded-bed.ts'

describe('embedded ZooKeeper over TCP', () => {
  let bed: EmbeddedBed

  beforeEach(async () => {
    bed = new EmbeddedBed()
    await bed.start()
  })

  afterEach(() => bed.stop())

  describe('connecting', () => {
    it('grants a session with a readOnly byte to those who send one', async () => {
      const client = await bed.dial()
      // length 45, protocol 0, last zxid 0, timeout 10000, session 0, password of 16 bytes, readOnly false
      client.write(
        Buffer.from(
          spaced(
            `0000002d 00000000 ${'00'.repeat(8)} 00002710 ${'00'.repeat(8)} 00000010 ${'00'.repeat(16)} 00`,
          ),
          'hex',
        ),
      )
      const greeting = await client.next()
      expect(greeting).to.have.lengthOf(37)
      // protocol 0, timeout 10000
      expect(hex(greeting.subarray(0, 8))).to.equal('0000000000002710')
      // the server's number in the upper byte of the session id
      expect(greeting.readUInt8(8)).to.equal(1)
      // a password of 16 bytes that are not all zero, then readOnly false
      expect(greeting.readInt32BE(16)).to.equal(16)
      expect(greeting.subarray(20, 36).equals(Buffer.alloc(16))).to.equal(false)
      expect(greeting[36]).to.equal(0)
    })

    it('leaves the byte out for those who do not know of it', async () => {
      const client = await bed.dial()
      expect((await client.openSession({ hasReadOnlyByte: false })).sizeBytes).to.equal(36)
    })

    for (const [asked, granted] of [
      [1, 4000],
      [4000, 4000],
      [39_999, 39_999],
      [900_000, 40_000],
    ] as const) {
      it(`grants ${granted} ms to who asks for ${asked}`, async () => {
        expect((await (await bed.dial()).openSession({ timeoutMs: asked })).timeoutMs).to.equal(granted)
      })
    }

    it('takes a new session without a password', async () => {
      expect((await (await bed.dial()).openSession({ password: Buffer.alloc(0) })).timeoutMs).to.equal(10_000)
    })

    it('refuses a session that it does not know, and closes', async () => {
      const client = await bed.dial()
      client.send(int(0), long(0n), int(10_000), long(0x1234n), buffer(Buffer.alloc(16, 9)), boolean(false))
      // protocol 0, timeout 0, session 0, password of 16 zero bytes, readOnly false
      const refused = `00000025 00000000 00000000 ${'00'.repeat(8)} 00000010 ${'00'.repeat(16)} 00`
      expect(hex(await client.closed)).to.equal(spaced(refused))
    })

    it('moves a session to who knows its password, and closes the old connection', async () => {
      const first = await bed.dial()
      const { sessionId, password } = await first.openSession()
      const second = await bed.dial()
      const again = await second.openSession({ sessionId, password })
      await first.closed
      expect(again).to.deep.include({ sessionId, password, timeoutMs: 10_000 })
      expect(readReply(await second.ask(1, 11)).error).to.equal(0)
    })

    it('closes the connection of a session also when the other password is wrong, and keeps the session', async () => {
      const first = await bed.dial()
      const { sessionId, password } = await first.openSession()
      const thief = await bed.dial()
      expect((await thief.openSession({ sessionId, password: Buffer.alloc(16, 9) })).timeoutMs).to.equal(0)
      await first.closed
      const again = await bed.dial()
      expect((await again.openSession({ sessionId, password })).sessionId).to.equal(sessionId)
    })

    for (const [what, message] of [
      [
        'a client that has seen more than the server knows',
        [int(0), long(1n << 40n), int(4000), long(0n), buffer(null)],
      ],
      ['a request without a session', [int(1), int(4), string('/'), boolean(false)]],
    ] as const) {
      it(`closes without an answer for ${what}`, async () => {
        const client = await bed.dial()
        client.send(...message)
        expect(await client.closed).to.have.lengthOf(0)
      })
    }

    for (const [what, length] of [
      ['negative', 'ffffffff'],
      ['1,048,576 bytes long', '00100000'],
    ] as const) {
      it(`closes when a frame is ${what}`, async () => {
        const client = await bed.connected()
        client.write(Buffer.from(length, 'hex'))
        await client.closed
      })
    }

    it('reads a frame of 1,048,575 bytes', async () => {
      const client = await bed.connected()
      const data = Buffer.alloc(0xfffff - 8 - 6 - 4 - 27 - 4)
      expect(readReply(await client.ask(1, 1, create('/b', data))).error).to.equal(0)
    })

    it('answers a ping', async () => {
      const client = await bed.connected()
      expect(hex(await client.ask(-2, 11))).to.equal(header(-2, 1))
    })

    it('ends the session on request, with its ephemerals, and closes', async () => {
      const [client, observer] = [await bed.connected(), await bed.connected()]
      await client.ask(1, 1, create('/e', null, 1))
      // exists with a watch: 68 bytes of stat behind the header
      expect(await observer.ask(1, 3, string('/e'), boolean(true))).to.have.lengthOf(84)
      expect(hex(await client.ask(2, -11))).to.equal(header(2, 4))
      await client.closed
      expect(hex(await observer.next())).to.equal(event(2, '/e'))
    })
  })

  describe('four-letter words', () => {
    async function say(word: string): Promise<string> {
      const client = await bed.dial()
      client.write(Buffer.from(word))
      return (await client.closed).toString('utf8')
    }

    it('are answered and close the connection', async () => {
      expect(await say('ruok')).to.equal('imok')
      expect(await say('isro')).to.equal('rw')
      expect(await say('srst')).to.equal('Server stats reset.\n')
      expect(await say('crst')).to.equal('Connection stats reset.\n')
      expect(await say('wchs')).to.equal('0 connections watching 0 paths\nTotal watches:0\n')
    })

    it('tell of the server', async () => {
      const client = await bed.connected()
      await client.ask(1, 1, create('/a', Buffer.from('1234'), 1))
      await client.ask(2, 4, string('/a'), boolean(true))
      expect(await say('srvr')).to.match(
        /^Zookeeper version: 3\.8\.0-zurau, built on .* UTC\nLatency min\/avg\/max: \d+\/\d+\.\d+\/\d+\nReceived: 3\nSent: 3\nConnections: 2\nOutstanding: 0\nZxid: 0x2\nMode: standalone\nNode count: 6\n$/,
      )
      expect(await say('stat')).to.match(
        /\nClients:\n \/127\.0\.0\.1:\d+\[1\]\(queued=0,recved=3,sent=3\)\n[^]*\n\nLatency/,
      )
      expect(await say('cons')).to.match(
        /sid=0x1[0-9a-f]+,lop=GETD,est=\d+,to=10000,lcxid=0x2,lzxid=0x2,lresp=\d+,llat=\d+,minlat=/,
      )
      expect(await say('mntr'))
        .to.match(/zk_znode_count\t6\n/)
        .and.match(/zk_ephemerals_count\t1\n/)
        .and.match(/zk_watch_count\t1\n/)
      expect(await say('conf'))
        .to.contain(`clientPort=${bed.server.port}\n`)
        .and.contain('maxSessionTimeout=40000\n')
      expect(await say('dump')).to.match(
        /Session Sets \(1\)\/\(1\):\n1 expire at .*:\n\t0x[0-9a-f]+\n[^]*Sessions with Ephemerals \(1\):\n0x[0-9a-f]+:\n\t\/a\n/,
      )
      expect(await say('wchc')).to.match(/^0x[0-9a-f]+\n\t\/a\n\n$/)
      expect(await say('wchp')).to.match(/^\/a\n\t0x[0-9a-f]+\n\n$/)
      expect(await say('envi')).to.match(/^Environment:\nzookeeper\.version=3\.8\.0/)
      expect(await say('dirs')).to.match(/^datadir_size: 0\nlogdir_size: [1-9]\d*\n$/)
    })

    it('are not known otherwise: the connection is closed', async () => {
      expect(await say('xxxx')).to.equal('')
    })

    it('are answered only when listed, srvr always', async () => {
      await bed.start({ fourLetterWords: ['ruok'] })
      expect(await say('ruok')).to.equal('imok')
      expect(await say('srvr')).to.match(/^Zookeeper version/)
      expect(await say('mntr')).to.equal('mntr is not executed because it is not in the whitelist.\n')
    })
  })

  describe('a restart', () => {
    it('keeps znodes, sessions and the count of transactions', async () => {
      const client = await bed.dial()
      const { sessionId, password } = await client.openSession()
      await client.ask(1, 1, create('/a', Buffer.from('kept')))
      await client.ask(2, 1, create('/e', null, 1))
      await bed.start()
      const again = await bed.dial()
      expect(await again.openSession({ sessionId, password, lastZxidSeen: 3n })).to.include({ sessionId })
      expect(hex(await again.ask(3, 8, string('/'), boolean(false)))).to.contain(hex(string('e')))
      const { body } = readReply(await again.ask(4, 4, string('/a'), boolean(false)))
      expect(hex(body.subarray(0, 8))).to.equal(hex(string('kept')))
      expect(hex(await again.ask(5, 2, string('/e'), int(-1)))).to.equal(header(5, 4))
    })

    it('may forget the sessions, and with them their ephemerals', async () => {
      const client = await bed.dial()
      const { sessionId, password } = await client.openSession()
      await client.ask(1, 1, create('/e', null, 1))
      await bed.start({ forgetSessions: true })
      expect(bed.server.sessions()).to.deep.equal([])
      const again = await bed.dial()
      expect((await again.openSession({ sessionId, password })).timeoutMs).to.equal(0)
      const other = await bed.connected() // zxid 4, after the end of the session
      expect(hex(await other.ask(1, 3, string('/e'), boolean(false)))).to.equal(header(1, 4, -101))
    })

    it('in memory begins with nothing', async () => {
      await bed.start({ dataDirectory: null })
      const client = await bed.connected()
      await client.ask(1, 1, create('/a', null, 0, openAcl))
      await bed.start({ dataDirectory: null })
      expect(hex(await (await bed.connected()).ask(1, 3, string('/a'), boolean(false)))).to.equal(
        header(1, 1, -101),
      )
    })

    it('is refused to a second server on the same directory', async () => {
      const second = createEmbeddedZooKeeper({
        platform: bed.platform,
        config: { dataDirectory: bed.directory, host: '127.0.0.1', port: 0 },
      })
      let refusal: unknown
      try {
        await second.start()
        await second.stop()
      } catch (error) {
        refusal = error
      }
      expect(String(refusal)).to.contain('is used by another ZooKeeper server')
    })
  })
})
