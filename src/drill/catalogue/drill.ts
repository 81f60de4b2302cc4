import {
  command,
  probe,
  type Activity,
  type DrillExtension,
  type Experiment,
} from '../experiment/experiment.ts'

/** What a cluster of the sandbox is like when all is well. */
const healthy = {
  title: 'the cluster is well and its clients are served',
  probes: [
    probe('one controller', 'probe controllers', 1),
    probe('no offline partition', 'probe offline', 0),
    probe('every replica in sync', 'probe under-replicated', 0),
    probe('nothing below min in-sync', 'probe under-min-isr', 0),
    probe('writes succeed', 'probe error-rate', { type: 'range', range: [0, 0.01] }),
    probe('readers keep up', 'probe lag', { type: 'range', range: [0, 400] }),
  ],
}

const allClear: readonly Activity[] = [command('take back every fault', 'fault clear')]

/** No acknowledged record may be missing, doubled or out of order, whatever happens. */
export const NOTHING_LOST: DrillExtension['thresholds'] = {
  acked_lost: ['value==0'],
  duplicated: ['value==0'],
  reordered: ['value==0'],
  failed: ['value==0'],
}

/** An experiment of the catalogue: with the steady state, rollbacks and sandbox that they share. */
export function drill(
  parts: Pick<Experiment, 'title' | 'description' | 'tags' | 'method'> &
    Omit<DrillExtension, 'name' | 'sandbox'> & {
      readonly sandbox?: Partial<DrillExtension['sandbox']>
      /** Probes of the steady state that do not hold for this one. */
      readonly unlike?: readonly string[]
      readonly contributions?: Experiment['contributions']
    },
): Experiment {
  const { title, description, tags, method, sandbox, contributions, unlike = [], ...extension } = parts
  return {
    version: '1.0.0',
    title,
    description,
    tags: ['kafka', ...tags, `level-${extension.level}`],
    contributions: contributions ?? { availability: 'high', durability: 'high' },
    'steady-state-hypothesis': {
      title: healthy.title,
      probes: healthy.probes.filter(({ name }) => !unlike.includes(name)),
    },
    method,
    rollbacks: allClear,
    extensions: [{ name: 'zurau', ...extension, sandbox: { brokers: 3, zookeeper: 1, ...sandbox } }],
  }
}
