import type { Plan } from './plan.ts'

/** How many smaller plans are tried before the smallest so far is good enough. */
const MAX_ATTEMPTS = 200

/**
 * A smaller plan that still fails: takes out faults, first many at once and then one by one, then clients, then the time
 * after the last fault. `fails` runs a plan and says whether it fails in the same way. The plan given must fail.
 */
export async function shrinkPlan(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let best = plan
  let attempts = 0
  const accept = async (smaller: Plan): Promise<boolean> => {
    if (attempts >= MAX_ATTEMPTS) return false
    attempts++
    if (!(await fails(smaller))) return false
    best = smaller
    return true
  }
  for (
    let size = Math.ceil(best.actions.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let start = 0; start < best.actions.length;) {
      const actions = without(best.actions, start, size)
      if (!(await accept({ ...best, actions }))) start += size
    }
  }
  for (let at = best.workloads.length - 1; at >= 0; at--) {
    await accept({ ...best, workloads: without(best.workloads, at, 1) })
  }
  for (let at = best.topics.length - 1; at > 0; at--) {
    const topics = without(best.topics, at, 1)
    const names = new Set(topics.map(({ name }) => name))
    const isNeeded = best.workloads.some(({ topic }) => !names.has(topic))
    if (!isNeeded) await accept({ ...best, topics })
  }
  const lastMs = best.actions.at(-1)?.atMs ?? 0
  for (const restMs of [500, 2000, 5000]) {
    const durationMs = Math.ceil(lastMs + restMs)
    if (durationMs < best.durationMs && (await accept({ ...best, durationMs }))) break
  }
  return best
}

function without<T>(list: readonly T[], start: number, count: number): T[] {
  return [...list.slice(0, start), ...list.slice(start + count)]
}
