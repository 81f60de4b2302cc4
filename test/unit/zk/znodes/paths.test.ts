import { expect } from 'chai'
import { desanitizeName, sanitizeName } from '../../../../zk/znode.ts'
import { brokerInfo } from '../../../../zk/znodes/brokers.ts'
import {
  configChange,
  ipConfig,
  topicConfig,
  userClientConfig,
  userConfig,
} from '../../../../zk/znodes/config.ts'
import { consumerOffset } from '../../../../zk/znodes/consumers.ts'
import { isrChangeNotification } from '../../../../zk/znodes/notifications.ts'
import { partitionState, topic } from '../../../../zk/znodes/topics.ts'
import { isZooKeeperError } from '../../../../zk/zookeeper.ts'

describe('paths of znodes', () => {
  it('are filled in from typed parameters', () => {
    expect(partitionState.at({ topic: 'orders', partition: 3 })).to.equal(
      '/brokers/topics/orders/partitions/3/state',
    )
    expect(brokerInfo.at({ broker: 12 })).to.equal('/brokers/ids/12')
    expect(consumerOffset.at({ group: 'g 1', topic: 't', partition: 0 })).to.equal(
      '/consumers/g 1/offsets/t/0',
    )
  })

  it('give their parameters back', () => {
    expect(partitionState.match('/brokers/topics/a.b-c_d/partitions/12/state')).to.deep.equal({
      topic: 'a.b-c_d',
      partition: 12,
    })
    expect(topic.match('/brokers/topics/orders')).to.deep.equal({ topic: 'orders' })
  })

  for (const path of [
    '/brokers/topics/orders/partitions/x/state',
    '/brokers/topics/orders/partitions/01/state',
    '/brokers/topics/orders/partitions/1/states',
    '/brokers/topics/a/b/partitions/1/state',
    '/brokers/topics/orders/partitions/1',
    'brokers/topics/orders/partitions/1/state',
  ]) {
    it(`of a partition's state are not ${path}`, () => {
      expect(partitionState.match(path)).to.equal(null)
    })
  }

  for (const name of ['', '.', '..', 'a/b', 'tab\there', 'nul\u0000', 'private\uf000']) {
    it(`refuse ${JSON.stringify(name)} as a part`, () => {
      expect(() => consumerOffset.at({ group: name, topic: 't', partition: 0 })).to.satisfy(
        (build: () => void) => {
          try {
            build()
            return false
          } catch (error) {
            return isZooKeeperError(error, 'BAD_ARGUMENTS')
          }
        },
      )
    })
  }

  it('refuse a partition that is not a whole number', () => {
    expect(() => partitionState.at({ topic: 't', partition: 1.5 })).to.throw(/cannot be a partition/)
  })

  it('spell the default entity <default> and others URL-encoded', () => {
    expect(userConfig.at({ user: null })).to.equal('/config/users/<default>')
    expect(userConfig.at({ user: 'al ice/1' })).to.equal('/config/users/al%20ice%2F1')
    expect(userClientConfig.at({ user: null, client: null })).to.equal(
      '/config/users/<default>/clients/<default>',
    )
    expect(userClientConfig.match('/config/users/al%20ice%2F1/clients/<default>')).to.deep.equal({
      user: 'al ice/1',
      client: null,
    })
  })

  it('tell a user who is called <default> from the default entity', () => {
    expect(userConfig.at({ user: '<default>' })).to.equal('/config/users/%3Cdefault%3E')
    expect(userConfig.match('/config/users/%3Cdefault%3E')).to.deep.equal({ user: '<default>' })
  })

  it('keep topics and addresses as they are', () => {
    expect(topicConfig.at({ topic: 'a.b_c' })).to.equal('/config/topics/a.b_c')
    expect(ipConfig.at({ ip: '::1' })).to.equal('/config/ips/::1')
  })

  it('of a row end in ten digits, and its prefix in none', () => {
    expect(configChange.prefix()).to.equal('/config/changes/config_change_')
    expect(configChange.at({ sequence: 12 })).to.equal('/config/changes/config_change_0000000012')
    expect(configChange.match('/config/changes/config_change_0000000012')).to.deep.equal({ sequence: 12 })
    expect(configChange.match('/config/changes/config_change_12')).to.equal(null)
  })

  it('of a row count on below zero when the 32-bit counter wraps', () => {
    const path = '/isr_change_notification/isr_change_-2147483648'
    expect(isrChangeNotification.at({ sequence: -2147483648 })).to.equal(path)
    expect(isrChangeNotification.match(path)).to.deep.equal({ sequence: -2147483648 })
    expect(isrChangeNotification.at({ sequence: -5 })).to.equal(
      '/isr_change_notification/isr_change_-000000005',
    )
  })
})

describe('sanitised names', () => {
  // Source: java.net.URLEncoder with the replacements of org.apache.kafka.common.utils.Sanitizer.
  for (const [name, text] of [
    ['alice', 'alice'],
    ['al ice/1', 'al%20ice%2F1'],
    ['a*b+c', 'a%2Ab%2Bc'],
    ["-._~!'()", '-._%7E%21%27%28%29'],
    ['zürau', 'z%C3%BCrau'],
    ['😀', '%F0%9F%98%80'],
    ['User:bob', 'User%3Abob'],
    ['100%', '100%25'],
  ] as const) {
    it(`write ${name} as ${text}, and read it back`, () => {
      expect(sanitizeName(name)).to.equal(text)
      expect(desanitizeName(text)).to.equal(name)
    })
  }

  it('are read as they are when they were never encoded', () => {
    expect(desanitizeName('50%zz')).to.equal('50%zz')
  })

  it('write a question mark for half a character', () => {
    expect(sanitizeName('a\ud800b')).to.equal('a%3Fb')
  })
})
