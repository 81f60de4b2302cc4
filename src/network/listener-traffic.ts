/** What has come and gone through one listener since the start. Plain numbers: connections add to them as they go. */
export class ListenerTraffic {
  created = 0
  closed = 0
  bytesIn = 0
  bytesOut = 0

  /** Connections that are open. */
  get open(): number {
    return this.created - this.closed
  }
}
