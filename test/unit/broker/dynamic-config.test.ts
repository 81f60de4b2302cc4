import { expect } from 'chai'
import { DynamicConfig } from '../../../src/broker/dynamic-config.ts'
import { ConfigWorld, SELF } from '../../support/config-world.ts'

const PASSWORD = 'listener.name.tls.ssl.keystore.password'
const own = { type: 'brokers', name: `${SELF}` } as const

describe('DynamicConfig', () => {
  function dynamicConfig(world: ConfigWorld): DynamicConfig {
    return new DynamicConfig({ ...world, self: SELF })
  }

  /** What a broker with this secret has stored. */
  async function storedPassword(secret: string): Promise<string> {
    const world = await ConfigWorld.open({ 'password.encoder.secret': secret })
    const entries = [{ name: PASSWORD, configOperation: 0, value: 'open sesame' }]
    await world.run(world.configAdmin.alterBroker(`${SELF}`, { kind: 'incremental', entries }, false))
    return (await world.stored(own))[PASSWORD] ?? ''
  }

  it('lays what all brokers have under what this one has', async () => {
    const world = await ConfigWorld.open()
    await world.put(
      { type: 'brokers', name: null },
      { 'message.max.bytes': '1000', 'log.cleaner.threads': '2' },
    )
    await world.put(own, { 'message.max.bytes': '2000' })
    await world.run(dynamicConfig(world).load())
    expect(world.config.get('message.max.bytes')).to.equal(2000)
    expect(world.config.get('log.cleaner.threads')).to.equal(2)
  })

  it('is not concerned with another broker', async () => {
    const world = await ConfigWorld.open()
    const dynamic = dynamicConfig(world)
    await world.run(dynamic.load())
    await world.put({ type: 'brokers', name: '9' }, { 'message.max.bytes': '2000' })
    await world.run(dynamic.refresh('9'))
    expect(world.config.get('message.max.bytes')).to.equal(1_048_588)
  })

  it('takes over a change, and what is taken away', async () => {
    const world = await ConfigWorld.open()
    const dynamic = dynamicConfig(world)
    await world.run(dynamic.load())
    await world.put(own, { 'message.max.bytes': '2000' })
    await world.run(dynamic.refresh(own.name))
    expect(world.config.get('message.max.bytes')).to.equal(2000)
    await world.put(own, {})
    await world.run(dynamic.refresh(own.name))
    expect(world.config.get('message.max.bytes')).to.equal(1_048_588)
  })

  it('leaves out what cannot be, and says so', async () => {
    const world = await ConfigWorld.open()
    await world.put(own, { 'message.max.bytes': 'plenty', 'log.cleaner.threads': '2' })
    await world.run(dynamicConfig(world).load())
    expect(world.config.get('log.cleaner.threads')).to.equal(2)
    expect(world.logger.messages('error')).to.deep.equal([
      'the dynamic setting message.max.bytes is not used',
    ])
  })

  it('has passwords in clear text', async () => {
    const stored = await storedPassword('first secret')
    const world = await ConfigWorld.open({ 'password.encoder.secret': 'first secret' })
    await world.put(own, { [PASSWORD]: stored })
    await world.run(dynamicConfig(world).load())
    expect(world.config.current.texts.get(PASSWORD)).to.equal('open sesame')
  })

  it('runs without a password that it cannot decrypt', async () => {
    const stored = await storedPassword('first secret')
    const world = await ConfigWorld.open({ 'password.encoder.secret': 'another secret' })
    await world.put(own, { [PASSWORD]: stored, 'log.cleaner.threads': '2' })
    await world.run(dynamicConfig(world).load())
    expect(world.config.current.texts.has(PASSWORD)).to.equal(false)
    expect(world.config.get('log.cleaner.threads')).to.equal(2)
  })

  it('encrypts passwords anew when the secret has changed and the old one is told', async () => {
    const stored = await storedPassword('first secret')
    const secrets = {
      'password.encoder.secret': 'second secret',
      'password.encoder.old.secret': 'first secret',
    }
    const world = await ConfigWorld.open(secrets)
    await world.put(own, { [PASSWORD]: stored })
    await world.run(dynamicConfig(world).load())
    expect(world.config.current.texts.get(PASSWORD)).to.equal('open sesame')

    const next = await ConfigWorld.open({ 'password.encoder.secret': 'second secret' })
    await next.put(own, await world.stored(own))
    await next.run(dynamicConfig(next).load())
    expect(next.config.current.texts.get(PASSWORD)).to.equal('open sesame')
  })
})
