import { expect } from 'chai'
import { keyOfName, listenerPrefix, parsePrefixedName } from '../../../src/config/listener-prefix.ts'

describe('listener prefix', () => {
  it('is the name of the listener in lower case', () => {
    expect(listenerPrefix('SASL_SSL')).to.equal('listener.name.sasl_ssl.')
  })

  const cases: [name: string, parsed: object | null][] = [
    ['ssl.keystore.location', null],
    ['listener.name.foo', null],
    [
      'listener.name.internal.ssl.keystore.location',
      { listener: 'internal', rest: 'ssl.keystore.location', base: 'ssl.keystore.location' },
    ],
    [
      'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config',
      { listener: 'sasl_ssl', rest: 'scram-sha-256.sasl.jaas.config', base: 'sasl.jaas.config' },
    ],
    ['listener.name.a.nope', { listener: 'a', rest: 'nope', base: 'nope' }],
  ]
  for (const [name, parsed] of cases) {
    it(`of ${name}`, () => expect(parsePrefixedName(name)).to.deep.equal(parsed))
  }

  it('does not hide the key', () => {
    expect(keyOfName('listener.name.a.plain.sasl.jaas.config')?.type.name).to.equal('PASSWORD')
    expect(keyOfName('max.connections')?.type.name).to.equal('INT')
    expect(keyOfName('listener.name.a.nope')).to.equal(null)
  })
})
