import { ClusterClient } from '../../client/cluster-client.ts'
import { Consumer } from '../../client/consumer.ts'
import { Producer } from '../../client/producer.ts'
import { sleep } from '../../platform/clock.ts'
import { writeText } from '../sandbox/text-file.ts'
import { commitOffset, committedOffset, GroupMember, type OffsetStoreName } from '../workload/group-member.ts'
import type { DrillCommand, Stage } from './stage.ts'

const DONE = true
const GROUP = 'drill-group'
const LOOK_MS = 100
const REQUEST_TIMEOUT_MS = 3000

/** A topic of one partition whose records are read one by one. */
const ORDERS = { group: 'drill-orders', topic: 'drill-orders', partition: 0 }
const LEGACY = { group: 'drill-legacy', topic: 'drill-acks-all', partition: 0 }

const count = { name: 'a number', fits: (word: string) => /^[0-9]{1,5}$/.test(word) }
const store = { name: 'zookeeper or group', fits: (word: string) => word === 'zookeeper' || word === 'group' }

export const groupCommands: readonly DrillCommand[] = [
  {
    words: 'group start',
    parameters: [count],
    run: async (stage, [members]) => {
      stage.generations.length = 0
      for (let index = 0; index < Number(members); index++) {
        const member = new GroupMember({
          // A connection of its own: a broker answers the requests of one in order, and a join waits for others.
          client: new ClusterClient({
            ...stage.ports,
            bootstrap: stage.sandbox.bootstrap,
            clientId: `drill-member-${index}`,
            requestTimeoutMs: REQUEST_TIMEOUT_MS,
          }),
          group: GROUP,
          onGeneration: (generation) => {
            if (stage.generations.at(-1)?.generation === generation) return
            stage.generations.push({ generation, atMs: stage.workload.elapsedMs })
            stage.recorder.note('step', `group ${GROUP}: generation ${generation}`)
          },
        })
        stage.members.push(member)
        member.start()
      }
      return DONE
    },
  },
  {
    words: 'group slow-member',
    parameters: [],
    options: ['ms'],
    isInjection: true,
    run: async (stage, _words, options) => {
      const member = stage.members.at(-1)
      if (member === undefined) throw new Error('there is no group')
      member.leavesAfterMs = Number(options.get('ms') ?? 800)
      return DONE
    },
  },
  {
    words: 'group calm',
    parameters: [],
    run: async (stage) => {
      for (const member of stage.members) member.leavesAfterMs = null
      return DONE
    },
  },
  {
    words: 'wait group-stable',
    parameters: [],
    options: ['seconds', 'timeout'],
    run: async (stage, _words, options) => {
      const quietMs = Number(options.get('seconds') ?? 3) * 1000
      return waitFor(stage, options, 'the group to be stable', () => {
        const last = stage.generations.at(-1)
        const isOne = stage.members.every(({ generation }) => generation === last?.generation)
        return last !== undefined && isOne && stage.workload.elapsedMs - last.atMs >= quietMs
      })
    },
  },
  {
    words: 'wait generations',
    parameters: [count],
    options: ['timeout'],
    run: async (stage, [more], options) => {
      const wanted = (stage.generations.at(-1)?.generation ?? 0) + Number(more)
      const startedMs = stage.workload.elapsedMs
      const took = await waitFor(
        stage,
        options,
        'more generations',
        () => (stage.generations.at(-1)?.generation ?? 0) >= wanted,
      )
      const minutes = (stage.workload.elapsedMs - startedMs) / 60_000
      stage.measured.set('rebalances_per_minute', Number(more) / Math.max(minutes, 0.001))
      return took
    },
  },
  {
    words: 'measure rebalances',
    parameters: [],
    options: ['seconds'],
    run: async (stage, _words, options) => {
      const fromMs = stage.workload.elapsedMs
      const forMs = Number(options.get('seconds') ?? 8) * 1000
      while (stage.workload.elapsedMs - fromMs < forMs) {
        stage.signal.throwIfAborted()
        await sleep(stage.ports.clock, LOOK_MS)
      }
      const found = stage.generations.filter(({ atMs }) => atMs >= fromMs).length
      stage.measured.set('rebalances_afterwards', found)
      return found
    },
  },
  {
    words: 'orders write',
    parameters: [count, { name: 'good or poison', fits: (word) => word === 'good' || word === 'poison' }],
    run: async (stage, [number, kind]) => {
      const producer = new Producer({
        client: stage.workload.client,
        random: stage.ports.random,
        mayCreateTopics: false,
      })
      try {
        for (let index = 0; index < Number(number); index++) {
          const value = kind === 'good' ? JSON.stringify({ order: index }) : '\u0000not an order'
          await producer.send({ topic: ORDERS.topic, partition: 0, key: null, value })
        }
      } finally {
        producer.close()
      }
      return Number(number)
    },
  },
  {
    words: 'orders process',
    parameters: [],
    options: ['until'],
    run: (stage, _words, options) => process(stage, Number(options.get('until') ?? 0)),
  },
  {
    words: 'orders shift',
    parameters: [count],
    run: async (stage, [by]) => {
      const offset = await committedOffset(stage.workload.client, ORDERS, 'group')
      const undo = `${stage.sandbox.directory}/undo-${ORDERS.group}.json`
      writeText(stage.ports.disk, undo, JSON.stringify({ ...ORDERS, offset }))
      await commitOffset(stage.workload.client, ORDERS, offset + Number(by), 'group')
      stage.measured.set('undo_saved', stage.ports.disk.status(undo) === null ? 0 : 1)
      return offset + Number(by)
    },
  },
  {
    words: 'offsets commit',
    parameters: [count, store],
    run: async (stage, [offset, where]) => {
      await commitOffset(stage.workload.client, LEGACY, Number(offset), where as OffsetStoreName)
      return Number(offset)
    },
  },
  {
    words: 'probe committed',
    parameters: [store],
    run: (stage, [where]) => committedOffset(stage.workload.client, LEGACY, where as OffsetStoreName),
  },
  {
    words: 'measure drift',
    parameters: [],
    run: async (stage) => {
      const { client } = stage.workload
      const inZookeeper = await committedOffset(client, LEGACY, 'zookeeper')
      const ofGroup = await committedOffset(client, LEGACY, 'group')
      const drift = Math.abs(inZookeeper - ofGroup)
      stage.measured.set('drift', Math.max(drift, stage.measured.get('drift') ?? 0))
      return drift
    },
  },
]

/**
 * What a consumer of orders does: from its offset on, one after the other, committing each; it stops at the first that
 * it cannot decode. Returns its offset then.
 */
async function process(stage: Stage, until: number): Promise<number> {
  const { client } = stage.workload
  const from = Math.max(0, await committedOffset(client, ORDERS, 'group'))
  const consumer = new Consumer({ client, maxWaitMs: 100 })
  let offset = from
  try {
    await consumer.assign([
      { topic: ORDERS.topic, partition: 0, from: { kind: 'offset', offset: from }, until },
    ])
    while (!consumer.isFinished) {
      stage.signal.throwIfAborted()
      for (const { value, offset: at } of await consumer.poll(1000)) {
        if (!isOrder(value)) return offset
        offset = at + 1
        stage.measured.set('orders_processed', (stage.measured.get('orders_processed') ?? 0) + 1)
      }
    }
    return offset
  } finally {
    consumer.close()
    await commitOffset(client, ORDERS, offset, 'group')
    stage.measured.set('orders_offset', offset)
  }
}

function isOrder(value: Buffer | null): boolean {
  try {
    return value !== null && typeof (JSON.parse(value.toString()) as { order?: unknown }).order === 'number'
  } catch {
    return false
  }
}

async function waitFor(
  stage: Stage,
  options: ReadonlyMap<string, string>,
  what: string,
  isSo: () => boolean,
): Promise<number> {
  const limitMs = Number((options.get('timeout') ?? '60s').replace(/s$/, '')) * 1000
  const startedMs = stage.workload.elapsedMs
  while (!isSo()) {
    stage.signal.throwIfAborted()
    if (stage.workload.elapsedMs - startedMs > limitMs)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`)
    await sleep(stage.ports.clock, LOOK_MS)
  }
  return Math.round(stage.workload.elapsedMs - startedMs)
}
