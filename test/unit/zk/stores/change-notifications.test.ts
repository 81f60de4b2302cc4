import { expect } from 'chai'
import { ChangeNotifications, writeNotification } from '../../../../zk/stores/change-notifications.ts'
import { storeContext } from '../../../../zk/stores/store-context.ts'
import { configChange } from '../../../../zk/znodes/config.ts'
import type { StoreClient } from './store-world.ts'
import { StoreWorld } from './store-world.ts'

const MINUTE_MS = 60_000

function listenerOf(client: StoreClient, onNotification?: (entity: string) => void | Promise<void>) {
  const seen: string[] = []
  const notifications = new ChangeNotifications({
    ...client,
    znode: configChange,
    onNotification: async (entity) => {
      await onNotification?.(entity)
      seen.push(entity)
    },
  })
  return { seen, notifications }
}

const announce = (client: StoreClient, entity: string) =>
  writeNotification(storeContext(client), configChange, entity)

describe('ChangeNotifications', () => {
  it('handles all that is there at the start, in the order of the numbers', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    for (let i = 0; i < 12; i++) await world.run(() => announce(client, `topics/t${i}`))
    const { seen, notifications } = listenerOf(world.connect())
    await world.run(() => notifications.start())
    expect(seen).to.deep.equal(Array.from({ length: 12 }, (_, i) => `topics/t${i}`))
    await world.run(() => notifications.stop())
  })

  it('handles each new one once, in every listener', async () => {
    const world = new StoreWorld()
    const writer = world.connect()
    const [one, other] = [listenerOf(world.connect()), listenerOf(world.connect())]
    await world.run(() => announce(writer, 'topics/a'))
    await world.run(() => Promise.all([one.notifications.start(), other.notifications.start()]))
    await world.run(() => announce(writer, 'topics/b'))
    await world.run(() => announce(writer, 'brokers/<default>'))
    await world.pass(100)
    for (const { seen, notifications } of [one, other]) {
      expect(seen).to.deep.equal(['topics/a', 'topics/b', 'brokers/<default>'])
      await world.run(() => notifications.stop())
    }
  })

  it('does not overtake a slow handler', async () => {
    const world = new StoreWorld()
    const writer = world.connect()
    await world.run(() => announce(writer, 'topics/first'))
    const { seen, notifications } = listenerOf(world.connect(), (entity) =>
      entity === 'topics/first' ? new Promise((resolve) => world.clock.after(5000, resolve)) : undefined,
    )
    const started = notifications.start()
    await world.run(() => announce(writer, 'topics/second'))
    expect(seen).to.deep.equal([])
    await world.run(() => started)
    await world.pass(100)
    expect(seen).to.deep.equal(['topics/first', 'topics/second'])
    await world.run(() => notifications.stop())
  })

  it('goes on after one that makes no sense, and one whose handler fails', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => announce(client, 'topics/a'))
    await world.run(() =>
      client.zooKeeper.create('/config/changes/config_change_', Buffer.from('{'), {
        mode: 'persistent-sequential',
      }),
    )
    await world.run(() => announce(client, 'topics/fails'))
    await world.run(() => announce(client, 'topics/b'))
    const { seen, notifications } = listenerOf(client, (entity) => {
      if (entity === 'topics/fails') throw new Error('no')
    })
    await world.run(() => notifications.start())
    expect(seen).to.deep.equal(['topics/a', 'topics/b'])
    expect(world.logger.messages('error')).to.deep.equal([
      'the notification /config/changes/config_change_0000000001 was not handled',
      'the notification /config/changes/config_change_0000000002 was not handled',
    ])
    await world.run(() => notifications.stop())
  })

  it('passes over children that are none of the row', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => announce(client, 'topics/a'))
    await world.run(() => client.zooKeeper.create('/config/changes/other', Buffer.from('x')))
    const { seen, notifications } = listenerOf(client)
    await world.run(() => notifications.start())
    expect(seen).to.deep.equal(['topics/a'])
    await world.run(() => notifications.stop())
  })

  it('removes those that are older than 15 minutes when the next one comes', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    const { notifications } = listenerOf(client)
    await world.run(() => announce(client, 'topics/old'))
    await world.run(() => notifications.start())
    await world.pass(10 * MINUTE_MS)
    await world.run(() => announce(client, 'topics/younger'))
    await world.pass(6 * MINUTE_MS)
    expect(world.text('/config/changes/config_change_0000000000')).to.be.a('string')
    await world.run(() => announce(client, 'topics/new'))
    await world.pass(100)
    expect(world.text('/config/changes/config_change_0000000000')).to.equal(undefined)
    expect(world.text('/config/changes/config_change_0000000001')).to.be.a('string')
    await world.run(() => notifications.stop())
  })

  it('misses nothing that comes while its session is replaced', async () => {
    const world = new StoreWorld()
    const [writer, reader] = [world.connect(), world.connect()]
    await world.run(() => announce(writer, 'topics/a'))
    const { seen, notifications } = listenerOf(reader)
    await world.run(() => notifications.start())
    world.service.expire(reader.fake)
    await world.run(() => announce(writer, 'topics/b'))
    await world.pass(5000)
    expect(seen).to.deep.equal(['topics/a', 'topics/b'])
    await world.run(() => announce(writer, 'topics/c'))
    await world.pass(100)
    expect(seen).to.deep.equal(['topics/a', 'topics/b', 'topics/c'])
    await world.run(() => notifications.stop())
  })

  it('hears nothing any more when it is stopped', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => announce(client, 'topics/a'))
    const { seen, notifications } = listenerOf(client)
    await world.run(() => notifications.start())
    await world.run(() => notifications.stop())
    await world.run(() => announce(client, 'topics/b'))
    await world.pass(100)
    expect(seen).to.deep.equal(['topics/a'])
  })

  it('writes a notification at least once when an answer is lost', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => announce(client, 'topics/a'))
    world.service.loseNextReply(client.fake)
    await world.run(() => announce(client, 'topics/b'))
    const { seen, notifications } = listenerOf(client)
    await world.run(() => notifications.start())
    expect(seen).to.deep.equal(['topics/a', 'topics/b', 'topics/b'])
    await world.run(() => notifications.stop())
  })
})
