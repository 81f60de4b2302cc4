import { expect } from 'chai'
import { judge, METRICS, timesOf, type Evidence } from '../../../../src/drill/run/judge.ts'
import type { Sample } from '../../../../src/drill/run/recorder.ts'
import type { Delivery } from '../../../../src/drill/workload/workload.ts'

const sample = (atMs: number, changes: Partial<Sample> = {}): Sample => ({
  atMs,
  offline: 0,
  underReplicated: 0,
  underMinInSync: 0,
  controller: 1,
  lag: 0,
  ...changes,
})

const delivery = (doneMs: number, changes: Partial<Delivery> = {}): Delivery => ({
  dueMs: doneMs - 10,
  doneMs,
  lane: 'all',
  partition: 0,
  error: null,
  ...changes,
})

const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  deliveries: [],
  samples: [],
  events: [],
  truth: [],
  partitions: 1,
  startMs: 0,
  faultMs: 1000,
  endMs: 10_000,
  measured: new Map(),
  ...changes,
})

const valueOf = (of: Evidence, metric: string, threshold: string, window: 'run' | 'fault' = 'run'): number =>
  judge(of, { [metric]: [{ threshold, window }] })[0]!.value

describe('the judge of a drill', () => {
  it('measures the longest pause between acknowledgements of a partition', () => {
    const deliveries = [500, 900, 4900, 5000, 9900].map((at) => delivery(at))
    expect(valueOf(evidence({ deliveries }), 'write_gap_ms', 'max<1')).to.equal(4900)
  })

  it('counts a partition that stayed silent to the end', () => {
    expect(valueOf(evidence({ deliveries: [delivery(2000)] }), 'write_gap_ms', 'max<1')).to.equal(8000)
    expect(valueOf(evidence(), 'write_gap_ms', 'max<1')).to.equal(10_000)
  })

  it('looks at every partition by itself', () => {
    const deliveries = [1000, 3000, 5000, 7000, 9000].map((at) =>
      delivery(at, { partition: (at / 1000) % 2 }),
    )
    expect(valueOf(evidence({ deliveries, partitions: 2 }), 'write_gap_ms', 'max<1')).to.equal(10_000)
  })

  it('does not count refusals as acknowledgements', () => {
    const deliveries = [delivery(1000), delivery(5000, { error: 'REQUEST_TIMED_OUT' }), delivery(9000)]
    expect(valueOf(evidence({ deliveries }), 'write_gap_ms', 'max<1')).to.equal(8000)
    expect(valueOf(evidence({ deliveries }), 'produce_errors', 'rate<1')).to.be.closeTo(1 / 3, 1e-9)
  })

  it('measures from when a record was due, so that a stalled cluster counts', () => {
    const deliveries = [delivery(5000, { dueMs: 1000 })]
    expect(valueOf(evidence({ deliveries }), 'produce_ms', 'max<1')).to.equal(4000)
  })

  it('leaves out what was before the fault where the window says so', () => {
    const deliveries = [delivery(900, { dueMs: 100 }), delivery(2000)]
    expect(valueOf(evidence({ deliveries }), 'produce_ms', 'max<1', 'fault')).to.equal(10)
    expect(valueOf(evidence({ deliveries }), 'produce_ms', 'max<1')).to.equal(800)
  })

  it('adds up the seconds in which partitions were under-replicated', () => {
    const samples = [
      sample(1000),
      sample(2000, { underReplicated: 2 }),
      sample(3500, { underReplicated: 1 }),
      sample(4000),
    ]
    expect(valueOf(evidence({ samples }), 'urp_seconds', 'value<1')).to.equal(2)
  })

  it('has no verdict on losses that were never counted', () => {
    const [result] = judge(evidence(), { acked_lost: ['value==0'] })
    expect(result?.value).to.be.NaN
    expect(result?.holds).to.equal(false)
  })

  it('takes what a step measured by its name', () => {
    const measured = new Map([['drift', 3]])
    expect(valueOf(evidence({ measured }), 'measured_drift', 'value==0')).to.equal(3)
  })

  it('knows how to measure every metric that a file may name', () => {
    const truth = [
      {
        lane: 'all' as const,
        sent: 1,
        acknowledged: 1,
        failed: 0,
        read: 1,
        lost: 0,
        duplicated: 0,
        reordered: 0,
      },
    ]
    const full = evidence({
      truth: [...truth, { ...truth[0]!, lane: '1' as const }],
      deliveries: [delivery(2000), delivery(2100, { lane: '1' }), delivery(4000)],
      samples: [sample(500), sample(1500, { underReplicated: 1, controller: null }), sample(2000)],
    })
    for (const metric of METRICS) expect(valueOf(full, metric, 'max<1'), metric).not.to.be.NaN
  })

  it('tells when a fault was noticed, when writes went on, and when all replicas were in sync', () => {
    const samples = [
      sample(500),
      sample(1500, { underReplicated: 3 }),
      sample(2500, { underReplicated: 3 }),
      sample(4000),
    ]
    const deliveries = [
      delivery(900),
      delivery(3900),
      delivery(9900),
      ...[4200, 4500].map((at) => delivery(at)),
    ]
    const times = timesOf(
      evidence({ samples, deliveries: deliveries.filter(({ doneMs }) => doneMs < 4600), endMs: 4600 }),
    )
    expect(times).to.deep.equal({ detectMs: 500, serveAgainMs: 2900, replicatedMs: 3000 })
  })

  it('says that there was nothing to notice when there was no fault', () => {
    expect(timesOf(evidence({ faultMs: null }))).to.deep.equal({
      detectMs: null,
      serveAgainMs: null,
      replicatedMs: null,
    })
  })
})
