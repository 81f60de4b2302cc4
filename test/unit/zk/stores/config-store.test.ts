import { expect } from 'chai'
import type { BrokerId } from '../../../../src/model/ids.ts'
import { ClusterStore } from '../../../../zk/stores/cluster-store.ts'
import { entityName, parseEntityName } from '../../../../zk/stores/config-entity.ts'
import type { ConfigEntity } from '../../../../zk/stores/config-entity.ts'
import { ConfigStore } from '../../../../zk/stores/config-store.ts'
import { ControllerElection } from '../../../../zk/stores/controller-election.ts'
import { ControllerMovedError } from '../../../../zk/stores/fence.ts'
import { StoreWorld } from './store-world.ts'

async function prepared() {
  const world = new StoreWorld()
  const client = world.connect()
  await world.run(() => new ClusterStore(client).createTopLevelPaths())
  const fence = await world.run(() => new ControllerElection({ ...client, broker: 1 as BrokerId }).claim())
  client.zooKeeper.take()
  return { world, client, fence, store: new ConfigStore(client) }
}

const topicAuto: ConfigEntity = { type: 'topics', name: 'auto' }
const config = (entries: Record<string, string>) => new Map(Object.entries(entries))

describe('ConfigStore', () => {
  it('writes the configuration of a new topic as Kafka does, and tells nobody', async () => {
    const { world, client, store } = await prepared()
    await world.run(() => store.write(topicAuto, new Map()))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller version 0; error NONODE ]',
      'create /config/topics/auto = {"version":1,"config":{}}',
    ])
  })

  it('changes and empties the configuration of a topic as Kafka does', async () => {
    const { world, client, store } = await prepared()
    await world.run(() => store.write(topicAuto, new Map()))
    client.zooKeeper.take()
    const changed = config({ 'cleanup.policy': 'compact,delete', 'retention.ms': '1000000' })
    await world.run(() => store.change(topicAuto, changed))
    await world.run(() => store.change(topicAuto, new Map()))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller version 0; setData /config/topics/auto = {"version":1,"config":{"cleanup.policy":"compact,delete","retention.ms":"1000000"}}   [now version 1] ]',
      'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"topics/auto"}',
      'multi[ check /controller version 0; setData /config/topics/auto = {"version":1,"config":{}}   [now version 2] ]',
      'create /config/changes/config_change_0000000001 = {"version":2,"entity_path":"topics/auto"}',
    ])
  })

  for (const [what, entity, entries, lines] of [
    [
      'a broker',
      { type: 'brokers', name: '1' },
      { 'log.cleaner.threads': '2' },
      [
        'create /config/brokers/1 = {"version":1,"config":{"log.cleaner.threads":"2"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"brokers/1"}',
      ],
    ],
    [
      'all brokers',
      { type: 'brokers', name: null },
      { 'log.retention.ms': '86400000' },
      [
        'create /config/brokers/<default> = {"version":1,"config":{"log.retention.ms":"86400000"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"brokers/<default>"}',
      ],
    ],
    [
      'a user',
      { type: 'users', name: 'al ice/1' },
      { producer_byte_rate: '1000' },
      [
        'create /config/users/al%20ice%2F1 = {"version":1,"config":{"producer_byte_rate":"1000"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"users/al%20ice%2F1"}',
      ],
    ],
    [
      'a client',
      { type: 'clients', name: 'c1' },
      { consumer_byte_rate: '2000' },
      [
        'create /config/clients/c1 = {"version":1,"config":{"consumer_byte_rate":"2000"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"clients/c1"}',
      ],
    ],
    [
      'an address',
      { type: 'ips', name: '10.0.0.1' },
      { connection_creation_rate: '5' },
      [
        'create /config/ips/10.0.0.1 = {"version":1,"config":{"connection_creation_rate":"5"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"ips/10.0.0.1"}',
      ],
    ],
    [
      'all clients of all users',
      { type: 'user-clients', user: null, client: null },
      { producer_byte_rate: '3000' },
      [
        'error NONODE',
        'error NONODE',
        'create /config/users/<default> = null',
        'create /config/users/<default>/clients = null',
        'create /config/users/<default>/clients/<default> = {"version":1,"config":{"producer_byte_rate":"3000"}}',
        'create /config/changes/config_change_0000000000 = {"version":2,"entity_path":"users/<default>/clients/<default>"}',
      ],
    ],
  ] as const satisfies readonly (readonly [
    string,
    ConfigEntity,
    Record<string, string>,
    readonly string[],
  ])[]) {
    it(`gives ${what} a configuration as Kafka does`, async () => {
      const { world, client, store } = await prepared()
      await world.run(() => store.change(entity, config(entries)))
      expect(client.zooKeeper.take()).to.deep.equal([
        'multi[ check /controller version 0; error NONODE ]',
        ...lines,
      ])
      expect(await world.run(() => store.read(entity))).to.deep.equal(config(entries))
    })
  }

  it('gives a user without settings of its own some beside its clients', async () => {
    const { world, client, store } = await prepared()
    await world.run(() =>
      store.change({ type: 'user-clients', user: null, client: null }, config({ a: '1' })),
    )
    client.zooKeeper.take()
    await world.run(() => store.change({ type: 'users', name: null }, config({ producer_byte_rate: '4000' })))
    expect(client.zooKeeper.take()[0]).to.equal(
      'multi[ check /controller version 0; setData /config/users/<default> = {"version":1,"config":{"producer_byte_rate":"4000"}}   [now version 1] ]',
    )
  })

  it('deletes the znode of a quota that is emptied, without a guard, as Kafka does', async () => {
    const { world, client, store } = await prepared()
    await world.run(() =>
      store.change({ type: 'clients', name: 'c1' }, config({ consumer_byte_rate: '2000' })),
    )
    client.zooKeeper.take()
    await world.run(() => store.change({ type: 'clients', name: 'c1' }, new Map()))
    expect(client.zooKeeper.take()).to.deep.equal([
      'delete /config/clients/c1',
      'create /config/changes/config_change_0000000001 = {"version":2,"entity_path":"clients/c1"}',
    ])
  })

  it("deletes the levels above a user's last client when they are empty", async () => {
    const { world, client, store } = await prepared()
    const entity: ConfigEntity = { type: 'user-clients', user: 'u', client: 'c' }
    await world.run(() => store.change(entity, config({ request_percentage: '12.5' })))
    client.zooKeeper.take()
    await world.run(() => store.change(entity, new Map()))
    expect(client.zooKeeper.take().slice(0, 3)).to.deep.equal([
      'delete /config/users/u/clients/c',
      'delete /config/users/u/clients',
      'delete /config/users/u',
    ])
  })

  it('keeps a user who has settings, or other clients', async () => {
    const { world, store } = await prepared()
    const entity: ConfigEntity = { type: 'user-clients', user: 'u', client: 'c' }
    await world.run(() => store.change(entity, config({ a: '1' })))
    await world.run(() => store.change({ type: 'users', name: 'u' }, config({ b: '2' })))
    await world.run(() => store.change(entity, new Map()))
    expect(world.text('/config/users/u/clients')).to.equal(undefined)
    expect(world.text('/config/users/u')).to.include('"b":"2"')
  })

  it('empties a user who has clients with settings', async () => {
    const { world, store } = await prepared()
    await world.run(() => store.change({ type: 'user-clients', user: 'u', client: 'c' }, config({ a: '1' })))
    await world.run(() => store.change({ type: 'users', name: 'u' }, config({ b: '2' })))
    await world.run(() => store.change({ type: 'users', name: 'u' }, new Map()))
    expect(world.text('/config/users/u')).to.equal('{"version":1,"config":{}}')
    expect(world.text('/config/users/u/clients/c')).to.include('"a":"1"')
  })

  it('writes nothing when there is no controller, or one of KRaft', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() => new ClusterStore(client).createTopLevelPaths())
    const store = new ConfigStore(client)
    expect(await world.failure(() => store.write(topicAuto, new Map()))).to.be.instanceOf(
      ControllerMovedError,
    )
    const kraft = Buffer.from('{"version":2,"brokerid":3000,"timestamp":"1","kraftControllerEpoch":5}')
    await world.run(() => client.zooKeeper.create('/controller', kraft))
    expect(await world.failure(() => store.write(topicAuto, new Map()))).to.be.instanceOf(
      ControllerMovedError,
    )
    expect(world.text('/config/topics/auto')).to.equal(undefined)
  })

  it('writes nothing past a controller that has changed meanwhile', async () => {
    const { world, client, store } = await prepared()
    await world.run(() => store.write(topicAuto, new Map()))
    const read = client.zooKeeper.get.bind(client.zooKeeper)
    client.zooKeeper.get = async (path, watcher) => {
      const found = await read(path, watcher)
      await client.zooKeeper.set('/controller', found?.data ?? null, -1)
      return found
    }
    const error = await world.failure(() => store.write(topicAuto, config({ a: '1' })))
    expect(error).to.be.instanceOf(ControllerMovedError)
    expect(world.text('/config/topics/auto')).to.equal('{"version":1,"config":{}}')
  })

  it('needs no controller when it is told so', async () => {
    const world = new StoreWorld()
    const client = world.connect()
    await world.run(() =>
      new ConfigStore({ ...client, isGuarded: false }).write(topicAuto, config({ a: '1' })),
    )
    expect(client.zooKeeper.take()).to.deep.equal([
      'error NONODE',
      'error NONODE',
      'error NONODE',
      'create /config = null',
      'create /config/topics = null',
      'create /config/topics/auto = {"version":1,"config":{"a":"1"}}',
    ])
  })

  it('deletes the configuration of a topic in the name of the controller', async () => {
    const { world, client, fence, store } = await prepared()
    await world.run(() => store.write(topicAuto, new Map()))
    client.zooKeeper.take()
    await world.run(() => store.deleteFenced(fence, topicAuto))
    await world.run(() => store.deleteFenced(fence, topicAuto))
    expect(client.zooKeeper.take()).to.deep.equal([
      'multi[ check /controller_epoch version 1; delete /config/topics/auto ]',
      'multi[ check /controller_epoch version 1; error NONODE ]',
    ])
  })

  it('reads an entity that is not there as one without settings', async () => {
    const { world, store } = await prepared()
    expect(await world.run(() => store.read({ type: 'topics', name: 'nope' }))).to.deep.equal(new Map())
  })

  it('reads all entities of a type, users with their clients', async () => {
    const { world, store } = await prepared()
    const entities: ConfigEntity[] = [
      { type: 'users', name: null },
      { type: 'users', name: 'u 1' },
      { type: 'user-clients', user: 'u 1', client: null },
      { type: 'user-clients', user: 'only clients', client: 'c/1' },
    ]
    for (const [i, entity] of entities.entries()) {
      await world.run(() => store.change(entity, config({ a: String(i) })))
    }
    const found = await world.run(() => store.readAll('users'))
    const byName = new Map(
      found.map(({ entity, config: settings }) => [entityName(entity), settings.get('a')]),
    )
    expect(byName).to.deep.equal(
      new Map([
        ['users/<default>', '0'],
        ['users/only%20clients', undefined],
        ['users/u%201', '1'],
        ['users/only%20clients/clients/c%2F1', '3'],
        ['users/u%201/clients/<default>', '2'],
      ]),
    )
  })
})

describe('the name of an entity in a notification', () => {
  for (const [name, entity] of [
    ['topics/a.b', { type: 'topics', name: 'a.b' }],
    ['brokers/1', { type: 'brokers', name: '1' }],
    ['brokers/<default>', { type: 'brokers', name: null }],
    ['clients/c%2F1', { type: 'clients', name: 'c/1' }],
    ['ips/<default>', { type: 'ips', name: null }],
    ['users/al%20ice', { type: 'users', name: 'al ice' }],
    ['users/al%20ice/clients/<default>', { type: 'user-clients', user: 'al ice', client: null }],
  ] as const satisfies readonly (readonly [string, ConfigEntity])[]) {
    it(`is ${name}`, () => {
      expect(entityName(entity)).to.equal(name)
      expect(parseEntityName(name)).to.deep.equal(entity)
    })
  }

  it('is refused when its type is unknown', () => {
    expect(parseEntityName('client-metrics/x')).to.equal(null)
    expect(parseEntityName('topics/a/b')).to.equal(null)
  })
})
