import { fourLetterWord, NoAnswerError } from '../../../zk/four-letter-word.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Network } from '../../platform/network.ts'

const LIMIT_MS = 2000

/** What a server of the sandbox answers to a four-letter word; empty when it does not: it may have been killed. */
export async function wordOf(
  ports: { readonly network: Network; readonly clock: Clock },
  port: number,
  word: string,
): Promise<string> {
  try {
    return await fourLetterWord(ports, { host: '127.0.0.1', port, timeoutMs: LIMIT_MS }, word)
  } catch (error) {
    if (error instanceof NoAnswerError) return ''
    throw error
  }
}
