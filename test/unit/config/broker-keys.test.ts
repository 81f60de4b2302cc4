import { expect } from 'chai'
import { brokerKey, brokerKeyNames, brokerKeys, isBrokerKey } from '../../../src/config/broker-keys.ts'
import type { Key } from '../../../src/config/define.ts'
import { defaultTextOf } from '../../../src/config/layers.ts'
import { topicKeyNames, topicKeys } from '../../../src/config/topic-keys.ts'

const entries: [string, Key<unknown>][] = Object.entries(brokerKeys)

describe('the broker key table', () => {
  it('has only defaults that their own types accept and print alike', () => {
    for (const name of brokerKeyNames) {
      const text = defaultTextOf(name)
      const key: Key<unknown> = brokerKeys[name]
      if (text === null) continue
      expect(key.type.canonical(text), name).to.equal(text)
      expect(key.type.parse(name, text), name).to.deep.equal(key.default)
    }
  })

  it('has a sentence of documentation for every key', () => {
    for (const [name, { doc }] of entries) {
      expect(doc, name).to.match(/^[A-Z`].{15,}[.]$/s)
      expect(doc.length, name).to.be.lessThan(330)
    }
  })

  it('makes no class name, path or secret alterable for all brokers', () => {
    for (const [name, { type, update }] of entries) {
      if (type.name !== 'CLASS' && type.name !== 'PASSWORD') continue
      expect(update, name).not.to.equal('cluster-wide')
    }
  })

  it('names each topic key once, and only keys that can change for all brokers at once or not at all', () => {
    const topicNames = entries.map(([, { topicKey }]) => topicKey).filter((name) => name !== null)
    expect(new Set(topicNames).size).to.equal(topicNames.length)
    for (const [name, { topicKey, update }] of entries) {
      if (topicKey !== null) expect(['cluster-wide', 'read-only'], name).to.include(update)
    }
  })

  it('knows its own names and no property of objects', () => {
    expect(isBrokerKey('broker.id')).to.equal(true)
    expect(isBrokerKey('toString')).to.equal(false)
    expect(brokerKey('constructor')).to.equal(null)
  })

  it("hides exactly the internal keys of Kafka, its dynamic ones, the authorizer's and our own", () => {
    const hidden = entries.filter(([, { listed }]) => !listed).map(([name]) => name)
    expect(hidden.filter((name) => /^(zurau|offsets\.storage|metrics\.partition)/.test(name))).to.have.length(
      9,
    )
    expect(hidden.filter((name) => brokerKey(name)?.update === 'dynamic-only')).to.deep.equal([
      'leader.replication.throttled.rate',
      'follower.replication.throttled.rate',
      'replica.alter.log.dirs.io.max.bytes.per.second',
    ])
    expect(entries.length - hidden.length).to.equal(314)
  })
})

describe('the topic key table', () => {
  it("has Kafka's 36 keys", () => {
    expect(topicKeyNames).to.have.length(36)
  })

  it('documents every key and takes its default from a key that exists', () => {
    for (const name of topicKeyNames) {
      const { brokerKey: from, doc } = topicKeys[name]
      expect(doc, name).to.match(/^[A-Z].{15,}[.]$/s)
      if (from !== null) expect(isBrokerKey(from), name).to.equal(true)
    }
  })
})
