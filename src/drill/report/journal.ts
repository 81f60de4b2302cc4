import { VERSION_OF_JOURNAL } from './report-version.ts'
import type { ActivityResult, DrillResult } from '../run/drill-result.ts'

/** Chaos Toolkit's words for a verdict. */
function statusOf({ verdict }: DrillResult): string {
  switch (verdict) {
    case 'held':
    case 'breached':
    case 'deviated':
      return 'completed'
    case 'aborted':
      return 'aborted'
    case 'not-steady':
    case 'failed':
      return 'failed'
  }
}

function activity(result: ActivityResult, startedMs: number): object {
  return {
    activity: {
      type: result.type,
      name: result.name,
      provider: { type: 'process', path: 'zurau', arguments: result.command },
    },
    status: result.status,
    output: result.output,
    ...(result.type === 'probe' ? { tolerance_met: result.tolerated } : {}),
    start: new Date(startedMs + result.startMs).toISOString(),
    end: new Date(startedMs + result.startMs + result.durationMs).toISOString(),
    duration: result.durationMs / 1000,
    ...(result.error === null ? {} : { exception: result.error }),
  }
}

/** The journal of a run as Chaos Toolkit writes it, with what we add under `zurau`. */
export function journal(result: DrillResult): object {
  const { startedMs, steadyBefore, steadyAfter } = result
  const steady = (results: readonly ActivityResult[]): object => ({
    steady_state_met: results.every((each) => each.status === 'succeeded' && each.tolerated),
    probes: results.map((each) => activity(each, startedMs)),
  })
  return {
    'chaoslib-version': VERSION_OF_JOURNAL,
    experiment: result.experiment,
    start: new Date(startedMs).toISOString(),
    end: new Date(startedMs + result.wallMs).toISOString(),
    duration: result.wallMs / 1000,
    status: statusOf(result),
    deviated: result.verdict === 'deviated' || result.verdict === 'breached',
    steady_states: { before: steady(steadyBefore), after: steady(steadyAfter) },
    run: result.run.map((each) => activity(each, startedMs)),
    rollbacks: result.rollbacks.map((each) => activity(each, startedMs)),
    zurau: {
      verdict: result.verdict,
      reason: result.reason,
      brokers: result.brokerName,
      zookeepers: result.zookeepers,
      times: result.times,
      truth: result.truth,
      thresholds: result.thresholds,
      faultMs: result.faultMs,
      endMs: result.endMs,
    },
  }
}

/** The journal as JSON lines: the head first, then every event and every sample by itself. */
export function* journalLines(result: DrillResult): Generator<string> {
  yield `${JSON.stringify({ kind: 'journal', ...journal(result) })}\n`
  for (const event of result.events) yield `${JSON.stringify({ ...event, kind: 'event', of: event.kind })}\n`
  for (const sample of result.samples) {
    yield `${JSON.stringify({ kind: 'sample', ...sample })}\n`
  }
}
