import { expect } from 'chai'
import { NetworkError } from '../../src/platform/network.ts'
import { testAdoption } from '../../src/platform/node/adopted-socket.ts'
import { NetworkBench, networkSubjects } from './network-subjects.ts'

async function refused(promise: Promise<unknown>): Promise<NetworkError> {
  const error: unknown = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).to.be.instanceOf(NetworkError)
  return error as NetworkError
}

for (const [name, make] of Object.entries(networkSubjects)) {
  describe(`listening and dialling on the ${name} network`, () => {
    const bench = new NetworkBench(make)

    it('binds a free port when asked for 0, and says which', async () => {
      const { port, host } = await bench.listen(() => undefined)
      expect(port).to.be.within(1, 65_535)
      expect(host).to.equal(bench.subject.host)
      const stream = bench.follow(await bench.dial(port)).stream
      expect(stream.remotePort).to.equal(port)
    })

    it('tells both ends the same addresses', async () => {
      const { client, server } = await bench.open()
      expect(client.stream.localAddress).to.equal(server.stream.remoteAddress)
      expect(client.stream.localPort).to.equal(server.stream.remotePort)
      expect(client.stream.remoteAddress).to.equal(server.stream.localAddress)
      expect(client.stream.remotePort).to.equal(server.stream.localPort)
      expect(client.stream.remoteAddress).to.match(/^\d+\.\d+\.\d+\.\d+$/)
    })

    it('refuses a port that is taken', async () => {
      const { port } = await bench.listen(() => undefined)
      const error = await refused(
        bench.subject.server.listen({ host: bench.subject.host, port }, () => undefined),
      )
      expect(error.code).to.equal('EADDRINUSE')
      expect(error.message).to.contain(String(port))
    })

    it('is refused where nobody listens', async () => {
      const listener = await bench.listen(() => undefined)
      await listener.close()
      const error = await refused(bench.dial(listener.port))
      expect(error.code).to.equal('ECONNREFUSED')
      expect(error.message).to.contain(String(listener.port))
    })

    it('does not find a host that does not exist', async () => {
      const error = await refused(
        bench.settle(bench.subject.client.dial({ host: 'no-such-host.invalid', port: 1, timeoutMs: 5000 })),
      )
      // A resolver that cannot be reached has other words for it.
      expect(error.code).to.be.oneOf(['ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'])
    })

    it('gives up on silence when the time is up', async () => {
      const where = await bench.subject.silence()
      const error = await refused(bench.settle(bench.subject.client.dial({ ...where, timeoutMs: 30 })))
      expect(error.code).to.equal('ETIMEDOUT')
      expect(error.message).to.contain('30 ms')
    })

    it('leaves open streams open when it stops listening, and the port to others', async () => {
      const { client, server } = await bench.opened()
      const [listener] = bench.listeners
      await listener!.close()
      await listener!.close()
      expect((await refused(bench.dial(listener!.port))).code).to.equal('ECONNREFUSED')
      client.write('still here')
      await bench.settle(server.until(() => server.text === 'still here'))
      await bench.listen(() => undefined, listener!.port)
    })

    it('has a name for the machine', () => {
      expect(bench.subject.server.hostName()).to.be.a('string').and.not.equal('')
    })
  })
}

describe('sharing one receive buffer', () => {
  it('works on this version of Node', async () => {
    expect(await testAdoption()).to.equal(true)
  })
})
