import { run } from './cli/command-line.ts'
import { NodeShell } from './cli/node-shell.ts'

process.exitCode = await run(process.argv.slice(2), new NodeShell())
