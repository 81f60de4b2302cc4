import { failureOf } from '../../client/cluster-client.ts'
import { sleep } from '../../platform/clock.ts'
import { offlineCount, underReplicatedCount } from '../sandbox/observer.ts'
import { KafkaError } from '../../model/errors.ts'
import { topicOf } from '../workload/workload.ts'
import type { LaneName } from '../workload/ledger.ts'
import type { DrillCommand, Stage } from './stage.ts'
import { brokerOf } from './fault-commands.ts'

const LIMIT_MS = 30_000
const DONE = true
const PREFERRED = 0
const UNCLEAN = 1

const lane = { name: 'a lane: all or 1', fits: (word: string) => word === 'all' || word === '1' }
const setting = { name: 'key=value', fits: (word: string) => /^[a-z.]+=.*$/.test(word) }

async function elect(stage: Stage, electionType: number): Promise<number> {
  const { client } = stage.workload
  return client.retrying(LIMIT_MS, async () => {
    const answer = await client.call('controller', 'ElectLeaders', {
      electionType,
      topicPartitions: null,
      timeoutMs: LIMIT_MS,
    })
    if (answer.errorCode !== 0) throw failureOf(answer.errorCode, 'election')
    const results = answer.replicaElectionResults.flatMap(({ partitionResult }) => partitionResult)
    return results.filter(({ errorCode }) => errorCode === 0).length
  })
}

async function reassign(stage: Stage, name: LaneName, replicas: number[] | null): Promise<void> {
  const { client } = stage.workload
  const view = await stage.recorder.look()
  const partitions = (view?.partitions ?? []).filter(({ topic }) => topic === topicOf(name))
  await client.retrying(LIMIT_MS, async () => {
    const answer = await client.call('controller', 'AlterPartitionReassignments', {
      timeoutMs: LIMIT_MS,
      topics: [
        {
          name: topicOf(name),
          partitions: partitions.map(({ partition }) => ({ partitionIndex: partition, replicas })),
        },
      ],
    })
    if (answer.errorCode !== 0) throw failureOf(answer.errorCode, 'reassignment', answer.errorMessage)
    for (const { partitions: results } of answer.responses)
      for (const { errorCode, errorMessage } of results) {
        const error = errorCode === 0 ? null : failureOf(errorCode, 'reassignment', errorMessage)
        if (error !== null && error.error !== 'NO_REASSIGNMENT_IN_PROGRESS') throw error
      }
  })
}

const GATE_LIMIT_MS = 90_000
const LOOK_MS = 100

/** Every broker registered, every replica in sync: then the next one may go. */
async function gate(stage: Stage): Promise<void> {
  const { clock } = stage.ports
  const limitMs = clock.monotonicMs() + GATE_LIMIT_MS
  for (;;) {
    stage.signal.throwIfAborted()
    const view = await stage.recorder.look()
    const isWhole = view !== null && stage.sandbox.brokers.every(({ id }) => view.brokers.has(id))
    if (isWhole && underReplicatedCount(view) === 0 && offlineCount(view) === 0) return
    if (clock.monotonicMs() > limitMs) throw new Error('the gate did not open: not every replica is in sync')
    await sleep(clock, LOOK_MS)
  }
}

export const adminCommands: readonly DrillCommand[] = [
  { words: 'admin elect-preferred', parameters: [], run: (stage) => elect(stage, PREFERRED) },
  { words: 'admin elect-unclean', parameters: [], run: (stage) => elect(stage, UNCLEAN) },
  {
    words: 'admin topic-config',
    parameters: [lane, setting],
    run: async (stage, [name, text]) => {
      const [key, ...value] = (text as string).split('=')
      await stage.workload.admin.alterConfigs({ type: 'topic', name: topicOf(name as LaneName) }, [
        value.join('=') === ''
          ? { key: key as string, operation: 'delete', value: null }
          : { key: key as string, operation: 'set', value: value.join('=') },
      ])
      return DONE
    },
  },
  {
    words: 'admin broker-config',
    parameters: [setting],
    run: async (stage, [text]) => {
      const [key, ...value] = (text as string).split('=')
      await stage.workload.admin.alterConfigs({ type: 'broker', name: '' }, [
        value.join('=') === ''
          ? { key: key as string, operation: 'delete', value: null }
          : { key: key as string, operation: 'set', value: value.join('=') },
      ])
      return DONE
    },
  },
  {
    words: 'admin reassign',
    parameters: [
      lane,
      { name: 'brokers with commas', fits: (word) => /^[0-9a-z]+(,[0-9a-z]+)*$/.test(word) },
    ],
    run: async (stage, [name, list]) => {
      const ids: number[] = []
      for (const word of (list as string).split(',')) ids.push(await brokerOf(stage, word))
      await reassign(stage, name as LaneName, ids)
      return DONE
    },
  },
  {
    words: 'admin cancel-reassignment',
    parameters: [lane],
    run: async (stage, [name]) => {
      await reassign(stage, name as LaneName, null)
      return DONE
    },
  },
  {
    words: 'admin add-broker',
    parameters: [{ name: 'an id', fits: (word) => /^[0-9]{1,6}$/.test(word) }],
    run: async (stage, [word]) => {
      await stage.sandbox.addBroker(Number(word), null)
      await gate(stage)
      return DONE
    },
  },
  {
    words: 'admin create-topic',
    parameters: [{ name: 'a name', fits: (word) => /^[a-zA-Z0-9._-]{1,200}$/.test(word) }],
    run: async (stage, [name]) => {
      const startedMs = stage.ports.clock.monotonicMs()
      await stage.workload.createTopic({
        name: name as string,
        partitions: 1,
        replicationFactor: Math.min(3, stage.sandbox.brokers.length),
        configs: {},
      })
      const tookMs = Math.round(stage.ports.clock.monotonicMs() - startedMs)
      stage.measured.set('create_topic_ms', tookMs)
      return tookMs
    },
  },
  {
    words: 'admin refuses create-topic',
    parameters: [{ name: 'a name', fits: (word) => /^[a-zA-Z0-9._-]{1,200}$/.test(word) }],
    run: async (stage, [name]) => {
      const { client } = stage.workload
      try {
        const answer = await client.call('controller', 'CreateTopics', {
          topics: [
            { name: name as string, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
          ],
          timeoutMs: 2000,
          validateOnly: false,
        })
        if (answer.topics[0]?.errorCode === 0)
          throw new Error(`topic ${name} was made although it could not be`)
        return true
      } catch (error) {
        if (error instanceof KafkaError) return true
        throw error
      }
    },
  },
  {
    words: 'admin delete-znode',
    parameters: [{ name: 'a path', fits: (word) => word.startsWith('/') }],
    isInjection: true,
    run: async (stage, [path]) => {
      const zookeeper = await stage.observer.zookeeper()
      await zookeeper.delete(path as string, -1)
      return DONE
    },
  },
  {
    words: 'admin set-controller-epoch-back',
    parameters: [],
    isInjection: true,
    run: async (stage) => {
      const zookeeper = await stage.observer.zookeeper()
      await zookeeper.set('/controller_epoch', Buffer.from('1'), -1)
      return DONE
    },
  },
  {
    words: 'admin roll',
    parameters: [],
    options: ['gate', 'together'],
    run: async (stage, _words, options) => {
      const view = await stage.recorder.look()
      const ids = stage.sandbox.brokers.map(({ id }) => id)
      // The controller last: so that it moves once.
      const order = [
        ...ids.filter((id) => id !== view?.controller),
        ...ids.filter((id) => id === view?.controller),
      ]
      const together = Number(options.get('together') ?? 1)
      stage.faultMs ??= stage.workload.elapsedMs
      for (let index = 0; index < order.length; index += together) {
        stage.signal.throwIfAborted()
        const nodes = order.slice(index, index + together).map((id) => stage.sandbox.broker(id).node)
        stage.recorder.note('injection', `restart ${nodes.map(({ name }) => name).join(' and ')}`)
        await Promise.all(nodes.map((node) => node.stop()))
        await Promise.all(nodes.map((node) => node.start()))
        await Promise.all(nodes.map((node) => node.serving()))
        if (options.get('gate') !== 'none') await gate(stage)
      }
      return order.join(',')
    },
    isInjection: true,
  },
  {
    words: 'workload read-rate',
    parameters: [{ name: 'a number, or full', fits: (word) => /^([0-9]{1,6}|full)$/.test(word) }],
    isInjection: true,
    run: async ({ workload }, [word]) => {
      workload.readRate = word === 'full' ? Infinity : Number(word)
      return DONE
    },
  },
  {
    words: 'workload pause',
    parameters: [],
    run: async ({ workload }) => {
      workload.pauseSending()
      return DONE
    },
  },
  {
    words: 'workload resume',
    parameters: [],
    run: async ({ workload }) => {
      workload.resumeSending()
      return DONE
    },
  },
]
