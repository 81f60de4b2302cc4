import { sleep } from '../../platform/clock.ts'
import { NO_INNER_FAULTS } from '../faults/fault-preload.ts'
import { NO_FAULT, type LinkFault } from '../faults/link-proxy.ts'
import type { NodeProcess } from '../sandbox/node-process.ts'
import type { DrillCommand, Parameter, Stage } from './stage.ts'
import { isBrokerReference, isZookeeperReference, resolveBroker, resolveZookeeper } from './references.ts'

const DONE = true
const LOOK_MS = 100

export const BROKER: Parameter = { name: 'a broker', fits: isBrokerReference }
const ZOOKEEPER: Parameter = { name: 'a ZooKeeper server', fits: isZookeeperReference }
const SPEAKER: Parameter = {
  name: 'a broker, client or *',
  fits: (word) => word === 'client' || word === '*' || isBrokerReference(word),
}
const SERVER: Parameter = {
  name: 'a broker or zookeeper',
  fits: (word) => word === 'zookeeper' || isBrokerReference(word),
}

export async function brokerOf(stage: Stage, word: string): Promise<number> {
  const { sandbox, victims } = stage
  return resolveBroker(word, await stage.recorder.look(), sandbox, victims)
}

/** The first broker that is hurt is the victim, the second one the second. */
async function hurtBroker(stage: Stage, word: string): Promise<number> {
  const id = await brokerOf(stage, word)
  const { victims } = stage
  if (victims.broker === null) victims.broker = id
  else if (victims.broker !== id) victims.secondBroker ??= id
  return id
}

async function hurtZookeeper(stage: Stage, word: string): Promise<number> {
  const { sandbox, ports, victims } = stage
  const id = await resolveZookeeper(word, sandbox, ports, victims)
  if (victims.zookeeper === null) victims.zookeeper = id
  else if (victims.zookeeper !== id) victims.secondZookeeper ??= id
  return id
}

/** kill, stop, start, restart, pause, resume: for brokers and ZooKeeper servers alike. */
const processFaults: Readonly<Record<string, (node: NodeProcess) => Promise<void> | void>> = {
  kill: (node) => node.kill(),
  stop: (node) => node.stop(),
  start: async (node) => {
    await node.start()
    await node.serving()
  },
  restart: async (node) => {
    await node.stop()
    await node.start()
    await node.serving()
  },
  pause: (node) => node.pause(),
  resume: (node) => node.resume(),
}

const HEALS = new Set(['start', 'resume'])

const onProcesses = Object.entries(processFaults).flatMap(([verb, act]): DrillCommand[] => [
  {
    words: `fault ${verb} broker`,
    parameters: [BROKER],
    isInjection: !HEALS.has(verb),
    run: async (stage, [word]) => {
      const id = HEALS.has(verb)
        ? await brokerOf(stage, word as string)
        : await hurtBroker(stage, word as string)
      await act(stage.sandbox.broker(id).node)
      return id
    },
  },
  {
    words: `fault ${verb} zookeeper`,
    parameters: [ZOOKEEPER],
    isInjection: !HEALS.has(verb),
    run: async (stage, [word]) => {
      const { sandbox, ports, victims } = stage
      const id = HEALS.has(verb)
        ? await resolveZookeeper(word as string, sandbox, ports, victims)
        : await hurtZookeeper(stage, word as string)
      await act(sandbox.zookeeper(id).node)
      return id
    },
  },
])

/** The names that links have: speakers and servers. */
async function linkEnds(stage: Stage, from: string, to: string): Promise<[string, string]> {
  const speaker = from === 'client' || from === '*' ? from : `broker-${await hurtBroker(stage, from)}`
  const server = to === 'zookeeper' ? to : `broker-${await brokerOf(stage, to)}`
  return [speaker, server]
}

function link(
  verb: string,
  options: readonly string[],
  faultOf: (options: ReadonlyMap<string, string>) => LinkFault,
) {
  const each: DrillCommand = {
    words: `fault ${verb} link`,
    parameters: [SPEAKER, SERVER],
    options,
    isInjection: verb !== 'heal',
    run: async (stage, [from, to], given) => {
      const [speaker, server] = await linkEnds(stage, from as string, to as string)
      stage.sandbox.setLink(speaker, server, faultOf(given))
      return DONE
    },
  }
  return each
}

const onLinks: readonly DrillCommand[] = [
  link('cut', [], () => ({ ...NO_FAULT, kind: 'cut' })),
  link('silence', [], () => ({ ...NO_FAULT, kind: 'silent' })),
  link('heal', [], () => NO_FAULT),
  link('delay', ['ms'], (options) => ({ ...NO_FAULT, delayMs: Number(options.get('ms') ?? 100) })),
  link('throttle', ['bytes'], (options) => ({
    ...NO_FAULT,
    bytesPerSecond: Number(options.get('bytes') ?? 10_000),
  })),
]

/** What a broker fetches from the others, and reports to the controller: it still answers, and is seen in ZooKeeper. */
function setLinksFrom({ sandbox }: Stage, id: number, fault: LinkFault): void {
  for (const other of sandbox.brokers) sandbox.setLink(`broker-${id}`, `broker-${other.id}`, fault)
}

function inner(stage: Stage): void {
  if (!stage.sandbox.hasInnerFaults) throw new Error('these brokers cannot be made to suffer from within')
}

const EXPIRY_LIMIT_MS = 60_000

const others: readonly DrillCommand[] = [
  {
    words: 'fault disk',
    parameters: [
      BROKER,
      { name: 'full, slow or well', fits: (word) => ['full', 'slow', 'well'].includes(word) },
    ],
    options: ['ms'],
    isInjection: true,
    run: async (stage, [word, how], options) => {
      inner(stage)
      const { node } = stage.sandbox.broker(await hurtBroker(stage, word as string))
      const delayMs = Number(options.get('ms') ?? 20)
      if (how === 'well')
        node.setInnerFaults({ ...node.innerFaults, isDiskFull: false, writeDelayMs: 0, syncDelayMs: 0 })
      if (how === 'full') node.setInnerFaults({ ...node.innerFaults, isDiskFull: true })
      if (how === 'slow')
        node.setInnerFaults({ ...node.innerFaults, writeDelayMs: delayMs, syncDelayMs: delayMs })
      return DONE
    },
  },
  {
    words: 'fault clock',
    parameters: [BROKER],
    options: ['ms'],
    isInjection: true,
    run: async (stage, [word], options) => {
      inner(stage)
      const { node } = stage.sandbox.broker(await hurtBroker(stage, word as string))
      node.setInnerFaults({ ...node.innerFaults, clockOffsetMs: Number(options.get('ms') ?? 3_600_000) })
      return DONE
    },
  },
  {
    words: 'fault expire-session broker',
    parameters: [BROKER],
    isInjection: true,
    run: async (stage, [word]) => {
      const { sandbox, recorder, ports } = stage
      const id = await hurtBroker(stage, word as string)
      sandbox.setLink(`broker-${id}`, 'zookeeper', { ...NO_FAULT, kind: 'silent' })
      const limitMs = ports.clock.monotonicMs() + EXPIRY_LIMIT_MS
      for (;;) {
        stage.signal.throwIfAborted()
        const view = await recorder.look()
        if (view !== null && !view.brokers.has(id)) break
        if (ports.clock.monotonicMs() > limitMs) throw new Error(`the session of broker ${id} did not expire`)
        await sleep(ports.clock, LOOK_MS)
      }
      sandbox.setLink(`broker-${id}`, 'zookeeper', NO_FAULT)
      return id
    },
  },
  {
    words: 'fault wipe broker',
    parameters: [BROKER],
    isInjection: true,
    run: async (stage, [word]) => {
      stage.sandbox.wipe(await brokerOf(stage, word as string))
      return DONE
    },
  },
  {
    words: 'fault isolate broker',
    parameters: [BROKER],
    isInjection: true,
    run: async (stage, [word]) => {
      const id = await hurtBroker(stage, word as string)
      setLinksFrom(stage, id, { ...NO_FAULT, kind: 'silent' })
      return id
    },
  },
  {
    words: 'fault rejoin broker',
    parameters: [BROKER],
    run: async (stage, [word]) => {
      const id = await brokerOf(stage, word as string)
      setLinksFrom(stage, id, NO_FAULT)
      return id
    },
  },
  {
    words: 'fault slow-zookeeper-disks',
    parameters: [],
    options: ['ms'],
    isInjection: true,
    run: async (stage, _words, options) => {
      inner(stage)
      for (const { node } of stage.sandbox.zookeepers)
        node.setInnerFaults({ ...NO_INNER_FAULTS, syncDelayMs: Number(options.get('ms') ?? 200) })
      return DONE
    },
  },
  {
    words: 'fault clear',
    parameters: [],
    run: async ({ sandbox }) => {
      await sandbox.clearFaults()
      return DONE
    },
  },
]

export const faultCommands: readonly DrillCommand[] = [...onProcesses, ...onLinks, ...others]
