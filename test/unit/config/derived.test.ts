import { expect } from 'chai'
import {
  alterLogDirsConcurrency,
  connectionsPerIpOverrides,
  delegationTokenSecret,
  httpAddress,
  logDirs,
  logFlushIntervalMs,
  logRetentionMs,
  logRollJitterMs,
  logRollMs,
  offsetsStorageOf,
  superUsers,
  timestampAfterMaxMs,
  timestampBeforeMaxMs,
  topicsToCreate,
  zookeeperConnectionTimeoutMs,
} from '../../../src/config/derived.ts'
import type { BrokerConfig } from '../../../src/config/layers.ts'
import type { Texts } from './builders.ts'
import { aBrokerConfig } from './builders.ts'

const HOUR_MS = 3_600_000

describe('derived configuration', () => {
  const numbers: [of: (config: BrokerConfig) => number, texts: Texts, value: number][] = [
    [logRetentionMs, {}, 168 * HOUR_MS],
    [logRetentionMs, { 'log.retention.hours': '2' }, 2 * HOUR_MS],
    [logRetentionMs, { 'log.retention.hours': '2', 'log.retention.minutes': '3' }, 180_000],
    [logRetentionMs, { 'log.retention.minutes': '3', 'log.retention.ms': '4' }, 4],
    [logRetentionMs, { 'log.retention.ms': '-5' }, -1],
    [logRetentionMs, { 'log.retention.hours': '-1' }, -1],
    [logRollMs, {}, 168 * HOUR_MS],
    [logRollMs, { 'log.roll.hours': '1' }, HOUR_MS],
    [logRollMs, { 'log.roll.hours': '1', 'log.roll.ms': '9' }, 9],
    [logRollJitterMs, {}, 0],
    [logRollJitterMs, { 'log.roll.jitter.hours': '1' }, HOUR_MS],
    [logFlushIntervalMs, {}, Infinity],
    [logFlushIntervalMs, { 'log.flush.scheduler.interval.ms': '7' }, 7],
    [logFlushIntervalMs, { 'log.flush.scheduler.interval.ms': '7', 'log.flush.interval.ms': '8' }, 8],
    [timestampBeforeMaxMs, { 'log.message.timestamp.difference.max.ms': '5' }, 5],
    [
      timestampBeforeMaxMs,
      { 'log.message.timestamp.difference.max.ms': '5', 'log.message.timestamp.before.max.ms': '6' },
      6,
    ],
    [timestampAfterMaxMs, { 'log.message.timestamp.difference.max.ms': '5' }, 5],
    [timestampAfterMaxMs, {}, Infinity],
    [zookeeperConnectionTimeoutMs, {}, 18_000],
    [zookeeperConnectionTimeoutMs, { 'zookeeper.connection.timeout.ms': '1' }, 1],
    [alterLogDirsConcurrency, { 'log.dirs': '/a,/b' }, 2],
    [alterLogDirsConcurrency, { 'log.dirs': '/a,/b', 'num.replica.alter.log.dirs.threads': '5' }, 5],
  ]
  for (const [of, texts, value] of numbers) {
    it(`${of.name} of ${JSON.stringify(texts)} is ${value}`, () => {
      expect(of(aBrokerConfig({ static: texts }))).to.equal(value)
    })
  }

  it('takes log.dirs before log.dir', () => {
    expect(logDirs(aBrokerConfig())).to.deep.equal(['/tmp/kafka-logs'])
    expect(logDirs(aBrokerConfig({ static: { 'log.dir': '/x' } }))).to.deep.equal(['/x'])
    expect(logDirs(aBrokerConfig({ static: { 'log.dir': '/x', 'log.dirs': ' /a , /b ' } }))).to.deep.equal([
      '/a',
      '/b',
    ])
    expect(logDirs(aBrokerConfig({ static: { 'log.dir': '/x', 'log.dirs': '' } }))).to.deep.equal([])
  })

  it('takes the newer name of the secret of tokens before the older', () => {
    const of = (texts: Texts) => delegationTokenSecret(aBrokerConfig({ static: texts }))?.reveal()
    expect(of({})).to.equal(undefined)
    expect(of({ 'delegation.token.master.key': 'old' })).to.equal('old')
    expect(of({ 'delegation.token.master.key': 'old', 'delegation.token.secret.key': 'new' })).to.equal('new')
  })

  it('reads connection limits of addresses, and refuses what is none in the words of Java', () => {
    const of = (text: string) =>
      connectionsPerIpOverrides(aBrokerConfig({ static: { 'max.connections.per.ip.overrides': text } }))
    expect([...of('127.0.0.1:5, host : 7')]).to.deep.equal([
      ['127.0.0.1', 5],
      ['host', 7],
    ])
    expect([...of('')]).to.deep.equal([])
    expect(() => of('127.0.0.1')).to.throw(
      "Error parsing configuration property 'max.connections.per.ip.overrides': begin 0, end -1, length 9",
    )
    expect(() => of('127.0.0.1:x')).to.throw('For input string: "x"')
    expect(() => of('ho st:5')).to.throw(
      'max.connections.per.ip.overrides contains invalid addresses : ho st',
    )
    expect(() => of('[::1]:5')).to.throw('contains invalid addresses : [::1]')
  })

  it('reads super users', () => {
    expect(superUsers(aBrokerConfig({ static: { 'super.users': 'User:a; User:CN=b,O=c;' } }))).to.deep.equal([
      'User:a',
      'User:CN=b,O=c',
    ])
  })

  it('reads topics to create', () => {
    const of = (text: string) => topicsToCreate(aBrokerConfig({ static: { 'zurau.create.topics': text } }))
    expect(of('')).to.deep.equal([])
    expect(of('a:1:1, b:3:2:compact,')).to.deep.equal([
      { name: 'a', partitions: 1, replicationFactor: 1, cleanupPolicy: null },
      { name: 'b', partitions: 3, replicationFactor: 2, cleanupPolicy: 'compact' },
    ])
    for (const bad of ['a', 'a:1', 'a:0:1', 'a:1:x', 'a:1:1:', ':1:1', 'a b:1:1']) {
      expect(() => of(bad), bad).to.throw('is not of the form name:partitions:replicas[:cleanup.policy]')
    }
  })

  it('finds the offset storage of a group', () => {
    const of = offsetsStorageOf(
      aBrokerConfig({
        static: { 'offsets.storage': 'dual', 'offsets.storage.overrides': 'old=zookeeper; a=b=kafka ;' },
      }),
    )
    expect([of('old'), of('a=b'), of('other')]).to.deep.equal(['zookeeper', 'kafka', 'dual'])
    const bad = aBrokerConfig({ static: { 'offsets.storage.overrides': 'g=redis' } })
    expect(() => offsetsStorageOf(bad)).to.throw('g=redis is not of the form group=kafka|zookeeper|dual')
  })

  const addresses: [text: string, address: object | null | 'refused'][] = [
    ['127.0.0.1:8082', { host: '127.0.0.1', port: 8082 }],
    [':0', { host: '', port: 0 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['', null],
    ['localhost', 'refused'],
    ['h:65536', 'refused'],
    ['::1:80', 'refused'],
  ]
  for (const [text, address] of addresses) {
    it(`reads the HTTP address ${JSON.stringify(text)} as ${JSON.stringify(address)}`, () => {
      const config = aBrokerConfig({ static: { 'zurau.http.listen': text } })
      if (address === 'refused') expect(() => httpAddress(config)).to.throw('is not of the form host:port')
      else expect(httpAddress(config)).to.deep.equal(address)
    })
  }
})
