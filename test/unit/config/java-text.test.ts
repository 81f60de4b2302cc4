import { expect } from 'chai'
import { javaTrim, parseJavaDouble, parseJavaInt, printJavaDouble } from '../../../src/config/java-text.ts'

describe('java text', () => {
  it('trims control characters and spaces, but not other blanks', () => {
    expect(javaTrim('\t\u0000 a b \r\n')).to.equal('a b')
    expect(javaTrim('\u00a0a\u00a0')).to.equal('\u00a0a\u00a0')
    expect(javaTrim('  ')).to.equal('')
  })

  const printed: [number, string][] = [
    [0.5, '0.5'],
    [0, '0.0'],
    [-0, '-0.0'],
    [100, '100.0'],
    [1048576, '1048576.0'],
    [9999999.5, '9999999.5'],
    [1e7, '1.0E7'],
    [123456789.5, '1.234567895E8'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [1e21, '1.0E21'],
    [-2.5e-10, '-2.5E-10'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
    [NaN, 'NaN'],
  ]
  for (const [value, text] of printed) {
    it(`prints ${value} as Java does: ${text}`, () => expect(printJavaDouble(value)).to.equal(text))
  }

  const doubles: [string, number | null][] = [
    ['1', 1],
    ['+.5', 0.5],
    ['5.', 5],
    ['-5e-1', -0.5],
    ['1.5d', 1.5],
    ['2F', 2],
    ['-Infinity', -Infinity],
    ['', null],
    ['.', null],
    ['NaN', null],
    ['1e', null],
    ['0x1p3', null],
    ['1 2', null],
  ]
  for (const [text, value] of doubles) {
    it(`reads ${JSON.stringify(text)} as the double ${value}`, () =>
      expect(parseJavaDouble(text)).to.equal(value))
  }

  const ints: [string, number | null][] = [
    ['0', 0],
    ['00', 0],
    ['+7', 7],
    ['-2147483648', -2147483648],
    ['2147483648', null],
    [' 1', null],
    ['x', null],
    ['', null],
  ]
  for (const [text, value] of ints) {
    it(`reads ${JSON.stringify(text)} as the int ${value}`, () => expect(parseJavaInt(text)).to.equal(value))
  }
})
