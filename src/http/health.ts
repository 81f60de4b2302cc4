import type { Clock } from '../platform/clock.ts'
import { flag, type HttpAnswer, json, type Route } from './route.ts'

/** One thing that must hold. */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  /** What a person should know, above all when it does not hold. */
  readonly why?: string
  /** Since when it is as it is, wall clock. Left out: since an answer first said so. */
  readonly sinceMs?: number
}

/**
 * What the broker knows of its own health. Called at every probe: it must be quick, and it must not throw where a
 * check that does not hold would say it.
 */
export interface HealthSource {
  /** What makes the process worth keeping: where it fails, a restart is the cure. */
  live(): readonly HealthCheck[]
  /** What start-up has to get done: logs recovered, registered, first metadata. Holds for good once it held. */
  started(): readonly HealthCheck[]
  /** What must hold for clients to be sent here: a session with ZooKeeper, registered, not shutting down. */
  ready(): readonly HealthCheck[]
  /** Whether every replica of this broker is in sync: what a rolling restart waits for before the next broker. */
  inSync(): readonly HealthCheck[]
}

/** The body of a health answer. */
export interface HealthReport {
  readonly status: 'ok' | 'failing'
  /** Since when the status is what it is: the youngest success, or the oldest failure. ISO 8601. */
  readonly since: string
  readonly checks: readonly {
    readonly name: string
    readonly status: 'ok' | 'failing'
    readonly why?: string
    readonly since: string
  }[]
}

/** A process whose event loop was held for longer than this is not alive in any way that helps a client. */
const MAX_EVENT_LOOP_DELAY_MS = 1_000

export interface HealthOptions {
  readonly clock: Clock
  readonly source: HealthSource
  /** The worst delay of the event loop in the last seconds. */
  readonly eventLoopDelayMs: () => number
}

/** Liveness, readiness and start-up as Kubernetes and load balancers ask for them: 200, or 503 with the reasons. */
export function healthRoutes({ clock, source, eventLoopDelayMs }: HealthOptions): Route[] {
  const firstSeen = new FirstSeen(clock)
  const answer = (probe: string, checks: readonly HealthCheck[]): HttpAnswer => {
    const report = reportOf(checks, firstSeen.of(probe, checks), clock.nowMs())
    return json(report.status === 'ok' ? 200 : 503, report)
  }
  return [
    {
      path: '/healthz',
      doc: 'Whether the process is alive: 200 or 503. Where it is not, restart it.',
      answer: () => answer('live', [eventLoopCheck(eventLoopDelayMs()), ...source.live()]),
    },
    {
      path: '/readyz',
      doc: 'Whether clients may be sent here: 200 or 503. With ?isr=1 also whether all replicas here are in sync.',
      answer: (request) =>
        flag(request, 'isr')
          ? answer('ready and in sync', [...source.ready(), ...source.inSync()])
          : answer('ready', source.ready()),
    },
    {
      path: '/startupz',
      doc: 'Whether start-up has finished: 200 or 503.',
      answer: () => answer('started', source.started()),
    },
  ]
}

function eventLoopCheck(delayMs: number): HealthCheck {
  const ok = delayMs < MAX_EVENT_LOOP_DELAY_MS
  return { name: 'event-loop', ok, why: `held for at most ${Math.round(delayMs)} ms lately` }
}

function reportOf(
  checks: readonly HealthCheck[],
  sinceMs: (check: HealthCheck) => number,
  nowMs: number,
): HealthReport {
  const failing = checks.filter((check) => !check.ok)
  const decisive = failing.length > 0 ? Math.min(...failing.map(sinceMs)) : Math.max(...checks.map(sinceMs))
  return {
    status: failing.length > 0 ? 'failing' : 'ok',
    since: isoOf(checks.length === 0 ? nowMs : decisive),
    checks: checks.map((check) => ({
      name: check.name,
      status: check.ok ? 'ok' : 'failing',
      ...(check.why === undefined ? {} : { why: check.why }),
      since: isoOf(sinceMs(check)),
    })),
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

/** Remembers, per probe, since when each check of its last answer has been as it is. */
class FirstSeen {
  private readonly clock: Clock
  private readonly byProbe = new Map<
    string,
    Map<string, { readonly ok: boolean; readonly sinceMs: number }>
  >()

  constructor(clock: Clock) {
    this.clock = clock
  }

  of(probe: string, checks: readonly HealthCheck[]): (check: HealthCheck) => number {
    const before = this.byProbe.get(probe)
    const now = new Map<string, { readonly ok: boolean; readonly sinceMs: number }>()
    for (const { name, ok, sinceMs } of checks) {
      const last = before?.get(name)
      const seenMs = last !== undefined && last.ok === ok ? last.sinceMs : this.clock.nowMs()
      now.set(name, { ok, sinceMs: sinceMs ?? seenMs })
    }
    this.byProbe.set(probe, now)
    return (check) => now.get(check.name)?.sinceMs ?? this.clock.nowMs()
  }
}
