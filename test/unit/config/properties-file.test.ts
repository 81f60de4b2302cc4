import { expect } from 'chai'
import { parsePropertiesFile } from '../../../src/config/properties-file.ts'

function linesOf(text: string): [string, string, number][] {
  return parsePropertiesFile('f', text).properties.map(({ name, value, line }) => [name, value, line])
}

describe('properties file', () => {
  const cases: [what: string, text: string, lines: [string, string, number][]][] = [
    ['nothing', '', []],
    ['comments and empty lines', '# a=1\n\n  ! b=2\n', []],
    [
      'every separator',
      'a=1\nb: 2\nc 3\nd = = 4\ne\n',
      [
        ['a', '1', 1],
        ['b', '2', 2],
        ['c', '3', 3],
        ['d', '= 4', 4],
        ['e', '', 5],
      ],
    ],
    ['blanks: leading ones go, trailing ones stay', '  a  =  1  \n', [['a', '1  ', 1]]],
    [
      'line ends of Windows and of old Macs',
      '#\r\na=1\r\n\rb=2',
      [
        ['a', '1', 2],
        ['b', '2', 4],
      ],
    ],
    [
      'continued lines, which count from where they begin',
      'a=1,\\\n   2,\\\n   3\nb=4',
      [
        ['a', '1,2,3', 1],
        ['b', '4', 4],
      ],
    ],
    ['escapes', 'a\\=b=c\\\\d\\u00e9\\tx\n', [['a=b', 'c\\dé\tx', 1]]],
    [
      'repetitions, in order',
      'a=1\na=2',
      [
        ['a', '1', 1],
        ['a', '2', 2],
      ],
    ],
    ['a byte order mark', '\uFEFFa=1', [['a', '1', 1]]],
    [
      'a JAAS line',
      'listener.name.a.plain.sasl.jaas.config=x.PlainLoginModule required \\\n  username="u" \\\n  password="p=:#";',
      [
        [
          'listener.name.a.plain.sasl.jaas.config',
          'x.PlainLoginModule required username="u" password="p=:#";',
          1,
        ],
      ],
    ],
  ]
  for (const [what, text, lines] of cases) {
    it(`reads ${what}`, () => expect(linesOf(text)).to.deep.equal(lines))
  }

  it('refuses what is far too long to be one', () => {
    expect(() => parsePropertiesFile('huge.properties', ' '.repeat(4 * 1024 * 1024 + 1))).to.throw(
      'huge.properties: 4194305 characters are too many for a properties file (limit 4194304)',
    )
  })
})
