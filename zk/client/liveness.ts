/** What is known of a server's silence. Times by the monotonic clock, in milliseconds. */
export interface Silence {
  readonly nowMs: number
  /** When the server last answered anything. */
  readonly lastHeardMs: number
  readonly lastSentMs: number
  /** When the oldest request without an answer was sent; Infinity when all are answered. */
  readonly waitingSinceMs: number
  /** The session's, as the server granted it. */
  readonly timeoutMs: number
}

export type Verdict = 'alive' | 'ping' | 'dead'

/**
 * Whether the server is to be asked if it is there, or to be given up. It is asked after a third of the session's
 * time without a word in either direction. It is given up after two thirds without an answer from it, but only if
 * something has been waiting for one for a third, so that a pause of our own process is not taken for the server's;
 * and when a request goes unanswered for two sessions' time, whatever else it answers.
 */
export function judgeSilence({
  nowMs,
  lastHeardMs,
  lastSentMs,
  waitingSinceMs,
  timeoutMs,
}: Silence): Verdict {
  const third = timeoutMs / 3
  const waitedMs = nowMs - waitingSinceMs
  if (waitedMs >= 2 * timeoutMs || (waitedMs >= third && nowMs - lastHeardMs >= 2 * third)) return 'dead'
  return nowMs - Math.min(lastSentMs, lastHeardMs) >= third ? 'ping' : 'alive'
}

/** When to judge again: soon enough to ping in time and to see the end of our patience. */
export function nextJudgementMs({
  nowMs,
  lastHeardMs,
  lastSentMs,
  waitingSinceMs,
  timeoutMs,
}: Silence): number {
  const third = timeoutMs / 3
  const pingDue = Math.min(lastSentMs, lastHeardMs) + third
  const deathDue = Math.max(waitingSinceMs + third, lastHeardMs + 2 * third)
  const due = [pingDue, deathDue].filter((ms) => ms > nowMs)
  return Math.min(nowMs + timeoutMs / 6, ...due)
}
