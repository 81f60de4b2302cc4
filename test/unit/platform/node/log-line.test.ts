import { expect } from 'chai'
import { formatJson, printDetails, printError } from '../../../../src/platform/node/log-line.ts'

const time = '2026-01-02T03:04:05.678Z'

describe('a line of the log', () => {
  it('is JSON with level, time, component, details and words, in this order', () => {
    const line = formatJson({
      level: 'info',
      time,
      component: 'log',
      msg: 'rolled',
      details: { baseOffset: 42 },
    })
    expect(line).to.equal(
      `{"level":"info","time":"${time}","component":"log","baseOffset":42,"msg":"rolled"}\n`,
    )
  })

  it('does without component and details', () => {
    const line = formatJson({ level: 'warn', time, msg: 'slow', details: undefined })
    expect(line).to.equal(`{"level":"warn","time":"${time}","msg":"slow"}\n`)
  })

  it('stays one line whatever the words are', () => {
    const line = formatJson({ level: 'info', time, msg: 'two\nlines', details: { also: 'two\nlines' } })
    expect(line.indexOf('\n')).to.equal(line.length - 1)
  })

  it('drops details that cannot be printed, and keeps the words', () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const line = formatJson({ level: 'info', time, component: 'log', msg: 'words', details: { circular } })
    expect(line).to.equal(`{"level":"info","time":"${time}","component":"log","msg":"words"}\n`)
  })
})

describe('details', () => {
  it('are copied, with large whole numbers as text', () => {
    const details = { offset: 2n ** 63n - 1n, topic: 'orders' }
    expect(printDetails(details)).to.deep.equal({ offset: '9223372036854775807', topic: 'orders' })
    expect(details.offset).to.equal(2n ** 63n - 1n)
    expect(printDetails(undefined)).to.deep.equal({})
  })

  it('turn an error into data under its own key only', () => {
    const error = new RangeError('too large')
    const printed = printDetails({ error, cause: 'x' })
    expect(printed['error']).to.include({ type: 'RangeError', message: 'too large', stack: error.stack })
    expect(printed['cause']).to.equal('x')
  })
})

describe('a printed error', () => {
  it('names its code when it has one', () => {
    expect(printError(Object.assign(new Error('full'), { code: 'ENOSPC' }))).to.include({ code: 'ENOSPC' })
    expect(printError(new Error('plain'))).to.not.have.property('code')
  })

  it('follows its causes, but not for ever', () => {
    const error = new Error('the last')
    error.cause = new Error('the one before', { cause: error })
    const { stack } = printError(error) as { stack: string }
    expect(stack).to.match(
      /^Error: the last[^]*caused by: Error: the one before[^]*caused by: Error: the last/,
    )
    expect(stack.match(/caused by/g)).to.have.length(5)
  })

  it('is whatever was thrown when that is no error', () => {
    expect(printError('a string')).to.equal('a string')
    expect(printError(undefined)).to.equal(undefined)
  })
})
