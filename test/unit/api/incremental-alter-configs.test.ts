import { expect } from 'chai'
import { incrementalAlterConfigs } from '../../../src/api/incremental-alter-configs.ts'
import type { LoggerLevel } from '../../../src/config/loggers.ts'
import { errorName } from '../../../src/model/errors.ts'
import { ConfigWorld, SELF } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

const TOPIC = 2
const BROKER = 4
const BROKER_LOGGER = 8
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

type Entry = readonly [name: string, operation: number, value: string | null]

describe('IncrementalAlterConfigs', () => {
  let world: ConfigWorld
  let changed: Map<string, LoggerLevel | null>
  const orders = { type: 'topics', name: 'orders' } as const
  const own = { type: 'brokers', name: `${SELF}` } as const

  beforeEach(async () => {
    world = await ConfigWorld.open({ 'password.encoder.secret': 'a-secret-of-the-cluster' })
    world.addTopic('orders')
    changed = new Map()
  })

  async function alter(
    resourceType: number,
    resourceName: string,
    entries: readonly Entry[],
    validateOnly = false,
  ) {
    const loggers = {
      levels: () => new Map<string, LoggerLevel>([['root', 'INFO']]),
      change: (levels: ReadonlyMap<string, LoggerLevel | null>) => void (changed = new Map(levels)),
    }
    const configs = entries.map(([name, configOperation, value]) => ({ name, configOperation, value }))
    const handler = incrementalAlterConfigs({ ...world, self: SELF, loggers })
    const request = { resources: [{ resourceType, resourceName, configs }], validateOnly }
    const { responses } = await world.run(call('IncrementalAlterConfigs', handler, request))
    return [errorName(responses[0]?.errorCode ?? -1), responses[0]?.errorMessage]
  }

  it('sets one value and leaves the others', async () => {
    await world.put(orders, { 'retention.ms': '1' })
    expect(await alter(TOPIC, 'orders', [['segment.bytes', SET, '5000']])).to.deep.equal(['NONE', null])
    expect(await world.stored(orders)).to.deep.equal({ 'retention.ms': '1', 'segment.bytes': '5000' })
  })

  it('takes a value away', async () => {
    await world.put(orders, { 'retention.ms': '1', 'segment.bytes': '5000' })
    await alter(TOPIC, 'orders', [['retention.ms', DELETE, null]])
    expect(await world.stored(orders)).to.deep.equal({ 'segment.bytes': '5000' })
  })

  it('appends to lists and subtracts from them', async () => {
    await alter(TOPIC, 'orders', [['cleanup.policy', APPEND, 'compact']])
    expect(await world.stored(orders)).to.deep.equal({ 'cleanup.policy': 'delete,compact' })
    await alter(TOPIC, 'orders', [['cleanup.policy', SUBTRACT, 'delete']])
    expect(await world.stored(orders)).to.deep.equal({ 'cleanup.policy': 'compact' })
  })

  it('tells every broker of a change', async () => {
    await alter(TOPIC, 'orders', [['retention.ms', SET, '1']])
    const changes = await world.run(world.zooKeeper.children('/config/changes'))
    expect(changes).to.deep.equal(['config_change_0000000000'])
  })

  it('writes nothing when it is only to validate', async () => {
    expect(await alter(TOPIC, 'orders', [['retention.ms', SET, '1']], true)).to.deep.equal(['NONE', null])
    expect(await world.stored(orders)).to.deep.equal({})
    expect(await world.run(world.zooKeeper.children('/config/changes'))).to.deep.equal([])
  })

  it('keeps passwords encrypted', async () => {
    const name = 'listener.name.tls.ssl.keystore.password'
    expect(await alter(BROKER, `${SELF}`, [[name, SET, 'open sesame']])).to.deep.equal(['NONE', null])
    const { [name]: text = '' } = await world.stored(own)
    expect(text).to.include('encryptedPassword:').and.not.include('sesame')
  })

  it('does not store a password without a secret to encrypt it with', async () => {
    world = await ConfigWorld.open()
    const [error, message] = await alter(BROKER, `${SELF}`, [
      ['listener.name.tls.ssl.keystore.password', SET, 'open sesame'],
    ])
    expect(error).to.equal('INVALID_CONFIG')
    expect(message).to.include('Password encoder secret not configured')
  })

  it('refuses an operation that it does not know', async () => {
    const answer = await alter(TOPIC, 'orders', [['retention.ms', 7, '1']])
    expect(answer).to.deep.equal(['INVALID_REQUEST', 'Unknown operations type 7'])
  })

  it('changes the level of a logger, and gives it back to the root', async () => {
    await alter(BROKER_LOGGER, `${SELF}`, [['root', SET, 'DEBUG']])
    expect([...changed]).to.deep.equal([['root', 'DEBUG']])
  })

  it('only checks log levels when it is only to validate', async () => {
    await alter(BROKER_LOGGER, `${SELF}`, [['root', SET, 'DEBUG']], true)
    expect(changed.size).to.equal(0)
  })

  it('has no loggers of another broker', async () => {
    const [error] = await alter(BROKER_LOGGER, '9', [['root', SET, 'DEBUG']])
    expect(error).to.equal('INVALID_REQUEST')
  })
})
