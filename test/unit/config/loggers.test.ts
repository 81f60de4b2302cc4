import { expect } from 'chai'
import type { LoggerLevel } from '../../../src/config/loggers.ts'
import {
  alteredLoggers,
  checkAlteredLoggersBroker,
  checkDescribedLoggersBroker,
  describeLoggers,
} from '../../../src/config/loggers.ts'
import { KafkaError } from '../../../src/model/errors.ts'

const LEVELS = new Map<string, LoggerLevel>([
  ['root', 'WARN'],
  ['kafka.server', 'INFO'],
])

function refusalOf(act: () => void): string {
  try {
    act()
  } catch (error) {
    if (error instanceof KafkaError) return `${error.error}: ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('loggers as configuration', () => {
  it('are described with their levels, in order', () => {
    expect(
      describeLoggers(LEVELS, null).map(({ name, value, configSource }) => [name, value, configSource]),
    ).to.deep.equal([
      ['kafka.server', 'INFO', 6],
      ['root', 'WARN', 6],
    ])
    expect(describeLoggers(LEVELS, ['root', 'nope']).map(({ name }) => name)).to.deep.equal(['root'])
  })

  it('get another level, or follow the root again', () => {
    const changes = alteredLoggers(LEVELS, [
      { name: 'root', configOperation: 0, value: 'DEBUG' },
      { name: 'kafka.server', configOperation: 1, value: null },
    ])
    expect([...changes]).to.deep.equal([
      ['root', 'DEBUG'],
      ['kafka.server', null],
    ])
  })

  const refused: [name: string, configOperation: number, value: string | null, message: string][] = [
    [
      'root',
      0,
      'LOUD',
      'INVALID_CONFIG: Cannot set the log level of root to LOUD as it is not a supported log level. Valid log levels are ' +
        'DEBUG, ERROR, FATAL, INFO, TRACE, WARN',
    ],
    ['nope', 0, 'INFO', 'INVALID_CONFIG: Logger nope does not exist!'],
    ['nope', 1, null, 'INVALID_CONFIG: Logger nope does not exist!'],
    ['root', 1, null, 'INVALID_REQUEST: Removing the log level of the root logger is not allowed'],
    ['root', 2, 'INFO', 'INVALID_REQUEST: APPEND operation is not allowed for the BROKER_LOGGER resource'],
    ['root', 3, 'INFO', 'INVALID_REQUEST: SUBTRACT operation is not allowed for the BROKER_LOGGER resource'],
    ['root', 9, 'INFO', 'INVALID_REQUEST: Unknown operations type 9'],
  ]
  for (const [name, configOperation, value, message] of refused) {
    it(`refuse operation ${configOperation} with ${value} on ${name}`, () => {
      expect(refusalOf(() => alteredLoggers(LEVELS, [{ name, configOperation, value }]))).to.equal(message)
    })
  }

  it('belong to the broker that is named', () => {
    expect(refusalOf(() => checkAlteredLoggersBroker('0', 0))).to.equal('accepted')
    expect(refusalOf(() => checkDescribedLoggersBroker('0', 0))).to.equal('accepted')
    expect(refusalOf(() => checkAlteredLoggersBroker('', 0))).to.equal(
      'INVALID_REQUEST: Node id must be an integer, but it is: ',
    )
    expect(refusalOf(() => checkAlteredLoggersBroker('4', 0))).to.equal(
      'INVALID_REQUEST: Unexpected node id. Expected 0, but received 0',
    )
    expect(refusalOf(() => checkDescribedLoggersBroker('', 0))).to.equal(
      'INVALID_REQUEST: Broker id must not be empty',
    )
    expect(refusalOf(() => checkDescribedLoggersBroker('9', 0))).to.equal(
      'INVALID_REQUEST: Unexpected broker id, expected 0 but received 9',
    )
  })
})
