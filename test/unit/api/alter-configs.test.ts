import { expect } from 'chai'
import { alterConfigs } from '../../../src/api/alter-configs.ts'
import { errorName } from '../../../src/model/errors.ts'
import { ConfigWorld, SELF } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

const TOPIC = 2
const BROKER = 4
const CLIENT_METRICS = 16

interface Resource {
  readonly type: number
  readonly name: string
  readonly configs?: Readonly<Record<string, string | null>>
}

async function alter(world: ConfigWorld, resources: readonly Resource[], validateOnly = false) {
  const handler = alterConfigs(world)
  const request = {
    resources: resources.map(({ type, name, configs = {} }) => ({
      resourceType: type,
      resourceName: name,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
    validateOnly,
  }
  const { responses } = await world.run(call('AlterConfigs', handler, request))
  return responses.map(({ errorCode, errorMessage }) => [errorName(errorCode), errorMessage])
}

describe('AlterConfigs', () => {
  let world: ConfigWorld
  const orders = { type: 'topics', name: 'orders' } as const

  beforeEach(async () => {
    world = await ConfigWorld.open()
    world.addTopic('orders')
  })

  it('replaces all that a topic says', async () => {
    await world.put(orders, { 'retention.ms': '1', 'segment.bytes': '5000' })
    const answers = await alter(world, [{ type: TOPIC, name: 'orders', configs: { 'retention.ms': '2' } }])
    expect(answers).to.deep.equal([['NONE', null]])
    expect(await world.stored(orders)).to.deep.equal({ 'retention.ms': '2' })
  })

  it('only says what would happen when asked for that', async () => {
    await alter(world, [{ type: TOPIC, name: 'orders', configs: { 'retention.ms': '2' } }], true)
    expect(await world.stored(orders)).to.deep.equal({})
  })

  it('refuses a resource that is named twice, both times, and alters the others', async () => {
    world.addTopic('payments')
    const answers = await alter(world, [
      { type: TOPIC, name: 'orders', configs: { 'retention.ms': '2' } },
      { type: TOPIC, name: 'payments', configs: { 'retention.ms': '3' } },
      { type: TOPIC, name: 'orders', configs: { 'retention.ms': '4' } },
    ])
    const twice = ['INVALID_REQUEST', 'Each resource must appear at most once.']
    expect(answers).to.deep.equal([twice, ['NONE', null], twice])
    expect(await world.stored(orders)).to.deep.equal({})
    expect(await world.stored({ type: 'topics', name: 'payments' })).to.deep.equal({ 'retention.ms': '3' })
  })

  it('refuses a topic that is not there', async () => {
    const [answer] = await alter(world, [{ type: TOPIC, name: 'ghost', configs: {} }])
    expect(answer).to.deep.equal(['UNKNOWN_TOPIC_OR_PARTITION', "The topic 'ghost' does not exist."])
  })

  it('refuses a value that cannot be, and leaves what was there', async () => {
    await world.put(orders, { 'retention.ms': '1' })
    const [answer] = await alter(world, [
      { type: TOPIC, name: 'orders', configs: { 'retention.ms': 'soon' } },
    ])
    expect(answer?.[0]).to.equal('INVALID_CONFIG')
    expect(await world.stored(orders)).to.deep.equal({ 'retention.ms': '1' })
  })

  it('changes this broker by its id and all brokers by the empty name', async () => {
    const configs = { 'log.cleaner.threads': '2' }
    await alter(world, [
      { type: BROKER, name: `${SELF}`, configs },
      { type: BROKER, name: '', configs },
    ])
    expect(await world.stored({ type: 'brokers', name: `${SELF}` })).to.deep.equal(configs)
    expect(await world.stored({ type: 'brokers', name: null })).to.deep.equal(configs)
  })

  it('refuses another broker, and keys that a running broker cannot change', async () => {
    const answers = await alter(world, [
      { type: BROKER, name: '9', configs: {} },
      { type: BROKER, name: `${SELF}`, configs: { 'zookeeper.connect': 'elsewhere:2181' } },
    ])
    expect(answers).to.deep.equal([
      ['INVALID_REQUEST', 'Unexpected broker id, expected 1, but received 9'],
      ['INVALID_REQUEST', 'Cannot update these configs dynamically: Set(zookeeper.connect)'],
    ])
  })

  it('has no configuration for client metrics without KRaft', async () => {
    const [answer] = await alter(world, [{ type: CLIENT_METRICS, name: 'm', configs: { x: '1' } }])
    expect(answer?.[0]).to.equal('INVALID_REQUEST')
  })
})
