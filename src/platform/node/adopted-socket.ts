import net from 'node:net'
import type { Server, Socket } from 'node:net'

/** Major versions of Node on which the recipe was tried: 20.20, 22.23 and 24.21. On others it is tested first. */
const TRIED_VERSIONS: readonly number[] = [20, 22, 24]

/** How long the test of the recipe may take on a machine under load. */
const TEST_LIMIT_MS = 2000

/** The parts of a socket that Node does not document. */
interface Internals {
  _handle: { readonly useUserBuffer?: unknown } | null
  _server: Server | null
  server: Server | null
}

/** Options of a socket that Node does not document, or not for this use. */
interface AdoptionOptions extends net.SocketConstructorOpts {
  readonly handle: object
  readonly pauseOnCreate: true
  readonly writableHighWaterMark: 0
  readonly onread: net.OnReadOpts
}

/**
 * Moves an accepted connection to a socket that reads into `buffer`, which sockets made by a server cannot be asked to
 * do. The handle changes owner; the old socket is left empty, and the server goes on counting the new one. Null when
 * the connection is gone already. `onBytes` returns false to stop reading until `resume`.
 *
 * `canAdopt` says whether it works here.
 */
export function adopt(socket: Socket, buffer: Buffer, onBytes: (length: number) => boolean): Socket | null {
  const old = socket as unknown as Internals
  const { _handle: handle, _server: server } = old
  if (handle === null) return null
  old._handle = null
  old._server = null
  old.server = null
  const options: AdoptionOptions = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    writableHighWaterMark: 0,
    onread: { buffer, callback: onBytes },
  }
  const adopted = new net.Socket(options)
  const fresh = adopted as unknown as Internals
  fresh._server = server
  fresh.server = server
  return adopted
}

/** Whether sockets can be adopted on this Node: known of the tried versions, found out on others. */
export function canAdopt(): boolean | Promise<boolean> {
  return TRIED_VERSIONS.includes(Number(process.versions.node.split('.')[0])) || testAdoption()
}

/** Whether Node still reads into given buffers the way the recipe needs. */
export function isAdoptable(socket: Socket): boolean {
  const { _handle } = socket as unknown as Internals
  return typeof _handle?.useUserBuffer === 'function'
}

/**
 * Sends bytes both ways over a connection of our own and says whether they came through an adopted socket, into the
 * given buffer, with pause, resume and both ends. Takes 5 to 15 ms, which is why the tried versions do without.
 */
export async function testAdoption(): Promise<boolean> {
  const buffer = Buffer.alloc(16)
  let server: Server | null = null
  let client: Socket | null = null
  try {
    return await new Promise<boolean>((resolve) => {
      const timeout = setTimeout(() => resolve(false), TEST_LIMIT_MS)
      const settle = (works: boolean): void => {
        clearTimeout(timeout)
        resolve(works)
      }
      const fail = (): void => settle(false)
      let received = ''
      let answered = ''
      server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
        const adopted = adopt(socket, buffer, (length) => {
          received += buffer.toString('latin1', 0, length)
          setImmediate(() => adopted?.resume())
          return false
        })
        if (adopted === null) return fail()
        adopted.on('error', fail)
        adopted.on('end', () => adopted.end('pong'))
        adopted.resume()
      })
      server.on('error', fail)
      server.listen(0, '127.0.0.1', () => {
        const address = server?.address()
        if (typeof address !== 'object' || address === null) return fail()
        client = net.connect({ port: address.port, host: '127.0.0.1', allowHalfOpen: true })
        client.on('error', fail)
        client.on('data', (bytes: Buffer) => (answered += bytes.toString('latin1')))
        client.on('close', () => settle(received === 'ping' && answered === 'pong'))
        client.end('ping')
      })
    })
  } catch {
    return false
  } finally {
    stop(client)
    stop(server)
  }
}

function stop(socket: Socket | Server | null): void {
  if (socket instanceof net.Socket) socket.destroy()
  else socket?.close()
}
