import { sleep } from '../../platform/clock.ts'
import { imbalance, offlineCount, underReplicatedCount, type ClusterView } from '../sandbox/observer.ts'
import type { DrillCommand, Stage } from './stage.ts'
import { BROKER, brokerOf } from './fault-commands.ts'

const DEFAULT_LIMIT_S = 60
const LOOK_MS = 100

/** What may be waited for: each says whether it has come to pass. */
const conditions: Readonly<Record<string, (view: ClusterView, stage: Stage) => boolean>> = {
  'no-offline': (view) => offlineCount(view) === 0,
  offline: (view) => offlineCount(view) > 0,
  'isr-full': (view) => underReplicatedCount(view) === 0 && offlineCount(view) === 0,
  'isr-short': (view) => underReplicatedCount(view) > 0,
  'isr-single': (view) => view.partitions.some(({ inSyncReplicas }) => inSyncReplicas.length === 1),
  'leaders-balanced': (view) => imbalance(view) === 0,
  controller: (view) => view.controller !== null && view.brokers.has(view.controller),
  'new-controller': (view, { controllerEpoch }) =>
    view.controller !== null && view.controllerEpoch > controllerEpoch && view.brokers.has(view.controller),
  'all-brokers': (view, { sandbox }) => sandbox.brokers.every(({ id }) => view.brokers.has(id)),
  'reassignment-over': (view) => !view.isReassigning && view.partitions.every(({ adding }) => adding === 0),
  reassigning: (view) => view.partitions.some(({ adding }) => adding > 0),
}

function limitOf(options: ReadonlyMap<string, string>): number {
  return Number((options.get('timeout') ?? `${DEFAULT_LIMIT_S}s`).replace(/s$/, '')) * 1000
}

/** Looks until it is so; throws what was waited for when the time is over. Returns how long it took, milliseconds. */
async function until(
  stage: Stage,
  limitMs: number,
  what: string,
  isSo: () => Promise<boolean>,
): Promise<number> {
  const { clock } = stage.ports
  const startedMs = clock.monotonicMs()
  while (!(await isSo())) {
    stage.signal.throwIfAborted()
    if (clock.monotonicMs() - startedMs > limitMs)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`)
    await sleep(clock, LOOK_MS)
  }
  if (stage.faultMs !== null)
    stage.measured.set(`${what.replaceAll(' ', '_')}_ms`, stage.workload.elapsedMs - stage.faultMs)
  return Math.round(clock.monotonicMs() - startedMs)
}

const onViews = Object.entries(conditions).map(([name, isSo]): DrillCommand => ({
  words: `wait ${name}`,
  parameters: [],
  options: ['timeout'],
  run: (stage, _words, options) =>
    until(stage, limitOf(options), name.replaceAll('-', ' '), async () => {
      const view = await stage.recorder.look()
      return view !== null && isSo(view, stage)
    }),
}))

const others: readonly DrillCommand[] = [
  {
    words: 'wait broker-gone',
    parameters: [BROKER],
    options: ['timeout'],
    run: async (stage, [word], options) => {
      const id = await brokerOf(stage, word as string)
      return until(stage, limitOf(options), `broker ${id} to be gone`, async () => {
        const view = await stage.recorder.look()
        return view !== null && !view.brokers.has(id)
      })
    },
  },
  {
    words: 'wait zookeeper',
    parameters: [],
    options: ['timeout'],
    run: (stage, _words, options) =>
      until(stage, limitOf(options), 'ZooKeeper', async () => (await stage.recorder.look()) !== null),
  },
  {
    words: 'wait no-zookeeper',
    parameters: [],
    options: ['timeout'],
    run: (stage, _words, options) =>
      until(
        stage,
        limitOf(options),
        'ZooKeeper to stop answering',
        async () => (await stage.recorder.look()) === null,
      ),
  },
  {
    words: 'wait acknowledgements',
    parameters: [],
    options: ['timeout', 'count', 'lane'],
    run: (stage, _words, options) => {
      const lane = options.get('lane')
      const count = (): number => stage.workload.acknowledged(lane === 'all' || lane === '1' ? lane : null)
      const wanted = count() + Number(options.get('count') ?? 100)
      return until(stage, limitOf(options), 'acknowledgements', async () => count() >= wanted)
    },
  },
  {
    words: 'wait caught-up',
    parameters: [],
    options: ['timeout', 'lag'],
    run: (stage, _words, options) =>
      until(
        stage,
        limitOf(options),
        'readers to catch up',
        async () => stage.workload.lag <= Number(options.get('lag') ?? 200),
      ),
  },
  {
    words: 'wait lag',
    parameters: [{ name: 'a number', fits: (word) => /^[0-9]{1,7}$/.test(word) }],
    options: ['timeout'],
    run: (stage, [count], options) =>
      until(
        stage,
        limitOf(options),
        'readers to fall behind',
        async () => stage.workload.lag >= Number(count),
      ),
  },
  {
    words: 'wait drained',
    parameters: [],
    options: ['timeout'],
    run: async (stage, _words, options) => {
      const { workload, measured } = stage
      const estimateMs = (workload.lag * 1000) / Math.max(1, workload.readRate - workload.rate)
      const tookMs = await until(
        stage,
        limitOf(options),
        'readers to catch up',
        async () => workload.lag <= workload.rate,
      )
      measured.set('drain_ratio', tookMs / Math.max(1, estimateMs))
      return tookMs
    },
  },
  {
    words: 'wait quiet-isr',
    parameters: [],
    options: ['seconds', 'timeout'],
    run: (stage, _words, options) => {
      const quietMs = Number(options.get('seconds') ?? 5) * 1000
      const { recorder } = stage
      const fromMs = recorder.elapsedMs
      return until(stage, limitOf(options), 'in-sync sets to stay as they are', async () => {
        const last = recorder.events.findLast(({ kind }) => kind === 'isr')?.atMs ?? 0
        return recorder.elapsedMs - Math.max(last, fromMs) >= quietMs
      })
    },
  },
  {
    words: 'wait seconds',
    parameters: [{ name: 'a number of seconds', fits: (word) => /^[0-9]{1,4}(\.[0-9]+)?$/.test(word) }],
    run: async (stage, [word]) => {
      const untilMs = stage.ports.clock.monotonicMs() + Number(word) * 1000
      while (stage.ports.clock.monotonicMs() < untilMs) {
        stage.signal.throwIfAborted()
        await sleep(
          stage.ports.clock,
          Math.min(LOOK_MS, Math.max(1, untilMs - stage.ports.clock.monotonicMs())),
        )
      }
      return true
    },
  },
]

export const waitCommands: readonly DrillCommand[] = [...onViews, ...others]
