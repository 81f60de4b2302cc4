import type { Command } from 'commander'
import type { CommandContext } from './command.ts'
import { examples } from './help.ts'
import { declareCompare } from './offsets/compare.ts'
import { declareDiff } from './offsets/diff.ts'
import { declareExport, declareImport } from './offsets/export.ts'
import { declareMigrate } from './offsets/migrate.ts'
import { declareSeek } from './offsets/seek.ts'
import { declareStore } from './offsets/store.ts'

/** `zurau offsets`: committed offsets, in ZooKeeper and in `__consumer_offsets`. */
export function declareOffsets(offsets: Command, context: CommandContext): void {
  offsets.addHelpText(
    'after',
    examples([
      'zurau offsets diff',
      'zurau offsets migrate --from zookeeper --to kafka --plan',
      'zurau offsets seek billing --to earliest',
      'zurau offsets store billing dual',
    ]),
  )
  declareCompare(offsets, context)
  declareDiff(offsets, context)
  declareMigrate(offsets, context)
  declareSeek(offsets, context)
  declareExport(offsets, context)
  declareImport(offsets, context)
  declareStore(offsets, context)
}
