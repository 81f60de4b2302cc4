import { expect } from 'chai'
import { formatPretty } from '../../../../src/platform/node/pretty-line.ts'

function line(details: Record<string, unknown> = {}): string {
  return JSON.stringify({
    level: 'warn',
    time: '2026-01-02T03:04:05.678Z',
    component: 'log',
    ...details,
    msg: 'slow disk',
  })
}

describe('a line for people', () => {
  it('shows time of day, level, component, words and details', () => {
    expect(formatPretty(line({ elapsedMs: 12, files: ['a', 'b'] }), false)).to.equal(
      '03:04:05.678 WARN  [log] slow disk elapsedMs=12 files=["a","b"]\n',
    )
  })

  it('does without a component', () => {
    const json = '{"level":"info","time":"2026-01-02T03:04:05.678Z","msg":"started"}\n'
    expect(formatPretty(json, false)).to.equal('03:04:05.678 INFO  started\n')
  })

  it('colours the level and fades the rest', () => {
    expect(formatPretty(line({ elapsedMs: 12 }), true)).to.equal(
      '\u001b[2m03:04:05.678\u001b[0m \u001b[33mWARN \u001b[0m \u001b[2m[log]\u001b[0m slow disk \u001b[2melapsedMs=\u001b[0m12\n',
    )
  })

  it('puts the stack of an error on lines of its own', () => {
    const error = { type: 'Error', message: 'no', stack: 'Error: no\n    at one\n    at two' }
    expect(formatPretty(line({ error, topic: 'orders' }), false)).to.equal(
      '03:04:05.678 WARN  [log] slow disk topic=orders\n    Error: no\n    at one\n    at two\n',
    )
  })

  it('shows what was thrown when it was no error', () => {
    expect(formatPretty(line({ error: 'a string' }), false)).to.contain('slow disk error=a string')
  })

  it('lets no control character through to the terminal', () => {
    const json = JSON.stringify({ level: 'info', time: '', msg: 'a\u001b[31mb\nc', topic: 'd\u0007' })
    const printed = formatPretty(json, false)
    expect(printed).to.contain('a\\u001b[31mb\\nc topic=d\\u0007')
    expect(printed.indexOf('\n')).to.equal(printed.length - 1)
  })

  it('passes on what is no line of ours', () => {
    for (const text of ['no JSON\n', '[1,2]\n', '"text"\n', 'null\n'])
      expect(formatPretty(text, true)).to.equal(text)
  })
})
