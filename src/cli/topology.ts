import type { Command } from 'commander'
import { brokerIds, brokerInfo } from '../../zk/znodes/brokers.ts'
import { topic as topicZnode, topics as topicsZnode } from '../../zk/znodes/topics.ts'
import { FORMAT, type Topology, type TopologyTopic } from '../drill/topology/topology.ts'
import { writeText } from '../drill/sandbox/text-file.ts'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import type { Shell } from './shell.ts'
import { addEnsembleOptions, withEnsemble, type Ensemble, type EnsembleOptions } from './zk/ensemble.ts'

/** `zurau topology`. */
export function declareTopology(topology: Command, { shell, action }: CommandContext): void {
  addEnsembleOptions(
    topology
      .command('export')
      .description('write down brokers, racks, topics, assignments and configs; never records'),
  )
    .option('--to <file>', 'write it there (default: standard output)')
    .addHelpText(
      'after',
      examples([
        'zurau topology export --zookeeper zk1:2181/kafka --to prod.json',
        'zurau drill run broker-crash --topology prod.json',
      ]),
    )
    .action(
      action(async (options: EnsembleOptions & { readonly to?: string }) => {
        const exported = await withEnsemble(shell, options, (ensemble) => exportTopology(ensemble, shell))
        const text = `${JSON.stringify(exported, null, 2)}\n`
        if (options.to === undefined) return shell.out.write(text)
        writeText(shell.disk, options.to, text)
        const partitions = exported.topics.reduce((sum, each) => sum + each.partitions.length, 0)
        const counts = `${exported.brokers.length} brokers, ${exported.topics.length} topics, ${partitions} partitions`
        await shell.err.write(`${counts} → ${options.to}\n`)
      }),
    )
}

/** What must not leave the ensemble, whatever it is worth. */
const SECRET = /password|secret|jaas|credential|keystore|truststore|token/i

/** Topics whose znodes are asked for at the same time. */
const AT_ONCE = 200

async function exportTopology(ensemble: Ensemble, { clock }: Shell): Promise<Topology> {
  const json = async (path: string): Promise<Record<string, unknown> | null> => {
    const found = await ensemble.get(path)
    if (found === null || found.data === null) return null
    const value: unknown = JSON.parse(found.data.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  }
  const configAt = async (path: string): Promise<Record<string, string>> => {
    const entries = Object.entries(((await json(path))?.['config'] ?? {}) as Record<string, unknown>)
    return Object.fromEntries(
      entries.filter(([key]) => !SECRET.test(key)).map(([key, value]) => [key, String(value)] as const),
    )
  }
  const ids = ((await ensemble.children(brokerIds.at())) ?? []).map(Number).sort((one, other) => one - other)
  const brokers = await Promise.all(
    ids.map(async (id) => {
      const path = brokerInfo.at({ broker: id })
      const found = await ensemble.get(path)
      return { id, rack: found === null ? null : brokerInfo.decode(found.data, path).rack }
    }),
  )
  const names = ((await ensemble.children(topicsZnode.at())) ?? []).sort()
  const topics: TopologyTopic[] = []
  for (let from = 0; from < names.length; from += AT_ONCE) {
    const some = await Promise.all(
      names.slice(from, from + AT_ONCE).map(async (name) => {
        const path = topicZnode.at({ topic: name })
        const found = await ensemble.get(path)
        if (found === null) return null
        const { partitions } = topicZnode.decode(found.data, path)
        const ordered = [...partitions].sort(([one], [other]) => one - other)
        return {
          name,
          partitions: ordered.map(([, { replicas }]) => [...replicas]),
          config: await configAt(`/config/topics/${name}`),
        }
      }),
    )
    topics.push(...some.filter((each) => each !== null))
  }
  const clusterId = await json('/cluster/id')
  return {
    format: FORMAT,
    exportedAt: new Date(clock.nowMs()).toISOString(),
    clusterId: typeof clusterId?.['id'] === 'string' ? clusterId['id'] : null,
    brokers,
    brokerConfig: await configAt('/config/brokers/<default>'),
    topics,
  }
}
