import { expect } from 'chai'
import { metadata } from '../../../src/api/metadata.ts'
import { MetadataCache } from '../../../src/metadata/metadata-cache.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { BrokerId } from '../../../src/model/ids.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { call } from '../../support/handler-call.ts'
import { tellOfTopic } from '../../support/metadata.ts'

describe('Metadata of a broker that has just started', () => {
  function ask(cache: MetadataCache, clock: FakeClock) {
    const handler = metadata({
      cache,
      clock,
      clusterId: 'c',
      autoCreate: () => Promise.reject(new Error('nobody asked for that')),
      isAutoCreateEnabled: () => false,
    })
    return call('Metadata', handler, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false })
  }

  it('waits until the controller has told of the topics', async () => {
    const [cache, clock] = [new MetadataCache(), new FakeClock()]
    const asked = ask(cache, clock)
    await clock.advance(1000)
    tellOfTopic(cache, 'orders', [[1, 2]])
    const { topics } = await asked
    expect(topics.map(({ name, errorCode }) => [name, errorName(errorCode)])).to.deep.equal([
      ['orders', 'NONE'],
    ])
  })

  it('waits for topics when a controller that takes office has told of brokers alone', async () => {
    const [cache, clock] = [new MetadataCache(), new FakeClock()]
    const asked = ask(cache, clock)
    cache.apply({ controllerId: 1 as BrokerId, brokers: [], topics: [] })
    await clock.advance(900)
    tellOfTopic(cache, 'orders', [[1, 2]])
    const { topics } = await asked
    expect(topics.map(({ errorCode }) => errorName(errorCode))).to.deep.equal(['NONE'])
  })

  it('does not wait long where there are no topics', async () => {
    const [cache, clock] = [new MetadataCache(), new FakeClock()]
    const asked = ask(cache, clock)
    cache.apply({ controllerId: 1 as BrokerId, brokers: [], topics: [] })
    await clock.advance(1000)
    expect((await asked).controllerId).to.equal(1)
  })

  it('answers with what it knows when the controller is silent for long', async () => {
    const clock = new FakeClock()
    const asked = ask(new MetadataCache(), clock)
    await clock.advance(5000)
    const { topics, controllerId } = await asked
    expect(controllerId).to.equal(-1)
    expect(topics.map(({ errorCode }) => errorName(errorCode))).to.deep.equal(['UNKNOWN_TOPIC_OR_PARTITION'])
  })
})
