import { expect } from 'chai'
import {
  agreedMetaProperties,
  checkOwner,
  InconsistentMetadataError,
  metaPropertiesText,
  parseMetaProperties,
  type MetaProperties,
} from '../../../src/log/meta-properties.ts'

const cluster = '5ZF5KqyTRX6xpiK59SajBw'

describe('meta.properties', () => {
  it('is read as Kafka writes it', () => {
    const text = `#\n#Sat Nov 21 11:50:38 UTC 2026\nbroker.id=0\nversion=0\ncluster.id=${cluster}\n`
    expect(parseMetaProperties(text, 'f')).to.deep.equal({ clusterId: cluster, brokerId: 0 })
  })

  it('is written so that it can be read', () => {
    const text = metaPropertiesText({ clusterId: cluster, brokerId: 7 }, 1_700_000_000_000)
    expect(text.split('\n')[0]).to.equal('#')
    expect(text.split('\n')[1]).to.match(/^#.*2023/)
    expect(parseMetaProperties(text, 'f')).to.deep.equal({ clusterId: cluster, brokerId: 7 })
  })

  it('may lack ids, have blanks, escapes and other keys', () => {
    expect(parseMetaProperties('version = 0\n\n! note\nother: x\ncluster.id: a\\:b\n', 'f')).to.deep.equal({
      clusterId: 'a:b',
      brokerId: null,
    })
    expect(parseMetaProperties('', 'f')).to.deep.equal({ clusterId: null, brokerId: null })
  })

  for (const [name, text] of [
    ['of KRaft', 'version=1\nnode.id=1\n'],
    ['with a broker id that is none', 'version=0\nbroker.id=x\n'],
  ] as const) {
    it(`is refused ${name}`, () => {
      expect(() => parseMetaProperties(text, 'f')).to.throw(InconsistentMetadataError)
    })
  }

  const agreement: [string, (MetaProperties | null)[], MetaProperties | null][] = [
    ['new directories say nothing', [null, null], { clusterId: null, brokerId: null }],
    ['one speaks for the new ones', [null, { clusterId: 'c', brokerId: 1 }], { clusterId: 'c', brokerId: 1 }],
    [
      'two say the same',
      [
        { clusterId: 'c', brokerId: 1 },
        { clusterId: 'c', brokerId: 1 },
      ],
      { clusterId: 'c', brokerId: 1 },
    ],
    [
      'one knows the cluster, one the broker',
      [
        { clusterId: 'c', brokerId: null },
        { clusterId: null, brokerId: 1 },
      ],
      { clusterId: 'c', brokerId: 1 },
    ],
    [
      'two clusters',
      [
        { clusterId: 'c', brokerId: 1 },
        { clusterId: 'd', brokerId: 1 },
      ],
      null,
    ],
    [
      'two brokers',
      [
        { clusterId: 'c', brokerId: 1 },
        { clusterId: 'c', brokerId: 2 },
      ],
      null,
    ],
  ]
  for (const [name, found, agreed] of agreement) {
    it(`of several directories: ${name}`, () => {
      const all = new Map(found.map((properties, i) => [`/d${i}`, properties]))
      if (agreed === null) expect(() => agreedMetaProperties(all)).to.throw(InconsistentMetadataError)
      else expect(agreedMetaProperties(all)).to.deep.equal(agreed)
    })
  }

  it('keeps a broker out of directories that are not its own', () => {
    const stored = { clusterId: 'c', brokerId: 1 }
    checkOwner(stored, { clusterId: 'c', configuredBrokerId: 1 })
    checkOwner(stored, { clusterId: 'c', configuredBrokerId: null })
    checkOwner({ clusterId: null, brokerId: null }, { clusterId: 'c', configuredBrokerId: 1 })
    expect(() => checkOwner(stored, { clusterId: 'd', configuredBrokerId: 1 })).to.throw(/wrong cluster/)
    expect(() => checkOwner(stored, { clusterId: 'c', configuredBrokerId: 2 })).to.throw(
      /broker.id 2 doesn't match/,
    )
  })
})
