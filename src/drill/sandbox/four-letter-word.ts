import type { Clock } from '../../platform/clock.ts'
import type { Network } from '../../platform/network.ts'

const LIMIT_MS = 2000

/** What a ZooKeeper server answers to a four-letter word; empty when it does not. */
export async function fourLetterWord(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  port: number,
  word: string,
): Promise<string> {
  try {
    const stream = await network.dial({ host: '127.0.0.1', port, timeoutMs: LIMIT_MS })
    return await new Promise<string>((resolve) => {
      const parts: Buffer[] = []
      const timer = clock.after(LIMIT_MS, () => stream.destroy())
      stream.start({
        onData: (buffer, length) => parts.push(Buffer.from(buffer.subarray(0, length))),
        onDrain: () => undefined,
        onEnd: () => stream.destroy(),
        onClose: () => {
          timer.cancel()
          resolve(Buffer.concat(parts).toString('utf8'))
        },
      })
      stream.write([Buffer.from(word)])
    })
  } catch {
    return ''
  }
}
