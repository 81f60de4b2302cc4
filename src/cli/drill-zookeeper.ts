import { createNodePlatform } from '../platform/node/node-platform.ts'
import { createEmbeddedZooKeeper } from '../../zk/embedded/server.ts'
import type { Shell } from './shell.ts'

const TICK_MS = 500

/** A ZooKeeper server of our own as a process of its own: what a sandbox starts where there are no jars. */
export async function serveZookeeper(port: number, directory: string, shell: Shell): Promise<number> {
  const platform = createNodePlatform({ log: { level: 'warn' } })
  let end: (code: number) => void = () => undefined
  const ended = new Promise<number>((resolve) => (end = resolve))
  const server = createEmbeddedZooKeeper({
    platform,
    config: {
      dataDirectory: directory,
      host: '127.0.0.1',
      port,
      tickTimeMs: TICK_MS,
      maxClientConnections: 0,
      fourLetterWords: ['*'],
    },
    onFailure: () => end(1),
  })
  await server.start()
  const forget = shell.onInterrupt(() => end(0))
  const code = await ended
  forget()
  await server.stop()
  return code
}
