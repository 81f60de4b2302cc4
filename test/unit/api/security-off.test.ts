import { expect } from 'chai'
import { consumerGroupDescribe } from '../../../src/api/consumer-group-describe.ts'
import { consumerGroupHeartbeat } from '../../../src/api/consumer-group-heartbeat.ts'
import { createAcls } from '../../../src/api/create-acls.ts'
import { createDelegationToken } from '../../../src/api/create-delegation-token.ts'
import { deleteAcls } from '../../../src/api/delete-acls.ts'
import { describeAcls } from '../../../src/api/describe-acls.ts'
import { describeDelegationToken } from '../../../src/api/describe-delegation-token.ts'
import { envelope } from '../../../src/api/envelope.ts'
import { expireDelegationToken } from '../../../src/api/expire-delegation-token.ts'
import { renewDelegationToken } from '../../../src/api/renew-delegation-token.ts'
import { saslAuthenticate } from '../../../src/api/sasl-authenticate.ts'
import { saslHandshake } from '../../../src/api/sasl-handshake.ts'
import { errorName } from '../../../src/model/errors.ts'
import { CLOSE_CONNECTION } from '../../../src/network/request.ts'
import { call, inbound } from '../../support/handler-call.ts'

describe('a broker without security', () => {
  it('has no access rules to list, add or remove', async () => {
    const listed = await call('DescribeAcls', describeAcls(), {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    })
    const creation = {
      resourceType: 2,
      resourceName: 'orders',
      resourcePatternType: 3,
      principal: 'User:alice',
      host: '*',
      operation: 3,
      permissionType: 3,
    }
    const created = await call('CreateAcls', createAcls(), { creations: [creation, creation] })
    const filter = {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      patternTypeFilter: 1,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    }
    const deleted = await call('DeleteAcls', deleteAcls(), { filters: [filter] })
    const codes = [listed, ...created.results, ...deleted.filterResults].map(({ errorCode }) =>
      errorName(errorCode),
    )
    expect(codes).to.deep.equal(Array(4).fill('SECURITY_DISABLED'))
  })

  it('gives no delegation tokens to those who have not said who they are', async () => {
    const created = await call('CreateDelegationToken', createDelegationToken(), {
      renewers: [],
      maxLifetimeMs: -1,
    })
    const hmac = Buffer.from('x')
    const answers = [
      created,
      await call('RenewDelegationToken', renewDelegationToken(), { hmac, renewPeriodMs: 1 }),
      await call('ExpireDelegationToken', expireDelegationToken(), { hmac, expiryTimePeriodMs: 1 }),
      await call('DescribeDelegationToken', describeDelegationToken(), { owners: null }),
    ]
    expect(answers.map(({ errorCode }) => errorName(errorCode))).to.deep.equal(
      Array(4).fill('DELEGATION_TOKEN_REQUEST_NOT_ALLOWED'),
    )
    expect([created.principalType, created.principalName]).to.deep.equal(['User', 'ANONYMOUS'])
  })

  it('has no delegation tokens for those who have', async () => {
    const options = { securityProtocol: 'SASL_PLAINTEXT' } as const
    const { errorCode } = await call(
      'DescribeDelegationToken',
      describeDelegationToken(),
      { owners: null },
      options,
    )
    expect(errorName(errorCode)).to.equal('DELEGATION_TOKEN_AUTH_DISABLED')
  })

  it('lets nobody log in where nobody has to', async () => {
    const handshake = await call('SaslHandshake', saslHandshake(), { mechanism: 'PLAIN' })
    const login = await call('SaslAuthenticate', saslAuthenticate(), { authBytes: Buffer.alloc(0) })
    expect([handshake, login].map(({ errorCode }) => errorName(errorCode))).to.deep.equal([
      'ILLEGAL_SASL_STATE',
      'ILLEGAL_SASL_STATE',
    ])
  })

  it('closes the connection of whoever wraps a request in another', async () => {
    const body = { requestData: Buffer.alloc(0), requestPrincipal: null, clientHostAddress: Buffer.alloc(4) }
    expect(await envelope()(body, inbound('Envelope', 0, body))).to.equal(CLOSE_CONNECTION)
  })
})

describe('a broker without KRaft', () => {
  it('refuses the new protocol of consumer groups', async () => {
    const heartbeat = await call('ConsumerGroupHeartbeat', consumerGroupHeartbeat(), {
      groupId: 'g',
      memberId: '',
      memberEpoch: 0,
    })
    const described = await call('ConsumerGroupDescribe', consumerGroupDescribe(), {
      groupIds: ['g', 'h'],
      includeAuthorizedOperations: false,
    })
    const codes = [heartbeat, ...described.groups].map(({ errorCode }) => errorName(errorCode))
    expect(codes).to.deep.equal(Array(3).fill('UNSUPPORTED_VERSION'))
    expect(described.groups.map(({ groupId }) => groupId)).to.deep.equal(['g', 'h'])
  })
})
