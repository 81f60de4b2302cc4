/** The inner modules of node-zookeeper-client 1.1.3 that we build on; @types has the outer ones only. */

declare module 'node-zookeeper-client/lib/jute/index.js' {
  namespace jute {
    /** Something that can be written into a frame. Paths get the chroot in front. */
    interface Payload {
      setChrootPath(chroot: string | undefined): void
      byteLength(): number
    }
    interface Header extends Payload {
      xid: number
      type: number
    }
  }

  const jute: {
    readonly OP_CODES: Readonly<Record<string, number>>
    readonly XID_NOTIFICATION: number
    readonly XID_PING: number
    readonly XID_AUTHENTICATION: number
    readonly Request: new (
      header: jute.Payload,
      payload: jute.Payload | null,
    ) => {
      toBuffer(): Buffer
    }
    readonly TransactionRequest: new (
      operations: readonly {
        readonly type: number
        readonly path: string
        readonly data?: Buffer | null
        readonly acls?: readonly { toRecord(): jute.Payload }[]
        readonly mode?: number
        readonly version?: number
      }[],
    ) => jute.Payload
    readonly protocol: {
      readonly RequestHeader: new (xid: number, type: number) => jute.Header
      readonly AuthPacket: new (type: number, scheme: string, auth: Buffer) => jute.Payload
      readonly SetWatches: new (
        relativeZxid: Buffer,
        dataWatches: readonly string[],
        existWatches: readonly string[],
        childWatches: readonly string[],
      ) => jute.Payload
      readonly CreateRequest: new (
        path: string,
        data: Buffer | undefined,
        acl: readonly jute.Payload[],
        flags: number,
      ) => jute.Payload
      readonly DeleteRequest: new (path: string, version: number) => jute.Payload
      readonly ExistsRequest: new (path: string, watch: boolean) => jute.Payload
      readonly GetDataRequest: new (path: string, watch: boolean) => jute.Payload
      readonly SetDataRequest: new (path: string, data: Buffer | undefined, version: number) => jute.Payload
      readonly GetChildren2Request: new (path: string, watch: boolean) => jute.Payload
      readonly GetACLRequest: new (path: string) => jute.Payload
      readonly SetACLRequest: new (
        path: string,
        acl: readonly jute.Payload[],
        version: number,
      ) => jute.Payload
    }
    readonly data: {
      readonly Id: new (scheme: string, id: string) => jute.Payload
      readonly ACL: new (permissions: number, id: jute.Payload) => jute.Payload
    }
  }
  export = jute
}

declare module 'node-zookeeper-client/lib/ConnectionManager.js' {
  interface Server {
    readonly host: string
    readonly port: number
    readonly keepAlive?: boolean
    readonly keepAliveInitialDelay?: number
  }

  namespace ConnectionManager {
    /** The part of a socket that is used from outside of the package. */
    interface Connection {
      readonly connecting: boolean
      write(bytes: Buffer): boolean
      destroy(): void
    }
  }

  class ConnectionManager {
    static readonly STATES: {
      readonly DISCONNECTED: 0
      readonly CONNECTING: 1
      readonly CONNECTED: 2
      readonly CLOSING: -1
      readonly CLOSED: -2
      readonly SESSION_EXPIRED: -3
      readonly AUTHENTICATION_FAILED: -4
    }
    constructor(
      connectString: string,
      options: { readonly sessionTimeout: number; readonly spinDelay: number },
      onState: (state: number) => void,
    )
    state: number
    socket: ConnectionManager.Connection | undefined
    /** How long the timer runs that `connect` sets. */
    connectTimeout: number
    connectTimeoutHandler: NodeJS.Timeout | null
    setState(state: number): void
    /** Asks `findNextServer`, opens the socket and binds its events to the `onSocket…` methods. */
    connect(): void
    protected findNextServer(useServer: (server: Server) => void): void
    protected updateTimeout(sessionTimeout: number): void
    protected onSocketConnected(): void
    protected onSocketConnectTimeout(): void
    protected onSocketData(chunk: Buffer): void
    protected onSocketDrain(): void
    protected onSocketClosed(hadError: boolean): void
    protected onSocketError(error: Error): void
    protected onSocketTimeout(): void
    protected onPacketQueueReadable(): void
  }
  export = ConnectionManager
}
