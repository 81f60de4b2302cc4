import {
  imbalance,
  offlineCount,
  underMinInSyncCount,
  underReplicatedCount,
  type ClusterView,
} from '../sandbox/observer.ts'
import { wordOf } from '../sandbox/word-of.ts'
import type { CommandValue, DrillCommand, Stage } from './stage.ts'

const RECENT_MS = 3000
/** What a probe of ZooKeeper's state says when there is nobody to ask. */
const UNKNOWN = 'unknown'

const ofView: Readonly<Record<string, (view: ClusterView, stage: Stage) => CommandValue>> = {
  'under-replicated': underReplicatedCount,
  offline: offlineCount,
  'under-min-isr': (view, { sandbox }) =>
    underMinInSyncCount(view, Number(sandbox.shape.brokerConfig['min.insync.replicas'] ?? 1)),
  imbalance,
  brokers: ({ brokers }) => brokers.size,
  controllers: ({ controller, brokers }) => (controller !== null && brokers.has(controller) ? 1 : 0),
  'controller-epoch': ({ controllerEpoch }) => controllerEpoch,
  'controller-moves': ({ controllerEpoch }, stage) => controllerEpoch - stage.controllerEpoch,
  reassigning: ({ partitions }) => partitions.filter(({ adding }) => adding > 0).length,
  'replicas-of-others': ({ partitions }, { sandbox }) =>
    partitions.filter(({ replicas }) =>
      replicas.some((id) => !sandbox.brokers.some((each) => each.id === id)),
    ).length,
}

const onViews = Object.entries(ofView).map(([name, valueOf]): DrillCommand => ({
  words: `probe ${name}`,
  parameters: [],
  run: async (stage) => {
    const view = await stage.recorder.look()
    return view === null ? UNKNOWN : valueOf(view, stage)
  },
}))

const others: readonly DrillCommand[] = [
  {
    words: 'probe error-rate',
    parameters: [],
    run: async ({ workload }) => {
      const sinceMs = workload.elapsedMs - RECENT_MS
      const recent = workload.deliveries.slice(-5000).filter(({ doneMs }) => doneMs >= sinceMs)
      const failed = recent.filter(({ error }) => error !== null).length
      // Nothing at all came back: that is not health.
      return recent.length === 0 ? 1 : failed / recent.length
    },
  },
  {
    words: 'probe throttles',
    parameters: [],
    run: async ({ observer }) => {
      const zookeeper = await observer.zookeeper()
      const found = await zookeeper.get('/config/brokers/<default>')
      return (found?.data?.toString().match(/throttled/g) ?? []).length
    },
  },
  {
    words: 'probe replicas-on',
    parameters: [{ name: 'an id', fits: (word) => /^[0-9]{1,6}$/.test(word) }],
    run: async ({ recorder }, [id]) => {
      const view = await recorder.look()
      return view?.partitions.filter(({ replicas }) => replicas.includes(Number(id))).length ?? UNKNOWN
    },
  },
  { words: 'probe lag', parameters: [], run: async ({ workload }) => workload.lag },
  {
    words: 'probe zookeepers',
    parameters: [],
    run: async ({ sandbox, ports }) => {
      const answers = await Promise.all(sandbox.zookeepers.map(({ port }) => wordOf(ports, port, 'srvr')))
      return answers.filter((answer) => answer.includes('Mode:')).length
    },
  },
]

export const probeCommands: readonly DrillCommand[] = [...onViews, ...others]
