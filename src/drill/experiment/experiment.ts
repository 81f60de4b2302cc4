import type { LaneName } from '../workload/ledger.ts'

/** What a probe's value is held against: the value itself, [least, most], one of many, or a typed rule. */
export type Tolerance =
  | number
  | string
  | boolean
  | readonly (number | string)[]
  | { readonly type: 'range'; readonly range: readonly [number, number] }
  | { readonly type: 'regex'; readonly pattern: string }

/** One step, as Chaos Toolkit has it. `arguments` is a line of the drill commands (run/commands.ts). */
export interface Activity {
  readonly type: 'action' | 'probe'
  readonly name: string
  readonly provider: { readonly type: 'process'; readonly path: string; readonly arguments: string }
  readonly tolerance?: Tolerance
  /** Seconds. */
  readonly pauses?: { readonly before?: number; readonly after?: number }
  readonly background?: boolean
}

export interface ThresholdSpec {
  readonly threshold: string
  /** `fault`: from the first injection to the end of the method. */
  readonly window?: 'run' | 'fault'
  readonly abortOnFail?: boolean
}

/** What is broken on purpose to see whether the drill would notice. */
export interface Mutation {
  readonly title: string
  /** Activities that are left out. */
  readonly skip?: readonly string[]
  /** Activities that do something else: their new arguments by name. */
  readonly replace?: Readonly<Record<string, string>>
  /** Steps that come in after the named one; before everything when it is null. */
  readonly insert?: readonly { readonly after: string | null; readonly steps: readonly string[] }[]
  readonly config?: Readonly<Record<string, string>>
  readonly workload?: Partial<WorkloadSpec>
}

export interface WorkloadSpec {
  readonly rate: number
  readonly size: number
  readonly partitions: number
  readonly replication: number
  readonly acks: readonly LaneName[]
  /** Seconds. */
  readonly deliveryTimeout: number
  readonly topicConfig: Readonly<Record<string, string>>
  readonly assignment: readonly (readonly number[])[]
}

export interface CoachStep {
  readonly say: string
  /** In the words of this tool. */
  readonly run?: string
  /** In Apache's. */
  readonly apache?: string
}

export interface Coach {
  /** What an operator sees first; nothing of the cause. */
  readonly symptom: string
  readonly questions?: readonly string[]
  readonly hints: readonly string[]
  readonly steps: readonly CoachStep[]
  /** What good looks like. */
  readonly good: string
}

/** A topic of the sandbox, with the replicas of each partition. */
export interface SandboxTopic {
  readonly name: string
  readonly assignment: readonly (readonly number[])[]
  readonly config: Readonly<Record<string, string>>
}

export interface DrillExtension {
  readonly name: 'zurau'
  readonly number?: number
  readonly level: 1 | 2 | 3
  readonly sandbox: {
    readonly brokers: number
    readonly zookeeper: number
    readonly racks?: readonly string[]
    /** Topics that are there besides those of the workload. */
    readonly topics?: readonly SandboxTopic[]
    /** Our own ZooKeeper server even where others are at hand: it can be made to suffer from within. */
    readonly embedded?: boolean
    readonly config?: Readonly<Record<string, string>>
    /** Milliseconds. */
    readonly sessionTimeout?: number
  }
  /** What the drill cannot do without. */
  readonly needs?: readonly ('ensemble' | 'inner-faults' | 'own-brokers')[]
  readonly workload?: Partial<WorkloadSpec>
  readonly thresholds: Readonly<Record<string, readonly (string | ThresholdSpec)[]>>
  readonly 'stop-conditions'?: readonly string[]
  readonly coach: Coach
  readonly mutation: Mutation
}

/** A rehearsal: a Chaos Toolkit experiment with our extension. */
export interface Experiment {
  readonly version: string
  readonly title: string
  readonly description: string
  readonly tags: readonly string[]
  readonly contributions?: Readonly<Record<string, string>>
  readonly configuration?: Readonly<Record<string, unknown>>
  readonly 'steady-state-hypothesis'?: { readonly title: string; readonly probes: readonly Activity[] }
  readonly method: readonly Activity[]
  readonly rollbacks?: readonly Activity[]
  readonly extensions: readonly [DrillExtension]
}

export const DEFAULT_WORKLOAD: WorkloadSpec = {
  rate: 200,
  size: 200,
  partitions: 3,
  replication: 3,
  acks: ['all', '1'],
  deliveryTimeout: 60,
  topicConfig: {},
  assignment: [],
}

/** The experiment as it is when `mutation` has been done to it. */
export function mutated(experiment: Experiment): Experiment {
  const [extension] = experiment.extensions
  const { skip = [], replace = {}, insert = [], config = {}, workload = {} } = extension.mutation
  const inserted = (after: string | null): Activity[] =>
    insert
      .filter((each) => each.after === after)
      .flatMap(({ steps }) => steps.map((step, index) => command(`broken on purpose ${index + 1}`, step)))
  const method = experiment.method.flatMap((activity) => {
    const kept = skip.includes(activity.name) ? [] : [withArguments(activity, replace[activity.name])]
    return [...kept, ...inserted(activity.name)]
  })
  return {
    ...experiment,
    title: `${experiment.title} — broken on purpose: ${extension.mutation.title}`,
    method: [...inserted(null), ...method],
    extensions: [
      {
        ...extension,
        sandbox: { ...extension.sandbox, config: { ...extension.sandbox.config, ...config } },
        workload: { ...extension.workload, ...workload },
      },
    ],
  }
}

function withArguments(activity: Activity, line: string | undefined): Activity {
  return line === undefined ? activity : { ...activity, provider: { ...activity.provider, arguments: line } }
}

/** An action that runs one drill command. */
export function command(name: string, line: string, pauses?: Activity['pauses']): Activity {
  return {
    type: 'action',
    name,
    provider: { type: 'process', path: 'zurau', arguments: line },
    ...(pauses === undefined ? {} : { pauses }),
  }
}

/** A probe that asks for one value and holds it against a tolerance. */
export function probe(name: string, line: string, tolerance: Tolerance): Activity {
  return { type: 'probe', name, provider: { type: 'process', path: 'zurau', arguments: line }, tolerance }
}
