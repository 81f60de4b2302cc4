import { CliError } from './cli-error.ts'

/** No record may be larger than this; brokers refuse far smaller ones. */
const MAX_LINE_BYTES = 128 * 1024 * 1024

/**
 * The pieces of a stream of bytes between delimiters, as they are: a carriage return stays. What follows the last
 * delimiter is a piece if it is not empty. Throws CliError for a piece without end.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, delimiter: Buffer): AsyncGenerator<Buffer> {
  let rest: Buffer[] = []
  let restBytes = 0
  for await (const chunk of chunks) {
    let bytes = chunk
    if (restBytes > 0 && delimiter.length > 1) {
      // The delimiter may begin in one chunk and end in the next.
      bytes = Buffer.concat([...rest, chunk])
      rest = []
      restBytes = 0
    }
    let start = 0
    for (let at = bytes.indexOf(delimiter); at >= 0; at = bytes.indexOf(delimiter, start)) {
      const piece = bytes.subarray(start, at)
      yield restBytes === 0 ? piece : Buffer.concat([...rest, piece])
      rest = []
      restBytes = 0
      start = at + delimiter.length
    }
    if (start < bytes.length) {
      rest.push(bytes.subarray(start))
      restBytes += bytes.length - start
    }
    if (restBytes > MAX_LINE_BYTES) {
      throw new CliError(`a record of more than ${MAX_LINE_BYTES} bytes`, {
        advice: 'give another --delimiter, or a whole file with --file',
      })
    }
  }
  if (restBytes > 0) yield Buffer.concat(rest)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

/** The bytes of a delimiter as it is typed: `\t`, `\0`, `\x1f` and plain text. Throws CliError. */
export function delimiterBytes(text: string, option: string): Buffer {
  const bytes = text.replaceAll(/\\(x[0-9a-fA-F]{2}|.)/g, (whole, name: string) => {
    if (name.startsWith('x')) return String.fromCharCode(Number.parseInt(name.slice(1), 16))
    return ESCAPES[name] ?? whole
  })
  if (bytes === '') throw new CliError(`${option} is empty`, { exitCode: 2 })
  return Buffer.from(bytes, 'utf8')
}
