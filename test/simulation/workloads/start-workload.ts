import type { PlannedWorkload } from '../plan.ts'
import { Consuming } from './consuming.ts'
import { Grouping } from './grouping.ts'
import { Producing } from './producing.ts'
import { Reading } from './reading.ts'
import type { Run, Workload } from './workload.ts'

export function startWorkload(run: Run, planned: PlannedWorkload): Workload {
  switch (planned.kind) {
    case 'producer':
      return new Producing(run, planned)
    case 'consumer':
      return new Consuming(run, planned)
    case 'reader':
      return new Reading(run, planned)
    case 'members':
      return new Grouping(run, planned)
  }
}
