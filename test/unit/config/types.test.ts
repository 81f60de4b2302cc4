import { expect } from 'chai'
import { ConfigError } from '../../../src/config/config-error.ts'
import { Secret } from '../../../src/config/secret.ts'
import type { ConfigType } from '../../../src/config/types.ts'
import {
  boolean,
  className,
  classNameText,
  double,
  int,
  list,
  listOf,
  long,
  nonEmptyString,
  oneOf,
  oneOfIgnoringCase,
  password,
  short,
  string,
} from '../../../src/config/types.ts'

const LONG_MAX = '9223372036854775807'

function messageOf(type: ConfigType<unknown>, text: string): string {
  try {
    type.parse('k', text)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  throw new Error(`${JSON.stringify(text)} was accepted`)
}

describe('config types', () => {
  const legal: [type: ConfigType<unknown>, text: string, value: unknown, printed: string][] = [
    [boolean(), 'true', true, 'true'],
    [boolean(), ' FALSE ', false, 'false'],
    [int(), ' 12 ', 12, '12'],
    [int(), '+5', 5, '5'],
    [int(), '-0', 0, '0'],
    [int(), '007', 7, '7'],
    [int({ min: 1, max: 17 }), '17', 17, '17'],
    [int(), '-2147483648', -2147483648, '-2147483648'],
    [short(), '32767', 32767, '32767'],
    [long(), '9007199254740991', 9007199254740991, '9007199254740991'],
    [long(), '9007199254740993', Infinity, '9007199254740993'],
    [long({ min: 1 }), LONG_MAX, Infinity, LONG_MAX],
    [long(), '9223372036854775806', Infinity, '9223372036854775806'],
    [long(), '-9223372036854775808', -Infinity, '-9223372036854775808'],
    [double({ min: 0, max: 1 }), '.5', 0.5, '0.5'],
    [double(), '1e7', 1e7, '1.0E7'],
    [double(), '1e400', Infinity, 'Infinity'],
    [string(), '  a b ', 'a b', 'a b'],
    [nonEmptyString(), 'x', 'x', 'x'],
    [oneOf('gzip', 'zstd'), ' gzip ', 'gzip', 'gzip'],
    [oneOfIgnoringCase('disabled', 'upgrade'), 'UPGRADE', 'upgrade', 'UPGRADE'],
    [list(), ' a , b,c ', ['a', 'b', 'c'], 'a,b,c'],
    [list(), '', [], ''],
    [list(), ',', ['', ''], ','],
    [listOf('compact', 'delete'), 'delete,delete', ['delete', 'delete'], 'delete,delete'],
    [className('a.B'), 'a.B', 'a.B', 'a.B'],
    [classNameText('', 'a.B'), '', '', ''],
  ]
  for (const [type, text, value, printed] of legal) {
    it(`reads ${JSON.stringify(text)} as ${type.name} ${String(value)} and prints ${printed}`, () => {
      expect(type.parse('k', text)).to.deep.equal(value)
      expect(type.canonical(text)).to.equal(printed)
    })
  }

  const illegal: [type: ConfigType<unknown>, text: string, message: string][] = [
    [boolean(), 'yes', 'Invalid value yes for configuration k: Expected value to be either true or false'],
    [int(), 'many', 'Invalid value many for configuration k: Not a number of type INT'],
    [int(), '', 'Invalid value  for configuration k: Not a number of type INT'],
    [int(), '0x10', 'Invalid value 0x10 for configuration k: Not a number of type INT'],
    [int(), '1_000', 'Invalid value 1_000 for configuration k: Not a number of type INT'],
    [int(), '2147483648', 'Invalid value 2147483648 for configuration k: Not a number of type INT'],
    [int({ min: 14 }), '13', 'Invalid value 13 for configuration k: Value must be at least 14'],
    [int({ min: 1, max: 17 }), '18', 'Invalid value 18 for configuration k: Value must be no more than 17'],
    [short(), '32768', 'Invalid value 32768 for configuration k: Not a number of type SHORT'],
    [
      long(),
      '9223372036854775808',
      'Invalid value 9223372036854775808 for configuration k: Not a number of type LONG',
    ],
    [long({ min: -1 }), '-2', 'Invalid value -2 for configuration k: Value must be at least -1'],
    [long(), '1.5', 'Invalid value 1.5 for configuration k: Not a number of type LONG'],
    [double({ min: 0, max: 1 }), '2', 'Invalid value 2.0 for configuration k: Value must be no more than 1'],
    [double(), 'abc', 'Invalid value abc for configuration k: Not a number of type DOUBLE'],
    [double({ min: 0 }), 'NaN', 'Invalid value NaN for configuration k: Not a number of type DOUBLE'],
    [nonEmptyString(), ' ', 'Invalid value  for configuration k: String must be non-empty'],
    [oneOf('a', 'b'), 'A', 'Invalid value A for configuration k: String must be one of: a, b'],
    [
      oneOfIgnoringCase('a', 'b'),
      'c',
      'Invalid value c for configuration k: String must be one of (case insensitive): A, B',
    ],
    [listOf('a', 'b'), 'a,x', 'Invalid value x for configuration k: String must be one of: a, b'],
    [listOf('a', 'b'), 'a,,b', 'Invalid value  for configuration k: String must be one of: a, b'],
    [className('a.B'), 'nope', 'Invalid value nope for configuration k: Class nope could not be found.'],
    [className(), '', 'Invalid value  for configuration k: Class  could not be found.'],
  ]
  for (const [type, text, message] of illegal) {
    it(`refuses ${JSON.stringify(text)} as ${type.name} in Kafka's words`, () => {
      expect(messageOf(type, text)).to.equal(message)
    })
  }

  it('prints an infinite LONG as the largest one, which is what it was read from', () => {
    expect(long().print(Infinity)).to.equal(LONG_MAX)
    expect(long().print(-Infinity)).to.equal('-9223372036854775808')
    expect(long().print(604_800_000)).to.equal('604800000')
  })

  it('hides a password from everything but reveal', () => {
    const secret = password().parse('k', ' hunter2 ')
    expect(secret).to.be.instanceOf(Secret)
    expect(secret.reveal()).to.equal('hunter2')
    expect(`${secret.toString()} ${JSON.stringify({ secret })}`).not.to.contain('hunter2')
    expect(password().canonical('hunter2')).to.equal('[hidden]')
  })

  it('says what is allowed, for people', () => {
    expect(int({ min: 14 }).allowed).to.equal('a whole number, at least 14')
    expect(int({ min: 1, max: 17 }).allowed).to.equal('a whole number from 1 to 17')
    expect(int({ max: 3 }).allowed).to.equal('a whole number, at most 3')
    expect(long().allowed).to.equal('a whole number')
    expect(className().allowed).to.contain('no Java class can be loaded')
  })
})
