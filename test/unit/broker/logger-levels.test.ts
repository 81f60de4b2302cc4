import { expect } from 'chai'
import { LoggerLevels } from '../../../src/broker/logger-levels.ts'
import type { LogLevels } from '../../../src/platform/logger.ts'

class FakeLevels implements LogLevels {
  root = 'info'
  readonly own = new Map<string, string>()

  components(): string[] {
    return ['Router', 'HttpServer']
  }

  setLevel(level: string): void {
    this.root = level
  }

  setComponentLevel(component: string, level: string | null): void {
    if (level === null) this.own.delete(component)
    else this.own.set(component, level)
  }
}

describe('LoggerLevels', () => {
  let target: FakeLevels
  let levels: LoggerLevels

  beforeEach(() => {
    target = new FakeLevels()
    levels = new LoggerLevels({ target, level: 'warn' })
  })

  it('has the names that administrators of Kafka know, and those of our own parts', () => {
    const known = levels.levels()
    expect(known.get('root')).to.equal('WARN')
    expect(known.get('kafka.server.KafkaApis')).to.equal('WARN')
    expect(known.get('zurau.HttpServer')).to.equal('WARN')
  })

  it('changes one logger, and what the log lets through of its part', () => {
    levels.change(new Map([['kafka.server.KafkaApis', 'DEBUG']]))
    expect(levels.levels().get('kafka.server.KafkaApis')).to.equal('DEBUG')
    expect(levels.levels().get('kafka.log.LogManager')).to.equal('WARN')
    expect([...target.own]).to.deep.equal([['Router', 'debug']])
  })

  it('gives a logger back to the root', () => {
    levels.change(new Map([['kafka.server.KafkaApis', 'DEBUG']]))
    levels.change(new Map([['kafka.server.KafkaApis', null]]))
    expect(levels.levels().get('kafka.server.KafkaApis')).to.equal('WARN')
    expect(target.own.size).to.equal(0)
  })

  it('lets the root’s level hold for all that have none of their own', () => {
    levels.change(new Map([['root', 'ERROR']]))
    expect(target.root).to.equal('error')
    expect(levels.levels().get('zurau.HttpServer')).to.equal('ERROR')
  })
})
