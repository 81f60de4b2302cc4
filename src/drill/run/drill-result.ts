import type { Experiment } from '../experiment/experiment.ts'
import type { LaneTruth } from '../workload/ledger.ts'
import type { Evidence, ThresholdResult, Times } from './judge.ts'
import type { Sample, TimelineEvent } from './recorder.ts'
import type { CommandValue } from './stage.ts'

/** What a step came to. */
export interface ActivityResult {
  readonly name: string
  readonly type: 'action' | 'probe'
  readonly command: string
  readonly startMs: number
  readonly durationMs: number
  readonly status: 'succeeded' | 'failed'
  readonly output: CommandValue | null
  /** Of a probe: whether the value is what it should be. */
  readonly tolerated: boolean
  readonly error: string | null
}

export type Verdict = 'held' | 'deviated' | 'breached' | 'not-steady' | 'aborted' | 'failed'

/** As k6 and the drill format have it. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = {
  held: 0,
  failed: 1,
  'not-steady': 3,
  deviated: 4,
  aborted: 5,
  breached: 99,
}

export interface DrillResult {
  readonly experiment: Experiment
  readonly verdict: Verdict
  /** Why, in one line. */
  readonly reason: string
  readonly startedMs: number
  readonly wallMs: number
  readonly brokerName: string
  readonly zookeepers: number
  readonly steadyBefore: readonly ActivityResult[]
  readonly steadyAfter: readonly ActivityResult[]
  readonly run: readonly ActivityResult[]
  readonly rollbacks: readonly ActivityResult[]
  readonly thresholds: readonly ThresholdResult[]
  readonly times: Times
  readonly truth: readonly LaneTruth[]
  readonly samples: readonly Sample[]
  readonly events: readonly TimelineEvent[]
  readonly deliveries: Evidence['deliveries']
  readonly faultMs: number | null
  readonly endMs: number
}

/** Whom a run tells how it goes. */
export interface DrillListener {
  phase(text: string): void
  activity(phase: string, result: ActivityResult): void
  event(event: TimelineEvent): void
}
