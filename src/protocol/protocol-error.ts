/** Bytes that are not what they should be: the connection they came on is of no more use. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
