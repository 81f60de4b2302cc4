import { expect } from 'chai'
import type { ConfigEntry } from '../../../src/config/describe.ts'
import { describeBroker, describeTopic } from '../../../src/config/describe.ts'
import { BrokerConfig, CONFIG_SOURCE_CODES, NO_PROPERTIES } from '../../../src/config/layers.ts'
import { topicDefaults } from '../../../src/config/topic-config.ts'
import { CONFIG_TYPE_CODES } from '../../../src/config/types.ts'
import { sharedJson } from '../../support/shared.ts'

interface SeenKey {
  readonly name: string
  readonly type: keyof typeof CONFIG_TYPE_CODES
  readonly value: string | null
  readonly source: keyof typeof CONFIG_SOURCE_CODES
  readonly readOnly: boolean
  readonly sensitive: boolean
  readonly synonyms: readonly string[]
}

const SET_FOR_THE_RECORDING = '(set here)'

function asSeen(entry: ConfigEntry, value: string | null): Omit<SeenKey, 'type'> & { type: string } {
  return {
    name: entry.name,
    type: nameOf(CONFIG_TYPE_CODES, entry.configType),
    value,
    source: nameOf(CONFIG_SOURCE_CODES, entry.configSource).replace('_CONFIG', '') as SeenKey['source'],
    readOnly: entry.readOnly,
    sensitive: entry.isSensitive,
    synonyms: entry.synonyms.map(({ name }) => name),
  }
}

function nameOf(codes: Readonly<Record<string, number>>, code: number): string {
  return Object.entries(codes).find(([, value]) => value === code)?.[0] ?? `code ${code}`
}

describe("the key tables, compared with a real broker's", () => {
  const seen = sharedJson<{ broker: SeenKey[]; topic: SeenKey[] }>(
    'peer/seen/configs.json',
    "the key tables against a real broker's",
  )
  const options = { names: null, includeSynonyms: true, includeDocumentation: true }
  // What was set for the recording; the values were not kept, only that they were.
  const set = (seen?.broker ?? []).filter(
    (key) => key.value === SET_FOR_THE_RECORDING && key.name !== 'node.id',
  )
  const config = new BrokerConfig({
    static: new Map(set.map(({ name }) => [name, name === 'broker.id' ? '0' : '1'])),
    clusterDefault: NO_PROPERTIES,
    perBroker: NO_PROPERTIES,
  })

  before(function () {
    if (seen === null) this.skip()
  })

  it('lists the same 314 broker keys, alike in type, default, source, mode, secrecy and synonyms', () => {
    const ours = describeBroker(config, options)
    expect(seen?.broker).to.have.length(314)
    const values = new Map(seen?.broker.map(({ name, value }) => [name, value]))
    const mine = ours.map((entry) => {
      const isSet = values.get(entry.name) === SET_FOR_THE_RECORDING
      return asSeen(entry, isSet ? SET_FOR_THE_RECORDING : entry.value)
    })
    const theirs = seen?.broker.map(({ name, type, value, source, readOnly, sensitive, synonyms }) => {
      return { name, type, value, source, readOnly, sensitive, synonyms }
    })
    expect(mine).to.deep.equal(theirs)
  })

  it('lists the same 36 topic keys, alike in all of that', () => {
    const ours = describeTopic(topicDefaults(config), config, options)
    expect(seen?.topic).to.have.length(36)
    const theirs = seen?.topic.map(({ name, type, value, source, readOnly, sensitive, synonyms }) => {
      return { name, type, value, source, readOnly, sensitive, synonyms }
    })
    expect(ours.map((entry) => asSeen(entry, entry.value))).to.deep.equal(theirs)
  })
})
