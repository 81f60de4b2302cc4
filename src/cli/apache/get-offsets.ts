import type { Command } from 'commander'
import { findOffsets, type OffsetQuery } from '../../client/offsets.ts'
import { TopicLeaders } from '../../client/topic-leaders.ts'
import { CliError } from '../cli-error.ts'
import { withCluster } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { commaList } from '../parse.ts'
import { addApacheConnection, clusterOf, type ApacheConnection } from './connection.ts'

interface OffsetsOptions extends ApacheConnection {
  readonly topic?: string
  readonly partitions?: string
  readonly time: string
  readonly excludeInternalTopics: boolean
}

/** `kafka-get-offsets`: lines of topic:partition:offset. */
export function declareGetOffsets(command: Command, { shell, action }: CommandContext): void {
  addApacheConnection(command)
    .option('--topic <pattern>', 'which topics (default: all)')
    .option('--partitions <n,..>', 'which partitions (default: all)')
    .option('--time <time>', 'latest (-1), earliest (-2), max-timestamp (-3), or ms since 1970', 'latest')
    .option('--exclude-internal-topics', 'leave out those that brokers use', false)
    .addHelpText(
      'after',
      examples(['kafka-get-offsets --bootstrap-server localhost:9092 --topic orders'], 'orders:0:42'),
    )
    .action(
      action((options: OffsetsOptions) =>
        withCluster(shell, clusterOf(options), async ({ admin, client, timeoutMs }) => {
          const query = queryOf(options.time)
          const pattern = new RegExp(`^(?:${(options.topic ?? '.*').replaceAll(',', '|')})$`)
          const chosen = options.partitions === undefined ? null : commaList(options.partitions).map(Number)
          const topics = (await admin.topics(null)).filter(
            ({ name, isInternal }) => pattern.test(name) && !(options.excludeInternalTopics && isInternal),
          )
          const queries = topics.flatMap(({ name, partitions }) =>
            partitions
              .filter(({ partitionIndex }) => chosen === null || chosen.includes(partitionIndex))
              .map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex, query })),
          )
          if (queries.length === 0)
            throw new CliError('Could not match any topic-partitions with the specified filters')
          const found = await findOffsets(client, new TopicLeaders({ client }), queries, { timeoutMs })
          const lines = found.map(
            ({ topic, partition, offset }) => `${topic}:${partition}:${offset < 0 ? '' : offset}\n`,
          )
          await shell.out.write(lines.join(''))
        }),
      ),
    )
}

function queryOf(time: string): OffsetQuery {
  switch (time) {
    case 'latest':
    case '-1':
      return { kind: 'latest' }
    case 'earliest':
    case '-2':
      return { kind: 'earliest' }
    case 'max-timestamp':
    case '-3':
      return { kind: 'max-timestamp' }
    default: {
      const ms = Number(time)
      if (Number.isSafeInteger(ms) && ms >= 0) return { kind: 'timestamp', ms }
      throw new CliError(`--time ${time} is not understood`, {
        advice: 'latest, earliest, max-timestamp or ms since 1970',
        exitCode: 2,
      })
    }
  }
}
