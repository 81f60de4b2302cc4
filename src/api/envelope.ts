import { CLOSE_CONNECTION } from '../network/request.ts'
import type { Handler } from './handler.ts'

/**
 * A request inside a request (KIP-590). Brokers send none of these without a migration to KRaft, and whoever else does
 * is not answered: the API is advertised, and no more. Source: SocketServer.handleEnvelope (3.9).
 */
export function envelope(): Handler<'Envelope'> {
  return () => CLOSE_CONNECTION
}
