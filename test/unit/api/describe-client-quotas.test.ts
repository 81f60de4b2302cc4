import { expect } from 'chai'
import { describeClientQuotas } from '../../../src/api/describe-client-quotas.ts'
import { errorName } from '../../../src/model/errors.ts'
import { QuotaAdmin } from '../../../src/quota/quota-admin.ts'
import { ConfigWorld } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

const [EXACT, DEFAULT, ANY] = [0, 1, 2]
type Wanted = readonly [type: string, matchType: number, match: string | null]

describe('DescribeClientQuotas', () => {
  let world: ConfigWorld

  beforeEach(async () => {
    world = await ConfigWorld.open()
    await world.put({ type: 'users', name: 'alice' }, { producer_byte_rate: '1' })
    await world.put({ type: 'users', name: null }, { producer_byte_rate: '2' })
    await world.put({ type: 'clients', name: 'app' }, { consumer_byte_rate: '3' })
    await world.put({ type: 'user-clients', user: 'alice', client: 'app' }, { request_percentage: '4.5' })
    await world.put({ type: 'ips', name: '127.0.0.1' }, { connection_creation_rate: '5' })
  })

  async function ask(wanted: readonly Wanted[], strict = false) {
    const handler = describeClientQuotas({ quotaAdmin: new QuotaAdmin(world), logger: world.logger })
    const components = wanted.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    return world.run(call('DescribeClientQuotas', handler, { components, strict }))
  }

  /** `user=alice,client-id=app: 4.5` */
  async function found(wanted: readonly Wanted[], strict = false): Promise<string[]> {
    const { entries } = await ask(wanted, strict)
    return (entries ?? []).map(({ entity, values }) => {
      const names = entity.map(({ entityType, entityName }) => `${entityType}=${entityName ?? '<default>'}`)
      return `${names.join()}: ${values.map(({ value }) => value).join()}`
    })
  }

  it('lists everything when nothing is asked for', async () => {
    expect(await found([])).to.have.members([
      'user=alice: 1',
      'user=<default>: 2',
      'client-id=app: 3',
      'user=alice,client-id=app: 4.5',
      'ip=127.0.0.1: 5',
    ])
  })

  it('finds a name, with and without components that were not asked for', async () => {
    expect(await found([['user', EXACT, 'alice']])).to.have.members([
      'user=alice: 1',
      'user=alice,client-id=app: 4.5',
    ])
    expect(await found([['user', EXACT, 'alice']], true)).to.deep.equal(['user=alice: 1'])
  })

  it('tells the default from names', async () => {
    expect(await found([['user', DEFAULT, null]])).to.deep.equal(['user=<default>: 2'])
  })

  it('takes any name', async () => {
    expect(
      await found([
        ['user', ANY, null],
        ['client-id', ANY, null],
      ]),
    ).to.deep.equal(['user=alice,client-id=app: 4.5'])
    expect(await found([['ip', ANY, null]])).to.deep.equal(['ip=127.0.0.1: 5'])
  })

  it('tells nothing of what is no quota', async () => {
    await world.put({ type: 'users', name: 'bob' }, { 'SCRAM-SHA-256': 'salt=…' })
    expect(await found([['user', EXACT, 'bob']])).to.deep.equal([])
  })

  const refusals: [string, readonly Wanted[], string][] = [
    [
      'a type twice',
      [
        ['user', ANY, null],
        ['user', ANY, null],
      ],
      'INVALID_REQUEST',
    ],
    [
      'addresses together with users',
      [
        ['ip', ANY, null],
        ['user', ANY, null],
      ],
      'INVALID_REQUEST',
    ],
    ['an empty type', [['', ANY, null]], 'INVALID_REQUEST'],
    ['a type of somebody’s own', [['group', ANY, null]], 'UNSUPPORTED_VERSION'],
    ['a kind of match that it does not know', [['user', 9, null]], 'UNKNOWN_SERVER_ERROR'],
  ]
  for (const [what, wanted, error] of refusals) {
    it(`refuses ${what}`, async () => {
      const { errorCode, entries } = await ask(wanted)
      expect([errorName(errorCode), entries]).to.deep.equal([error, null])
    })
  }
})
