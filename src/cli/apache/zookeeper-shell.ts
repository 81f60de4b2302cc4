import type { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'

/** `zookeeper-shell HOST:PORT get|ls|stat PATH`: to look, not to write. */
export function declareZookeeperShell(command: Command, { action, call }: CommandContext): void {
  command
    .argument('<host:port/chroot>')
    .argument('<what>', 'get, ls or stat')
    .argument('[path]', 'which znode', '/')
    .addHelpText(
      'after',
      examples([
        'zookeeper-shell localhost:2181 ls /brokers/ids',
        'zookeeper-shell localhost:2181 get /controller',
      ]),
    )
    .action(
      action((connect: string, what: string, path: string) => {
        switch (what) {
          case 'ls':
          case 'get':
            return call(['zk', what, path, '--zookeeper', connect, ...(what === 'get' ? ['--raw'] : [])])
          case 'stat':
            return call(['zk', 'get', path, '--zookeeper', connect])
          default:
            throw new CliError(`${what} is not done here: this shell only looks`, {
              advice: 'get, ls or stat; to change znodes use ZooKeeper’s own zkCli',
              exitCode: 2,
            })
        }
      }),
    )
}
