import { codecSource } from '../protocol/codec-source.ts'
import { everyMessage } from '../protocol/every-message.ts'
import { inVersions } from '../protocol/schema.ts'

/**
 * Prints the code that reads and writes one message in one version, as it is compiled at run time:
 * `tsx src/tools/print-codec.ts ProduceRequest 9`. Without a version: the highest one.
 */
function main([name, versionText]: readonly string[]): string {
  const message = everyMessage.find((candidate) => candidate.name === name)
  if (message === undefined) {
    throw new Error(
      `usage: print-codec MESSAGE [VERSION]; the messages are\n${everyMessage.map((m) => m.name).join('\n')}`,
    )
  }
  const { min, max } = message.versions
  const version = versionText === undefined ? max : Number(versionText)
  if (!inVersions(message.versions, version)) throw new Error(`${message.name} has versions ${min} to ${max}`)
  return indent(codecSource(message, version))
}

/** Two spaces per open brace. */
function indent(source: string): string {
  let depth = 0
  const lines = source.split('\n').map((line) => {
    const closesFirst = /^[} ]*/.exec(line)?.[0].replaceAll(' ', '').length ?? 0
    const indented = '  '.repeat(Math.max(0, depth - closesFirst)) + line
    depth += count(line, '{') - count(line, '}')
    return indented
  })
  return lines.join('\n')
}

function count(line: string, brace: string): number {
  return line.split(brace).length - 1
}

try {
  process.stdout.write(`${main(process.argv.slice(2))}\n`)
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 2
}
