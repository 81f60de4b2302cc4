import { topicOf } from '../workload/workload.ts'
import type { ClusterView } from '../sandbox/observer.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { wordOf } from '../sandbox/word-of.ts'
import type { MachinePorts } from '../sandbox/sandbox-options.ts'

/** Words in place of a broker's id. */
export const BROKER_WORDS = ['controller', 'leader', 'follower', 'victim', 'second', 'other', 'new'] as const
export const ZOOKEEPER_WORDS = ['leader', 'follower', 'victim', 'second'] as const

/** The first and second broker that a drill has hurt: later steps name them so. */
export interface Victims {
  broker: number | null
  secondBroker: number | null
  zookeeper: number | null
  secondZookeeper: number | null
}

export function isBrokerReference(word: string): boolean {
  return /^[0-9]{1,9}$/.test(word) || (BROKER_WORDS as readonly string[]).includes(word)
}

export function isZookeeperReference(word: string): boolean {
  return /^[0-9]{1,3}$/.test(word) || (ZOOKEEPER_WORDS as readonly string[]).includes(word)
}

/** Whom a word means just now. Throws an Error when it means nobody. */
export function resolveBroker(
  word: string,
  view: ClusterView | null,
  sandbox: Sandbox,
  victims: Victims,
): number {
  const ids = sandbox.brokers.map(({ id }) => id)
  const first = view?.partitions.find(({ topic, partition }) => topic === topicOf('all') && partition === 0)
  const found = (): number | null | undefined => {
    switch (word) {
      case 'victim':
        return victims.broker
      case 'second':
        return victims.secondBroker
      case 'controller':
        return view?.controller
      case 'leader':
        return first?.leader
      case 'follower':
        return (
          first?.replicas.find(
            (id) => id !== first.leader && id !== view?.controller && id !== victims.broker,
          ) ?? first?.replicas.find((id) => id !== first.leader && id !== victims.broker)
        )
      case 'other':
        return (
          ids.find((id) => id !== victims.broker && id !== victims.secondBroker && id !== view?.controller) ??
          ids.find((id) => id !== victims.broker && id !== victims.secondBroker)
        )
      case 'new':
        return ids.at(-1)
      default:
        return Number(word)
    }
  }
  const id = found()
  if (id === null || id === undefined || !ids.includes(id))
    throw new Error(`no broker of the sandbox is "${word}"`)
  return id
}

export async function resolveZookeeper(
  word: string,
  sandbox: Sandbox,
  ports: MachinePorts,
  victims: Victims,
): Promise<number> {
  if (word === 'victim' && victims.zookeeper !== null) return victims.zookeeper
  if (word === 'second' && victims.secondZookeeper !== null) return victims.secondZookeeper
  if (/^[0-9]+$/.test(word)) return sandbox.zookeeper(Number(word)).id
  for (const { id, port, node } of sandbox.zookeepers) {
    if (!node.isRunning || node.isPaused || id === victims.zookeeper) continue
    const mode = /^Mode: (.*)$/m.exec(await wordOf(ports, port, 'srvr'))?.[1]
    if (mode === 'standalone' || mode === word) return id
  }
  throw new Error(`no ZooKeeper server of the sandbox is "${word}"`)
}
