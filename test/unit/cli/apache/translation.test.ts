import { expect } from 'chai'
import { CliError } from '../../../../src/cli/cli-error.ts'
import { connectionWords, oneAction } from '../../../../src/cli/apache/connection.ts'
import { formatOf } from '../../../../src/cli/apache/console-consumer.ts'
import { splitPairs } from '../../../../src/cli/apache/kafka-configs.ts'

describe("Apache's flags", () => {
  it('name the cluster in old ways and new ones', () => {
    expect(connectionWords({ brokerList: 'a:1' })).to.deep.equal(['-b', 'a:1'])
    expect(connectionWords({ zookeeper: 'z:2/k' })).to.deep.equal(['--zookeeper', 'z:2/k'])
    expect(connectionWords({ bootstrapServer: 'b:1', zookeeper: 'z:2' })).to.deep.equal(['-b', 'b:1'])
  })

  it('ask for one thing at a time', () => {
    expect(oneAction({ list: true, create: false }, ['list', 'create'])).to.equal('list')
    expect(() => oneAction({}, ['list', 'resetOffsets'])).to.throw(CliError, '--reset-offsets')
    expect(() => oneAction({ list: true, create: true }, ['list', 'create'])).to.throw(
      CliError,
      'exactly one',
    )
  })

  it('hold commas together with brackets', () => {
    expect(splitPairs('a=1,b=[x,y],c=z')).to.deep.equal(['a=1', 'b=x,y', 'c=z'])
  })

  it('say what the console consumer prints', () => {
    expect(formatOf(new Map())).to.equal('%v\\n')
    expect(
      formatOf(
        new Map([
          ['print.key', 'true'],
          ['key.separator', ':'],
        ]),
      ),
    ).to.equal('%k:%v\\n')
    expect(
      formatOf(
        new Map([
          ['print.offset', 'true'],
          ['print.value', 'false'],
        ]),
      ),
    ).to.equal('Offset:%o\\n')
  })
})
