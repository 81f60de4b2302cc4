import { expect } from 'chai'
import { StartupError } from '../../../src/broker/startup-error.ts'
import { refuseUnavailable } from '../../../src/broker/unavailable.ts'
import { endpointsOf } from '../../../src/config/derived.ts'
import { aBrokerConfig, MINIMAL, type Texts } from '../config/builders.ts'

const start = (texts: Texts) => {
  const config = aBrokerConfig({ static: { ...MINIMAL, ...texts } })
  refuseUnavailable(config, endpointsOf(config))
}

describe('settings that promise what the broker does not do', () => {
  it('lets ordinary settings through', () => {
    start({})
    start({ 'inter.broker.protocol.version': '3.9' })
  })

  const cases: readonly [key: string, value: string][] = [
    ['authorizer.class.name', 'kafka.security.authorizer.AclAuthorizer'],
    ['zookeeper.ssl.client.enable', 'true'],
    ['zookeeper.set.acl', 'true'],
    ['remote.log.storage.system.enable', 'true'],
    ['inter.broker.protocol.version', '3.8'],
    ['inter.broker.protocol.version', '2.8'],
  ]
  for (const [key, value] of cases) {
    it(`refuses ${key}=${value}, by name and with advice`, () => {
      expect(() => {
        start({ [key]: value })
      })
        .to.throw(StartupError, key)
        .that.has.property('advice')
        .that.is.a('string').and.not.empty
    })
  }

  it('refuses a listener that is to be encrypted', () => {
    expect(() => {
      start({ listeners: 'SSL://:9093', 'security.inter.broker.protocol': 'SSL' })
    }).to.throw(StartupError, 'listener SSL uses SSL')
  })
})
