import type { Command } from 'commander'
import { hostPort } from '../../model/endpoint.ts'
import { apiByKey, apis } from '../../protocol/apis.ts'
import { withCluster } from '../cluster-options.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { addApacheConnection, clusterOf, type ApacheConnection } from './connection.ts'

/** `kafka-broker-api-versions`: what each broker serves, and what of that this client would use. */
export function declareBrokerApiVersions(command: Command, { shell, action }: CommandContext): void {
  addApacheConnection(command)
    .addHelpText('after', examples(['kafka-broker-api-versions --bootstrap-server localhost:9092']))
    .action(
      action((options: ApacheConnection) =>
        withCluster(shell, clusterOf(options), async ({ client, admin }) => {
          const { brokers } = await admin.metadata([])
          for (const { nodeId, host, port, rack } of brokers) {
            const versions = [...(await client.versionsOf(nodeId))].sort(([one], [other]) => one - other)
            const lines = versions.map(([key, { min, max }]) => {
              const name = apiByKey(key)
              const range = min === max ? `${min}` : `${min} to ${max}`
              const usable =
                name === null
                  ? 'unknown to this client'
                  : `usable: ${Math.min(max, apis[name].request.versions.max)}`
              return `\t${name ?? 'UNKNOWN'}(${key}): ${range} [${usable}]`
            })
            await shell.out.write(
              `${hostPort(host, port)} (id: ${nodeId} rack: ${rack ?? 'null'}) -> (\n${lines.join(',\n')}\n)\n`,
            )
          }
        }),
      ),
    )
}
