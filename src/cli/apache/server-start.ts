import type { Command } from 'commander'
import type { CommandContext } from '../command.ts'
import { examples } from '../help.ts'
import { collect } from '../parse.ts'

/** `kafka-server-start`: always in the foreground; process managers do the rest. */
export function declareServerStart(command: Command, { action, call }: CommandContext): void {
  command
    .argument('<server.properties>')
    .option('--override <key=value>', 'may be given again', collect, [])
    .addHelpText('after', examples(['kafka-server-start server.properties --override broker.id=2']))
    .action(
      action((path: string, { override }: { readonly override: readonly string[] }) =>
        call(['start', path, ...override.flatMap((each) => ['--override', each])]),
      ),
    )
}
