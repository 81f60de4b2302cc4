import { expect } from 'chai'
import { ProcessMetrics } from '../../../src/http/process-metrics.ts'
import { exposition } from '../../../src/metrics/prometheus.ts'
import { createMetrics } from '../../../src/metrics/registry.ts'
import type { CollectionKind, ProcessStats } from '../../../src/platform/process-stats.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { Scheduler } from '../../fakes/scheduler.ts'
import { SimulatedProcess } from '../../fakes/simulated-process.ts'
import { parseExposition } from '../../support/parse-exposition.ts'

class FakeProcessStats implements ProcessStats {
  readonly startedAtMs = 1_700_000_000_500
  readonly runtimeVersion = '20.19.1'
  idleMs = 0
  files: number | null = 12
  readonly listeners = new Set<(kind: CollectionKind, seconds: number) => void>()

  cpu() {
    return { userSeconds: 2, systemSeconds: 0.5 }
  }

  memory() {
    return { residentBytes: 5, virtualBytes: null, heapTotalBytes: 4, heapUsedBytes: 3, externalBytes: 2 }
  }

  heapSpaces() {
    return [{ name: 'old', sizeBytes: 10, usedBytes: 7 }]
  }

  openFiles() {
    return this.files
  }

  maxOpenFiles() {
    return 1024
  }

  eventLoop() {
    return { idleMs: this.idleMs, activeMs: 0 }
  }

  activeResources() {
    return new Map([['Timeout', 2]])
  }

  onCollection(listener: (kind: CollectionKind, seconds: number) => void) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

function aProcess() {
  const clock = new FakeClock()
  const metrics = createMetrics({ clock })
  const stats = new FakeProcessStats()
  const recorder = new ProcessMetrics({ clock, metrics, stats, version: '1.2.3' })
  const value = (name: string, labels: Record<string, string> = {}): number | undefined => {
    const text = [...exposition(metrics)].join('')
    const samples = [...parseExposition(text).values()].flatMap((metric) => metric.samples)
    const wanted = JSON.stringify(labels)
    return samples.find((sample) => sample.name === name && JSON.stringify(sample.labels) === wanted)?.value
  }
  return { clock, metrics, stats, recorder, value }
}

describe('ProcessMetrics', () => {
  it('shows what the process knows of itself', () => {
    const { recorder, value } = aProcess()
    recorder.start()
    expect(value('process_cpu_seconds_total')).to.equal(2.5)
    expect(value('process_resident_memory_bytes')).to.equal(5)
    expect(value('process_start_time_seconds')).to.equal(1_700_000_000.5)
    expect(value('nodejs_heap_space_size_used_bytes', { space: 'old' })).to.equal(7)
    expect(value('nodejs_active_resources', { type: 'Timeout' })).to.equal(2)
    expect(
      value('nodejs_version_info', { version: 'v20.19.1', major: '20', minor: '19', patch: '1' }),
    ).to.equal(1)
    expect(value('zurau_build_info', { version: '1.2.3' })).to.equal(1)
    recorder.stop()
  })

  it('leaves out what the system does not tell', () => {
    const { recorder, stats, value } = aProcess()
    recorder.start()
    expect(value('process_open_fds')).to.equal(12)
    stats.files = null
    expect(value('process_open_fds')).to.equal(undefined)
    expect(value('process_virtual_memory_bytes')).to.equal(undefined)
    recorder.stop()
  })

  it('shows how much of the last minute the event loop was idle, as Kafka does of its threads', async () => {
    const { clock, recorder, stats, value } = aProcess()
    recorder.start()
    for (let tick = 0; tick < 1_200; tick++) {
      await clock.advance(100)
      stats.idleMs += 75
    }
    for (const name of [
      'kafka_network_socketserver_networkprocessoravgidle_percent',
      'kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent',
    ]) {
      expect(value(name)).to.be.closeTo(0.75, 0.01)
    }
    expect(value('nodejs_eventloop_utilization')).to.be.closeTo(0.25, 0.01)
    recorder.stop()
  })

  it('records how late the event loop is, and remembers the worst for some seconds', async () => {
    const scheduler = new Scheduler()
    const process = new SimulatedProcess(scheduler, 'broker')
    const clock = new FakeClock({ scheduler, process })
    const metrics = createMetrics({ clock })
    const recorder = new ProcessMetrics({ clock, metrics, stats: new FakeProcessStats(), version: '1' })
    recorder.start()
    await clock.advance(1_000)
    expect(recorder.eventLoopDelayMs).to.equal(0)
    process.block(1_500)
    expect(recorder.eventLoopDelayMs).to.equal(1_400)
    await clock.advance(1_600)
    expect(recorder.eventLoopDelayMs).to.equal(1_400)
    expect(metrics.histogram('zurau_event_loop_delay_seconds').with().maximum(clock.monotonicMs())).to.equal(
      1.4,
    )
    await clock.advance(11_000)
    expect(recorder.eventLoopDelayMs).to.equal(0)
    recorder.stop()
  })

  it('records garbage collections while it runs', () => {
    const { recorder, stats, value } = aProcess()
    recorder.start()
    for (const listener of stats.listeners) listener('minor', 0.25)
    expect(value('nodejs_gc_duration_seconds_sum', { kind: 'minor' })).to.equal(0.25)
    recorder.stop()
    expect(stats.listeners.size).to.equal(0)
  })

  it('leaves no timer behind', async () => {
    const { clock, recorder } = aProcess()
    recorder.start()
    await clock.advance(250)
    expect(clock.pendingTimers).to.equal(1)
    recorder.stop()
    expect(clock.pendingTimers).to.equal(0)
  })

  it('shows the state of the registry', () => {
    const { metrics, recorder, value } = aProcess()
    recorder.start()
    metrics
      .gauge('kafka_brokers')
      .with()
      .readBy(() => {
        throw new Error('gone')
      })
    value('zurau_metrics_series')
    expect(value('zurau_metrics_series')).to.equal(metrics.seriesCount)
    expect(value('zurau_metrics_failed_reads_total')).to.be.greaterThan(0)
    expect(value('zurau_metrics_dropped_series_total')).to.equal(0)
    recorder.stop()
  })
})
