import type { DiskErrorCode } from '../../src/platform/disk.ts'
import type { DiskCall } from '../fakes/disk-faults.ts'
import type { CrashOutcome } from '../fakes/file-node.ts'
import type { FakeRandom } from '../fakes/random.ts'
import type { Action, ActionKind, Mode, PlannedAction, PlannedTopic } from './plan.ts'

/** What the actions of a plan may refer to. */
export interface Stage {
  readonly mode: Mode
  readonly brokers: number
  readonly durationMs: number
  readonly topics: readonly PlannedTopic[]
  readonly directories: readonly string[]
  /** Whether every batch is synced before it is acknowledged. */
  readonly isSynced: boolean
}

type Draw = (random: FakeRandom, stage: Stage) => Action

/** How an action of each kind is drawn, and how often beside the others. Kinds that mean nothing to a mode are left out there. */
const DRAWS: Readonly<
  Record<ActionKind, { readonly weight: number; readonly modes: 'both' | Mode; readonly draw: Draw }>
> = {
  kill: {
    weight: 4,
    modes: 'both',
    draw: (r, s) => ({ kind: 'kill', broker: broker(r, s), downMs: down(r) }),
  },
  'power-loss': { weight: 4, modes: 'both', draw: drawPowerLoss },
  restart: {
    weight: 2,
    modes: 'both',
    draw: (r, s) => ({ kind: 'restart', broker: broker(r, s), downMs: down(r) }),
  },
  freeze: {
    weight: 2,
    modes: 'both',
    draw: (r, s) => ({ kind: 'freeze', broker: broker(r, s), forMs: lasting(r) }),
  },
  block: {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({ kind: 'block', broker: broker(r, s), forMs: whole(r, 50, 4000) }),
  },
  'clock-jump': {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({ kind: 'clock-jump', broker: broker(r, s), deltaMs: whole(r, -3_600_000, 3_600_000) }),
  },
  'clock-rate': {
    weight: 0.5,
    modes: 'both',
    draw: (r, s) => ({
      kind: 'clock-rate',
      broker: broker(r, s),
      rate: r.pick([0.5, 0.9, 1.1, 2]),
      forMs: lasting(r),
    }),
  },
  cut: { weight: 3, modes: 'cluster', draw: (r, s) => ({ kind: 'cut', ...link(r, s), forMs: lasting(r) }) },
  isolate: {
    weight: 2,
    modes: 'cluster',
    draw: (r, s) => ({ kind: 'isolate', broker: broker(r, s), forMs: lasting(r) }),
  },
  stall: {
    weight: 1,
    modes: 'cluster',
    draw: (r, s) => ({ kind: 'stall', ...link(r, s), forMs: lasting(r) }),
  },
  'slow-link': {
    weight: 1,
    modes: 'cluster',
    draw: (r, s) => ({ kind: 'slow-link', ...link(r, s), periodMs: whole(r, 50, 800), forMs: lasting(r) }),
  },
  reset: {
    weight: 1,
    modes: 'cluster',
    draw: (r, s) => {
      const { from, to } = link(r, s)
      return { kind: 'reset', one: from, other: to }
    },
  },
  weather: {
    weight: 1,
    modes: 'both',
    draw: (r) => ({
      kind: 'weather',
      latencyMs: [whole(r, 0, 20), whole(r, 21, 600)],
      resetProbability: r.pick([0, 0.001, 0.01]),
      forMs: lasting(r),
    }),
  },
  'zk-expire': { weight: 2, modes: 'both', draw: (r, s) => ({ kind: 'zk-expire', broker: broker(r, s) }) },
  'zk-disconnect': {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({ kind: 'zk-disconnect', broker: broker(r, s) }),
  },
  'zk-lose-reply': {
    weight: 2,
    modes: 'both',
    draw: (r, s) => ({ kind: 'zk-lose-reply', broker: broker(r, s) }),
  },
  'zk-cut': {
    weight: 2,
    modes: 'both',
    draw: (r, s) => ({ kind: 'zk-cut', broker: broker(r, s), forMs: lasting(r) }),
  },
  'zk-slow': {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({
      kind: 'zk-slow',
      broker: broker(r, s),
      extraMs: whole(r, 20, 1500),
      forMs: lasting(r),
    }),
  },
  'zk-quorum-loss': {
    weight: 0.5,
    modes: 'both',
    draw: (r) => ({ kind: 'zk-quorum-loss', forMs: lasting(r) }),
  },
  'zk-hang': { weight: 0.5, modes: 'both', draw: (r) => ({ kind: 'zk-hang', forMs: lasting(r) }) },
  'disk-error': { weight: 2, modes: 'both', draw: drawDiskError },
  'disk-slow': {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({
      kind: 'disk-slow',
      broker: broker(r, s),
      calls: r.pick<DiskCall[]>([['sync'], ['write'], ['read'], ['sync', 'syncDirectory', 'write']]),
      delayMs: whole(r, 1, 200),
      forMs: lasting(r),
    }),
  },
  'create-topic': {
    weight: 1,
    modes: 'both',
    draw: (r, s) => ({
      kind: 'create-topic',
      topic: r.pick(['passing', 'other']),
      partitions: whole(r, 1, 3),
      replicationFactor: whole(r, 1, Math.min(3, s.brokers)),
    }),
  },
  'delete-topic': {
    weight: 1,
    modes: 'both',
    draw: (r) => ({ kind: 'delete-topic', topic: r.pick(['passing', 'other']) }),
  },
  'add-partitions': {
    weight: 0.5,
    modes: 'both',
    draw: (r) => ({ kind: 'add-partitions', topic: r.pick(['passing', 'other']), count: whole(r, 2, 6) }),
  },
  reassign: { weight: 1.5, modes: 'cluster', draw: drawReassignment },
  'elect-preferred': { weight: 1.5, modes: 'cluster', draw: drawElection },
  'depose-controller': { weight: 1, modes: 'cluster', draw: () => ({ kind: 'depose-controller' }) },
  'zombie-controller': {
    weight: 1.5,
    modes: 'cluster',
    draw: (r, s) => {
      const { name: topic, partitions } = s.topics[0] ?? { name: 'ledger', partitions: 1 }
      return { kind: 'zombie-controller', extraMs: whole(r, 100, 2500), topic, partitions }
    },
  },
}

/** Some kinds of trouble, at times of their own, now close together and now far apart. */
export function drawActions(random: FakeRandom, stage: Stage): PlannedAction[] {
  const possible = (Object.keys(DRAWS) as ActionKind[]).filter((kind) => {
    const { modes } = DRAWS[kind]
    return modes === 'both' || modes === stage.mode
  })
  const share = random.pick([0.15, 0.35, 0.7])
  const kinds = possible.filter(() => random.chance(share))
  if (kinds.length === 0) kinds.push(random.pick(possible))
  const everyMs = random.pick([400, 1000, 2500])
  const actions: PlannedAction[] = []
  for (let atMs = 0; ;) {
    // Now and then several things go wrong at almost the same time.
    atMs += random.chance(0.3) ? random.below(60) : Math.ceil(2 * everyMs * random.fraction())
    if (atMs >= stage.durationMs) return actions
    actions.push({ atMs, ...DRAWS[weighted(random, kinds)].draw(random, stage) })
  }
}

function weighted(random: FakeRandom, kinds: readonly ActionKind[]): ActionKind {
  const total = kinds.reduce((sum, kind) => sum + DRAWS[kind].weight, 0)
  let left = random.fraction() * total
  for (const kind of kinds) {
    left -= DRAWS[kind].weight
    if (left < 0) return kind
  }
  return kinds[0] ?? 'kill'
}

function broker(random: FakeRandom, { brokers }: Stage): number {
  return whole(random, 1, brokers)
}

function down(random: FakeRandom): number {
  return random.pick([0, 50, 500, 3000, 6000]) + random.below(200)
}

function lasting(random: FakeRandom): number {
  return random.pick([100, 1000, 4000, 8000]) + random.below(1500)
}

function link(random: FakeRandom, { brokers }: Stage): { from: string; to: string } {
  const from = whole(random, 1, brokers)
  const to = ((from - 1 + whole(random, 1, brokers - 1)) % brokers) + 1
  return { from: `broker-${from}`, to: `broker-${to}` }
}

function drawPowerLoss(random: FakeRandom, stage: Stage): Action {
  const all = Array.from({ length: stage.brokers }, (_, i) => i + 1)
  const isWide = stage.isSynced && random.chance(0.4)
  const brokers = isWide ? all : [broker(random, stage)]
  // Pages that the device never got, in the middle of what it got, are what checksums are for.
  const outcome = stage.mode === 'one-broker' && random.chance(0.5) ? random.pick(TELLING) : null
  return { kind: 'power-loss', brokers, downMs: down(random), ...(outcome === null ? {} : { outcome }) }
}

const TELLING: readonly CrashOutcome[] = ['holes', 'holes', 'torn', 'kept']

function drawDiskError(random: FakeRandom, stage: Stage): Action {
  const calls = random.pick<readonly DiskCall[] | 'any'>([
    ['write'],
    ['sync'],
    ['read'],
    ['open'],
    ['rename', 'remove'],
    ['write', 'sync', 'truncate'],
    'any',
  ])
  return {
    kind: 'disk-error',
    broker: broker(random, stage),
    directory: random.pick(stage.directories),
    calls,
    error: random.pick<DiskErrorCode>(['EIO', 'ENOSPC']),
    probability: random.pick([0.02, 0.3, 1]),
    // Pages that a failed sync gives up are lost as by a power cut: only who syncs everything can promise anything then.
    dropsPages: stage.isSynced && random.chance(0.5),
    forMs: lasting(random),
  }
}

function drawReassignment(random: FakeRandom, { brokers, topics }: Stage): Action {
  const { name, partitions, replicationFactor } = random.pick(topics)
  const left = Array.from({ length: brokers }, (_, i) => i + 1)
  const replicas = Array.from(
    { length: Math.min(replicationFactor, brokers) },
    () => left.splice(random.below(left.length), 1)[0] ?? 1,
  )
  return { kind: 'reassign', topic: name, partition: random.below(partitions), replicas }
}

function drawElection(random: FakeRandom, { topics }: Stage): Action {
  const { name, partitions } = random.pick(topics)
  return { kind: 'elect-preferred', topic: name, partitions }
}

/** A whole number from `low` to `high`, both possible. */
export function whole(random: FakeRandom, low: number, high: number): number {
  return low + random.below(high - low + 1)
}
