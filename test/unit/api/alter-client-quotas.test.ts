import { expect } from 'chai'
import { alterClientQuotas } from '../../../src/api/alter-client-quotas.ts'
import { errorName } from '../../../src/model/errors.ts'
import { QuotaAdmin } from '../../../src/quota/quota-admin.ts'
import { ConfigWorld } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

type Component = readonly [type: string, name: string | null]
type Change = readonly [key: string, value: number | null]

describe('AlterClientQuotas', () => {
  let world: ConfigWorld
  const alice = { type: 'users', name: 'alice' } as const

  beforeEach(async () => {
    world = await ConfigWorld.open()
  })

  async function alter(entity: readonly Component[], changes: readonly Change[], validateOnly = false) {
    const handler = alterClientQuotas({ quotaAdmin: new QuotaAdmin(world), logger: world.logger })
    const request = {
      entries: [
        {
          entity: entity.map(([entityType, entityName]) => ({ entityType, entityName })),
          ops: changes.map(([key, value]) => ({ key, value: value ?? 0, remove: value === null })),
        },
      ],
      validateOnly,
    }
    const { entries } = await world.run(call('AlterClientQuotas', handler, request))
    return [errorName(entries[0]?.errorCode ?? -1), entries[0]?.errorMessage]
  }

  it('stores whole numbers without a point and shares with one', async () => {
    const changes = [
      ['producer_byte_rate', 1000],
      ['request_percentage', 50],
    ] as const
    expect(await alter([['user', 'alice']], changes)).to.deep.equal(['NONE', null])
    expect(await world.stored(alice)).to.deep.equal({
      producer_byte_rate: '1000',
      request_percentage: '50.0',
    })
  })

  it('leaves credentials of the user where they are, and the znode with them', async () => {
    await world.put(alice, { 'SCRAM-SHA-256': 'salt=…', producer_byte_rate: '5' })
    await alter([['user', 'alice']], [['producer_byte_rate', null]])
    expect(await world.stored(alice)).to.deep.equal({ 'SCRAM-SHA-256': 'salt=…' })
  })

  it('takes no credential away under the name of a quota', async () => {
    await world.put(alice, { 'SCRAM-SHA-256': 'salt=…' })
    await alter([['user', 'alice']], [['SCRAM-SHA-256', null]])
    expect(await world.stored(alice)).to.deep.equal({ 'SCRAM-SHA-256': 'salt=…' })
  })

  it('removes the znode of an entity without quotas', async () => {
    await alter([['client-id', 'app']], [['consumer_byte_rate', 5]])
    await alter([['client-id', 'app']], [['consumer_byte_rate', null]])
    expect(await world.run(world.zooKeeper.children('/config/clients'))).to.deep.equal([])
  })

  it('writes nothing when it is only to validate', async () => {
    await alter([['user', 'alice']], [['producer_byte_rate', 5]], true)
    expect(await world.stored(alice)).to.deep.equal({})
  })

  const refusals: [string, readonly Component[], readonly Change[]][] = [
    ['an unknown key', [['user', 'a']], [['nope', 1]]],
    ['a rate that is not whole', [['user', 'a']], [['producer_byte_rate', 1.5]]],
    ['a share that is no number', [['user', 'a']], [['request_percentage', NaN]]],
    ['no entity', [], [['producer_byte_rate', 1]]],
    ['an unknown type of entity', [['group', 'a']], [['producer_byte_rate', 1]]],
    ['an empty name', [['user', '']], [['producer_byte_rate', 1]]],
    [
      'an address together with a user',
      [
        ['ip', '127.0.0.1'],
        ['user', 'a'],
      ],
      [['producer_byte_rate', 1]],
    ],
    ['a name where an address belongs', [['ip', 'no.such.host']], [['connection_creation_rate', 1]]],
    ['a client’s quota for an address', [['ip', '127.0.0.1']], [['producer_byte_rate', 1]]],
  ]
  for (const [what, entity, changes] of refusals) {
    it(`refuses ${what}`, async () => {
      const [error, message] = await alter(entity, changes)
      expect(error).to.equal('INVALID_REQUEST')
      expect(message).to.be.a('string').and.not.equal('')
    })
  }
})
