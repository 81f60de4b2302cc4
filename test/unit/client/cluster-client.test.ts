import { expect } from 'chai'
import { ClusterClient } from '../../../src/client/cluster-client.ts'
import { TopicLeaders } from '../../../src/client/topic-leaders.ts'
import { KafkaError } from '../../../src/model/errors.ts'
import { FakeNetwork } from '../../fakes/network.ts'
import { FakePlatform } from '../../fakes/platform.ts'
import { FakeRandom } from '../../fakes/random.ts'
import { Scheduler } from '../../fakes/scheduler.ts'

function world() {
  const scheduler = new Scheduler()
  const network = new FakeNetwork({ scheduler, random: new FakeRandom('client') })
  const platform = new FakePlatform({ network, host: 'client', seed: 1 })
  const client = new ClusterClient({
    clock: platform.clock,
    network: platform.network,
    bootstrap: [{ host: 'nowhere', port: 9092 }],
    clientId: 'test',
    requestTimeoutMs: 1000,
  })
  return { scheduler, client }
}

describe('a client that has been closed', () => {
  it('does not try again what failed for the moment', async () => {
    const { scheduler, client } = world()
    let attempts = 0
    const retried = client.retrying(60_000, () => {
      attempts++
      return Promise.reject(new KafkaError('NETWORK_EXCEPTION', 'not now'))
    })
    await scheduler.advance(500)
    expect(attempts).to.be.greaterThan(2)
    client.close()
    const before = attempts
    const failure = await scheduler.until(
      retried.catch((error: unknown) => error),
      { maxMs: 5000 },
    )
    expect(failure).to.be.instanceOf(KafkaError)
    expect(attempts).to.be.at.most(before + 1)
  })

  it('does not look for the leaders of a topic any more', async () => {
    const { scheduler, client } = world()
    const leaders = new TopicLeaders({ client })
    const found = leaders.topic('orders', 60_000).catch((error: unknown) => error)
    await scheduler.advance(500)
    client.close()
    expect(await scheduler.until(found, { maxMs: 5000 })).to.be.instanceOf(KafkaError)
  })
})
