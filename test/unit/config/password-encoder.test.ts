import { expect } from 'chai'
import { BrokerConfig, NO_PROPERTIES } from '../../../src/config/layers.ts'
import type { PasswordEncoderSettings } from '../../../src/config/password-encoder.ts'
import {
  decodePassword,
  encodePassword,
  PasswordEncoderError,
  passwordEncoderSettings,
} from '../../../src/config/password-encoder.ts'
import { Secret } from '../../../src/config/secret.ts'

// What Kafka 3.9.1's PasswordEncoder made of the password below with the secret "encoder-sécret".
const PASSWORD = 'pässword, with: signs'
const SECRET = new Secret('encoder-sécret')
const KAFKA_CBC =
  'initializationVector:Js/5h9vZfisbEAK1QwKUvw==,keyLength:128,salt:EUF3Tt+CA2shtUAC1lp4BkVr4/cbHUt' +
  'XW4fncvvILO8byVbr1BAPUoyrlayDUiL1x/4zwVkUs7liGJ3laKkA6Nke5+IfjF8WEsFkXseNcXcaTTRRXYWTIYhOiQiLdyk' +
  'ygJl7j22EtRYEbdlNvyV2Fwipoei4lkwFGVpKOvM4H2TS8P8FdIQB0m7BTWc+17bcIK4BKrdKM9yqRKW8HHpxpVahw5HA2GZ' +
  '9o07ENndFSXGdP0uKzFJp/kwsRmj6eKuoaRQUEHRPDHOH5iWp+9O3maJcPb/HtTXyn/+hXyXlZ2H4nTRyZT4Z+sdNngqAIDw' +
  '2zu627aexmli4usZz1jTUAg==,keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:AES/CBC/PKCS5' +
  'Padding,iterations:1024,passwordLength:21,encryptedPassword:+MdF0rTe7AstH3sIPNX5tZqYJdPqz/dQTH0z' +
  'G12U3t4='
const KAFKA_GCM =
  'initializationVector:dkVcF90xyO0q7W+7,keyLength:256,salt:K5saDxkCN0ucf6PuxIJBBAm6d+Ad0w7bBpbHDce' +
  'RAQdIlMugL++0XGgalKU9IIQg/g+UbKpR/E+6hlQHupkCl7NtZOtRu1ISlITvrYgN9B/89iUgXREIaQeUQ5IkJNv2FhgpoDp' +
  '2zkXadMMmsIifKi1+31af+pOFa1wOg8i25xVdNuI1T3cF398aFCZidmXd/8t0rMydbMm08F9uO5vbmYHeFhefUuMzN9wQXjv' +
  'gTnxBSZN78bY9uK/O3VN3UGtbPMBvkSrWBd4pJe5Zg5Wun4z65aguzl7yuCwsa/xI0diZ9P+vyXEci4v33ohkmlae+QoNgnk' +
  'kghbaQONpHDiQCA==,keyFactoryAlgorithm:PBKDF2WithHmacSHA256,cipherAlgorithm:AES/GCM/NoPadding,aut' +
  'henticationTagLength:128,iterations:1024,passwordLength:21,encryptedPassword:+YID4jfs+CsE3Ywpvwx' +
  '/gnAwXC6DvlSb9XiRvl5QUbfUn5p0z3Q='

function settings(change: Partial<PasswordEncoderSettings> = {}): PasswordEncoderSettings {
  return {
    secret: SECRET,
    keyFactoryAlgorithm: 'PBKDF2WithHmacSHA512',
    cipherAlgorithm: 'AES/CBC/PKCS5Padding',
    keyLengthBits: 128,
    iterations: 1024,
    ...change,
  }
}

/** Not random at all, but of the right length. */
function countedBytes(count: number): Buffer {
  return Buffer.from(Array.from({ length: count }, (_, index) => index & 0xff))
}

describe('password encoder', () => {
  it('reads what Kafka encrypted with AES in CBC mode', () => {
    expect(decodePassword(KAFKA_CBC, SECRET).reveal()).to.equal(PASSWORD)
  })

  it('reads what Kafka encrypted with AES in GCM mode', () => {
    expect(decodePassword(KAFKA_GCM, SECRET).reveal()).to.equal(PASSWORD)
  })

  for (const [cipherAlgorithm, keyLengthBits, keyFactoryAlgorithm] of [
    ['AES/CBC/PKCS5Padding', 128, 'PBKDF2WithHmacSHA512'],
    ['AES/CBC/PKCS5Padding', 256, 'PBKDF2WithHmacSHA1'],
    ['AES/GCM/NoPadding', 192, 'PBKDF2WithHmacSHA256'],
  ] as const) {
    it(`reads its own ${cipherAlgorithm} with ${keyLengthBits} bits`, () => {
      const stored = encodePassword(
        new Secret('x'.repeat(100)),
        settings({ cipherAlgorithm, keyLengthBits, keyFactoryAlgorithm }),
        countedBytes,
      )
      expect(stored).to.contain(`cipherAlgorithm:${cipherAlgorithm},keyLength:${keyLengthBits},`)
      expect(stored).to.contain('passwordLength:100')
      expect(decodePassword(stored, SECRET).reveal()).to.equal('x'.repeat(100))
    })
  }

  it('refuses another secret', () => {
    expect(() => decodePassword(KAFKA_CBC, new Secret('other'))).to.throw('Password could not be decoded')
    expect(() => decodePassword(KAFKA_GCM, new Secret('other'))).to.throw('Password could not be decoded')
  })

  it('refuses a stored password that is cut, forged or asks for endless work', () => {
    expect(() => decodePassword('', SECRET)).to.throw(PasswordEncoderError, 'lacks keyLength')
    expect(() =>
      decodePassword(KAFKA_CBC.replace('iterations:1024', 'iterations:99999999999'), SECRET),
    ).to.throw('iterations is not a number up to 10000000')
    expect(() =>
      decodePassword(KAFKA_CBC.replace(/encryptedPassword:[^,]*/, 'encryptedPassword:AAAA'), SECRET),
    ).to.throw('Password could not be decoded')
    expect(() =>
      decodePassword(KAFKA_CBC.replace('passwordLength:21', 'passwordLength:20'), SECRET),
    ).to.throw('sanity check of length failed')
    expect(() => decodePassword(KAFKA_CBC.replace('AES/CBC', 'DES/CBC'), SECRET)).to.throw(
      'is not known here',
    )
  })

  it('refuses settings that name an unknown algorithm', () => {
    const password = new Secret('p')
    expect(() => encodePassword(password, settings({ keyFactoryAlgorithm: 'MD5' }), countedBytes)).to.throw(
      'MD5 is not known here',
    )
    expect(() => encodePassword(password, settings({ keyLengthBits: 64 }), countedBytes)).to.throw('64 bits')
  })

  it('takes its settings from the configuration, and has none without a secret', () => {
    const config = (properties: Record<string, string>) =>
      new BrokerConfig({
        static: new Map(Object.entries(properties)),
        clusterDefault: NO_PROPERTIES,
        perBroker: NO_PROPERTIES,
      })
    expect(passwordEncoderSettings(config({}))).to.equal(null)
    const found = passwordEncoderSettings(
      config({ 'password.encoder.secret': 's', 'password.encoder.iterations': '2048' }),
    )
    expect(found?.secret.reveal()).to.equal('s')
    expect({ ...found, secret: null }).to.deep.equal({
      secret: null,
      keyFactoryAlgorithm: 'PBKDF2WithHmacSHA512',
      cipherAlgorithm: 'AES/CBC/PKCS5Padding',
      keyLengthBits: 128,
      iterations: 2048,
    })
  })
})
