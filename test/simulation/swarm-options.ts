import { parseArgs } from 'node:util'
import type { Mode } from './plan.ts'

export interface SwarmOptions {
  readonly seeds: number
  readonly from: number
  readonly jobs: number
  readonly modes: readonly Mode[]
  /** One run in place of many. */
  readonly seed: string | null
  /** A plan that was printed, in place of a seed. */
  readonly planFile: string | null
  readonly isShrinking: boolean
  /** How many lines of what happened are shown for a single run. */
  readonly traceLines: number
  /** No seed is begun after this long. */
  readonly maxSeconds: number
  /** How many failures end the swarm. */
  readonly maxFailures: number
}

const MODES: readonly Mode[] = ['one-broker', 'cluster']

export const USAGE = `The simulation: many seeds, or one of them again.

  npm run sim -- --seeds 1000 [--from 1] [--jobs 2] [--mode cluster|one-broker] [--seconds 600]
  npm run sim -- --seed cluster/12 [--shrink] [--trace 200]
  npm run sim -- --plan FILE

In the environment: SEED, SEEDS, FROM, JOBS, MODE.
`

/** Reads the command line; what it does not say, the environment may. Throws TypeError with words for people. */
export function swarmOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SwarmOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string' },
      from: { type: 'string' },
      jobs: { type: 'string' },
      mode: { type: 'string' },
      seed: { type: 'string' },
      plan: { type: 'string' },
      shrink: { type: 'boolean' },
      trace: { type: 'string' },
      seconds: { type: 'string' },
      failures: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help === true) throw new TypeError(USAGE)
  const seed = values.seed ?? env['SEED'] ?? null
  const named = MODES.find((mode) => seed?.startsWith(`${mode}/`) === true)
  const wanted = named ?? values.mode ?? env['MODE'] ?? null
  if (wanted !== null && !MODES.includes(wanted as Mode))
    throw new TypeError(`no mode is called ${wanted}\n\n${USAGE}`)
  return {
    seeds: count('seeds', values.seeds ?? env['SEEDS'], 100),
    from: count('from', values.from ?? env['FROM'], 1),
    jobs: count('jobs', values.jobs ?? env['JOBS'], 1),
    modes: wanted === null ? MODES : [wanted as Mode],
    seed: seed === null ? null : seed.slice(seed.indexOf('/') + 1),
    planFile: values.plan ?? null,
    isShrinking: values.shrink === true,
    traceLines: count('trace', values.trace, 120),
    maxSeconds: count('seconds', values.seconds, 86_400),
    maxFailures: count('failures', values.failures, 20),
  }
}

function count(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined || text === '') return byDefault
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`--${name} takes a whole number, not ${text}`)
  return value
}
