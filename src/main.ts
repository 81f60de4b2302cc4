import { run } from './cli/command-line.ts'
import { NodeShell } from './cli/node-shell.ts'

void run(process.argv.slice(2), new NodeShell()).then((code) => {
  process.exitCode = code
})
