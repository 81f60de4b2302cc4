import { createHash, createHmac } from 'node:crypto'
import { expect } from 'chai'
import { alterUserScramCredentials } from '../../../src/api/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../../src/api/describe-user-scram-credentials.ts'
import { errorName } from '../../../src/model/errors.ts'
import type { RequestInput } from '../../../src/protocol/apis.ts'
import { ScramAdmin } from '../../../src/security/scram-admin.ts'
import { ConfigWorld } from '../../support/config-world.ts'
import { call } from '../../support/handler-call.ts'

type Upsertion = RequestInput<'AlterUserScramCredentials'>['upsertions'][number]
type Deletion = RequestInput<'AlterUserScramCredentials'>['deletions'][number]

const [SHA_256, SHA_512] = [1, 2]
const salt = Buffer.from('salt')
const saltedPassword = Buffer.from('salted password')

function upsertion(name: string, changes: Partial<Upsertion> = {}): Upsertion {
  return { name, mechanism: SHA_256, iterations: 4096, salt, saltedPassword, ...changes }
}

describe('SCRAM credentials', () => {
  let world: ConfigWorld
  const alice = { type: 'users', name: 'alice' } as const

  beforeEach(async () => {
    world = await ConfigWorld.open()
  })

  async function alter(
    upsertions: readonly Upsertion[],
    deletions: readonly Deletion[] = [],
    isActive = true,
  ) {
    const services = { controller: { isActive }, scramAdmin: new ScramAdmin(world), logger: world.logger }
    const handler = alterUserScramCredentials(services)
    const request = { upsertions, deletions }
    const { results } = await world.run(call('AlterUserScramCredentials', handler, request))
    return results.map(({ user, errorCode }) => `${user}: ${errorName(errorCode)}`)
  }

  async function describeUsers(names: readonly string[] | null) {
    const handler = describeUserScramCredentials({ scramAdmin: new ScramAdmin(world), logger: world.logger })
    const users = names?.map((name) => ({ name })) ?? null
    const { results } = await world.run(call('DescribeUserScramCredentials', handler, { users }))
    return results.map(({ user, errorCode, credentialInfos }) => {
      const credentials = credentialInfos.map(({ mechanism, iterations }) => `${mechanism}/${iterations}`)
      return `${user}: ${errorCode === 0 ? credentials.join() : errorName(errorCode)}`
    })
  }

  it('keeps the keys that RFC 5802 makes of the salted password', async () => {
    expect(await alter([upsertion('alice')])).to.deep.equal(['alice: NONE'])
    const key = (text: string) => createHmac('sha256', saltedPassword).update(text).digest()
    const storedKey = createHash('sha256').update(key('Client Key')).digest('base64')
    expect(await world.stored(alice)).to.deep.equal({
      'SCRAM-SHA-256': `salt=${salt.toString('base64')},stored_key=${storedKey},server_key=${key('Server Key').toString('base64')},iterations=4096`,
    })
  })

  it('tells of mechanisms and iterations, never of keys', async () => {
    await alter([
      upsertion('alice'),
      upsertion('alice', { mechanism: SHA_512, iterations: 8192 }),
      upsertion('bob'),
    ])
    expect(await describeUsers(null)).to.deep.equal(['alice: 1/4096,2/8192', 'bob: 1/4096'])
    expect(await describeUsers(['bob'])).to.deep.equal(['bob: 1/4096'])
  })

  it('deletes one credential and keeps the quotas beside it', async () => {
    await world.put(alice, { producer_byte_rate: '5' })
    await alter([upsertion('alice')])
    expect(await alter([], [{ name: 'alice', mechanism: SHA_256 }])).to.deep.equal(['alice: NONE'])
    expect(await world.stored(alice)).to.deep.equal({ producer_byte_rate: '5' })
  })

  it('does nothing for a user of whom one part is refused', async () => {
    const answers = await alter([
      upsertion('alice'),
      upsertion('alice', { mechanism: SHA_512, iterations: 1 }),
    ])
    expect(answers).to.deep.equal(['alice: UNACCEPTABLE_CREDENTIAL'])
    expect(await world.stored(alice)).to.deep.equal({})
  })

  const refusals: [string, Upsertion[], Deletion[], string][] = [
    ['too few iterations', [upsertion('a', { iterations: 4095 })], [], 'a: UNACCEPTABLE_CREDENTIAL'],
    ['too many iterations', [upsertion('a', { iterations: 16_385 })], [], 'a: UNACCEPTABLE_CREDENTIAL'],
    ['an empty name', [upsertion('')], [], ': UNACCEPTABLE_CREDENTIAL'],
    [
      'an empty password',
      [upsertion('a', { saltedPassword: Buffer.alloc(0) })],
      [],
      'a: UNACCEPTABLE_CREDENTIAL',
    ],
    ['an unknown mechanism', [upsertion('a', { mechanism: 7 })], [], 'a: UNSUPPORTED_SASL_MECHANISM'],
    ['a deletion of what is not there', [], [{ name: 'a', mechanism: SHA_256 }], 'a: RESOURCE_NOT_FOUND'],
    ['one credential twice', [upsertion('a'), upsertion('a')], [], 'a: DUPLICATE_RESOURCE'],
  ]
  for (const [what, upsertions, deletions, answer] of refusals) {
    it(`refuses ${what}`, async () => {
      expect(await alter(upsertions, deletions)).to.deep.equal([answer])
    })
  }

  it('are altered by the controller alone', async () => {
    expect(await alter([upsertion('b'), upsertion('a')], [], false)).to.deep.equal([
      'a: NOT_CONTROLLER',
      'b: NOT_CONTROLLER',
    ])
  })

  it('are described once for each user that is named', async () => {
    await alter([upsertion('alice')])
    expect(await describeUsers(['alice', 'nobody', 'alice'])).to.deep.equal([
      'alice: DUPLICATE_RESOURCE',
      'nobody: RESOURCE_NOT_FOUND',
    ])
  })

  it('that cannot be read are not described', async () => {
    await world.put(alice, { 'SCRAM-SHA-256': 'nonsense' })
    expect(await describeUsers(['alice'])).to.deep.equal(['alice: UNKNOWN_SERVER_ERROR'])
  })
})
