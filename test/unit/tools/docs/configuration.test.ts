import { expect } from 'chai'
import { brokerKeyNames } from '../../../../src/config/broker-keys.ts'
import { topicKeyNames } from '../../../../src/config/topic-keys.ts'
import { configurationMarkdown } from '../../../../src/tools/docs/configuration.ts'

describe('docs/configuration.md', () => {
  const markdown = configurationMarkdown()
  const rows = markdown.split('\n').filter((line) => line.startsWith('| `'))

  it('has a row for every key of a broker and of a topic, once', () => {
    const keys = [...brokerKeyNames, ...topicKeyNames].sort()
    const documented = rows
      .map((row) => /^\| `([^`]+)`/.exec(row)?.[1] ?? '')
      .filter((name) => !/^(KAFKA|ZURAU)_/.test(name))
    expect(documented.sort()).to.deep.equal(keys)
  })

  it('has tables whose rows have as many cells as their heads', () => {
    let cells = 0
    for (const line of markdown.split('\n')) {
      const count = line.replaceAll('\\|', '').split('|').length
      if (!line.startsWith('|')) cells = 0
      else if (cells === 0) cells = count
      else expect(count, line).to.equal(cells)
    }
  })

  it('prints defaults as Kafka does and says what has no effect', () => {
    expect(markdown).to.contain(
      '| `log.flush.interval.messages` | LONG: a whole number, at least 1 | `9223372036854775807` |',
    )
    expect(rows.find((row) => row.startsWith('| `num.io.threads`'))).to.contain('**Without effect:**')
  })

  it('is the same text every time', () => {
    expect(configurationMarkdown()).to.equal(markdown)
  })
})
