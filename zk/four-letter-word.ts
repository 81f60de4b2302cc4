import type { Clock } from '../src/platform/clock.ts'
import { NetworkError, type Network } from '../src/platform/network.ts'

const MAX_BYTES = 256 * 1024

/** A server of an ensemble did not answer: why. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/**
 * Asks a ZooKeeper server one of its four-letter words. Throws NoAnswerError: nobody listens, or nobody answers in
 * time. A server that does not allow the word says so in its answer.
 */
export async function fourLetterWord(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  where: { readonly host: string; readonly port: number; readonly timeoutMs: number },
  word: string,
): Promise<string> {
  const stream = await network.dial(where).catch((error: unknown) => {
    if (error instanceof NetworkError) throw new NoAnswerError(error.message, { cause: error })
    throw error
  })
  return new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const timer = clock.after(where.timeoutMs, () => {
      stream.destroy()
      reject(new NoAnswerError(`accepts connections, and gave no answer in ${where.timeoutMs} ms`))
    })
    const end = (): void => {
      timer.cancel()
      stream.destroy()
      const text = Buffer.concat(chunks).toString('utf8')
      if (text === '') reject(new NoAnswerError('closed the connection without an answer'))
      else resolve(text)
    }
    stream.start({
      onData: (buffer, length) => {
        bytes += length
        if (bytes <= MAX_BYTES) chunks.push(Buffer.from(buffer.subarray(0, length)))
      },
      onDrain: () => undefined,
      onEnd: end,
      onClose: end,
    })
    stream.write([Buffer.from(word)])
  })
}

export interface ServerState {
  readonly version: string
  /** leader, follower, observer, standalone. */
  readonly mode: string
  readonly averageLatencyMs: number | null
  readonly maxLatencyMs: number | null
}

/** What `srvr` says; null for a server that does not allow the word, or has no quorum. */
export function parseServerState(text: string): ServerState | null {
  const field = (name: string): string | null =>
    new RegExp(`^${name}: *(.+)$`, 'm').exec(text)?.[1]?.trim() ?? null
  const mode = field('Mode')
  const version = field('Zookeeper version')
  if (mode === null || version === null) return null
  const [, average = null, max = null] = (field('Latency min/avg/max') ?? '').split('/')
  return {
    version: version.split(/[-,]/)[0] ?? version,
    mode,
    averageLatencyMs: average === null ? null : Number(average),
    maxLatencyMs: max === null ? null : Number(max),
  }
}
