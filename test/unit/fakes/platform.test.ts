import { expect } from 'chai'
import { sleep } from '../../../src/platform/clock.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakePlatform } from '../../fakes/platform.ts'

describe('the fake platform', () => {
  it('stands alone for a unit test', async () => {
    const platform = new FakePlatform()
    platform.disk.makeDirectory('/data')
    platform.logger.child('test').info('ready', { answer: 42 })
    await platform.clock.until(sleep(platform.clock, 10))
    expect(platform.logger.lines).to.deep.equal([
      { level: 'info', component: 'test', message: 'ready', details: { answer: 42 } },
    ])
    expect(platform.logger.messages('info')).to.deep.equal(['ready'])
    expect(platform.network.hostName()).to.equal('localhost')
  })

  it('draws other chances for every process and every life', () => {
    const network = new FakeNetwork()
    const one = new FakePlatform({ network, host: 'one' })
    const other = new FakePlatform({ network, host: 'other' })
    const again = one.restart()
    const draws = [one, other, again].map((platform) => platform.random.bytes(8).toString('hex'))
    expect(new Set(draws).size).to.equal(3)
    expect(new FakePlatform({ host: 'one' }).random.bytes(8).toString('hex')).to.equal(draws[0])
  })

  for (const death of ['kill', 'crash'] as const) {
    it(`has a next life after a ${death}, with the disk of the one before and nothing else of it`, async () => {
      const network = new FakeNetwork()
      const first = new FakePlatform({ network, host: 'broker-1' })
      const file = first.disk.open('/log', { mode: 'create' })
      file.write([Buffer.from('durable')], 0)
      await first.clock.until(Promise.all([file.sync(), first.disk.syncDirectory('/')]))
      expect(first.disk.lock('/.lock')).to.have.property('release')
      await first.network.listen({ host: '', port: 9092 }, () => undefined)
      let ticks = 0
      first.clock.after(5, () => ticks++)
      first[death]()

      const second = first.restart()
      expect(second.disk.readSmallFile('/log').toString()).to.equal('durable')
      expect(second.disk.lock('/.lock')).to.have.property('release')
      await second.network.listen({ host: '', port: 9092 }, () => undefined)
      await second.clock.advance(10)
      expect(ticks).to.equal(0)
      expect(() => first.disk.list('/')).to.throw('dead')
      expect(() => file.sizeBytes()).to.throw('dead')
    })
  }

  it('lets go of everything a process held, in a world of thousands of streams', async () => {
    const network = new FakeNetwork()
    const server = new FakePlatform({ network, host: 'server' })
    const client = new FakePlatform({ network, host: 'client' })
    const { port } = await server.network.listen({ host: '', port: 0 }, (stream) =>
      stream.start({
        onData: () => undefined,
        onDrain: () => undefined,
        onEnd: () => stream.end(),
        onClose: () => undefined,
      }),
    )
    for (let i = 0; i < 2000; i++) {
      const stream = await network.scheduler.until(
        client.network.dial({ host: 'server', port, timeoutMs: 1000 }),
      )
      stream.start({
        onData: () => undefined,
        onDrain: () => undefined,
        onEnd: () => undefined,
        onClose: () => undefined,
      })
      stream.end()
      await network.scheduler.advance(1)
    }
    expect(network.openStreams).to.equal(0)
    expect(network.scheduler.eventsWaiting).to.equal(0)
  })
})
