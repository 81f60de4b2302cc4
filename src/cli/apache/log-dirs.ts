import type { Command } from 'commander'
import { PartitionAdmin } from '../../client/partition-admin.ts'
import { withCluster } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { commaList } from '../parse.ts'
import { addApacheConnection, clusterOf, type ApacheConnection } from './connection.ts'

/** `kafka-log-dirs`, with the JSON that scripts cut out of its last line. */
export function declareLogDirs(command: Command, { shell, action }: CommandContext): void {
  addApacheConnection(command)
    .option('--describe', 'the only thing it does', true)
    .option('--broker-list <id,..>', 'which brokers (default: all)')
    .option('--topic-list <name,..>', 'which topics (default: all)')
    .addHelpText(
      'after',
      examples(['kafka-log-dirs --bootstrap-server localhost:9092 --describe | tail -1 | jq .']),
    )
    .action(
      action(({ brokerList, topicList, ...options }: ApacheConnection & { topicList?: string }) =>
        withCluster(shell, clusterOf(options), async (cluster) => {
          const { brokers } = await cluster.admin.metadata([])
          const all = brokers.map(({ nodeId }) => nodeId).sort((one, other) => one - other)
          const ids = brokerList === undefined ? all : commaList(brokerList).map(Number)
          const admin = new PartitionAdmin(cluster)
          const topics = topicList === undefined ? null : commaList(topicList)
          await shell.out.write('Querying brokers for log directories information\n')
          const described = await Promise.all(
            ids.map(async (broker) => ({
              broker,
              logDirs: (await admin.logDirectories(broker, topics)).map(({ path, error, replicas }) => ({
                partitions: replicas.map(({ topic, partition, sizeBytes, isFuture }) => ({
                  partition: `${topic}-${partition}`,
                  size: sizeBytes,
                  offsetLag: 0,
                  isFuture,
                })),
                error: error === 'NONE' ? null : error,
                logDir: path,
              })),
            })),
          )
          await shell.out.write(`Received log directory information from brokers ${ids.join(',')}\n`)
          await shell.out.write(`${JSON.stringify({ brokers: described, version: 1 })}\n`)
        }),
      ),
    )
}
