import { expect } from 'chai'
import type { ZooKeeper } from '../../zk/zookeeper.ts'
import { ANY_VERSION } from '../../zk/zookeeper.ts'
import { emptyZnode, errorOf, FaultBed } from './fault-bed.ts'
import { answer, pathOf, replyFrame, TYPE } from './scripted-zookeeper.ts'
import type { ScriptedRequest } from './scripted-zookeeper.ts'
import { until } from './zookeeper-clients.ts'

/** What the client promises of queues and order, seen from the server. */
describe('the ZooKeeper client', () => {
  const bed = new FaultBed()
  const { clients } = bed
  const serve = bed.serve.bind(bed)

  describe('bounds', () => {
    it('keep requests that are sent and not answered at zookeeper.max.in.flight.requests', async () => {
      const held: ScriptedRequest[] = []
      const server = await serve({
        onRequest: (request) => (request.type === TYPE.getData ? held.push(request) : answer(request)),
      })
      const client = await clients.connect(server.connectString, { maxInFlightRequests: 10 })
      const calls = Array.from({ length: 35 }, (_, i) => client.get(`/${i}`))
      const answered: string[] = []
      let most = 0
      while (answered.length < 35) {
        await until(() => held.length > 0)
        most = Math.max(most, held.length)
        const request = held.shift()!
        answered.push(pathOf(request))
        answer(request)
      }
      await Promise.all(calls)
      expect(most).to.be.at.most(10)
      expect(answered).to.deep.equal(Array.from({ length: 35 }, (_, i) => `/${i}`))
    })

    it('refuse more waiting requests than were agreed, and no others', async () => {
      const server = await serve({ onRequest: () => undefined })
      const client = await clients.connect(server.connectString, {
        maxInFlightRequests: 1,
        maxQueuedRequests: 3,
      })
      const first = errorOf(client.get('/first'))
      await until(() => server.requests.length === 1)
      const calls = Array.from({ length: 5 }, (_, i) => errorOf(client.get(`/${i}`)))
      expect(await Promise.all(calls.slice(3))).to.deep.equal(['OVERLOADED', 'OVERLOADED'])
      await client.close()
      expect(await first).to.equal('UNKNOWN_OUTCOME')
      expect(await Promise.all(calls.slice(0, 3))).to.deep.equal(['CLOSED', 'CLOSED', 'CLOSED'])
    })

    it('refuse a request that no server would take in, a multi as well', async () => {
      const server = await serve()
      const client = await clients.connect(server.connectString, { maxRequestBytes: 1000 })
      const data = Buffer.alloc(600)
      expect(await errorOf(client.set('/a', Buffer.alloc(1000), ANY_VERSION))).to.equal('TOO_LARGE')
      const set = { kind: 'set', path: '/a', data, version: ANY_VERSION } as const
      expect(await errorOf(client.multi([set, set]))).to.equal('TOO_LARGE')
      expect(await errorOf(client.multi([set]))).to.not.equal('TOO_LARGE')
    })

    it('put the calls of one turn into one write', async () => {
      const server = await serve()
      const client = await clients.connect(server.connectString)
      const [connection] = server.connections
      const before = connection!.chunks
      await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`/${i}`)))
      expect(connection!.chunks - before).to.equal(1)
    })
  })

  it('lets a watch fire after the result of the read that set it, though both come in one chunk', async () => {
    const server = await serve({
      onRequest: (request) => {
        const { xid, type, connection } = request
        if (type !== TYPE.getData) return answer(request)
        const event = Buffer.from('0000000300000003000000022f61', 'hex')
        connection.socket.write(
          Buffer.concat([replyFrame(xid, 0, emptyZnode), replyFrame(-1, 0, event, -1n)]),
        )
      },
    })
    const client = await clients.connect(server.connectString)
    const order: string[] = []
    const read = async (zooKeeper: ZooKeeper) => {
      const found = await zooKeeper.get('/a', (event) => void order.push(event))
      await Promise.resolve()
      order.push(`result ${found?.stat.version}`)
    }
    await read(client)
    await until(() => order.length === 2)
    expect(order).to.deep.equal(['result 0', 'changed'])
  })
})
