import { KafkaError, errorCode } from '../model/errors.ts'
import { sleep, type Clock } from '../platform/clock.ts'
import type { ApiName, RequestInput, ResponseRead } from '../protocol/apis.ts'
import { SerialQueue } from '../std/serial-queue.ts'
import type { BrokerChannel } from './broker-channel.ts'

/** Where the controller listens, as this broker last heard. */
export interface ControllerAddress {
  readonly host: string
  readonly port: number
}

const RETRY_MS = 100
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')

/**
 * Talks to the controller, whoever that is: one request at a time, in order, each repeated with whoever is the controller
 * then until it is answered by one who is. A request may therefore arrive twice.
 * Source: kafka.server.NodeToControllerChannelManager.
 */
export class ControllerChannel {
  private readonly clock: Clock
  private readonly find: () => ControllerAddress | null
  private readonly open: (address: ControllerAddress) => BrokerChannel
  private readonly queue = new SerialQueue()
  private channel: BrokerChannel | null = null
  private isClosed = false

  constructor(options: {
    clock: Clock
    /** Null while nobody is known to be the controller. */
    find: () => ControllerAddress | null
    open: (address: ControllerAddress) => BrokerChannel
  }) {
    this.clock = options.clock
    this.find = options.find
    this.open = options.open
  }

  /**
   * The controller's answer. Throws KafkaError REQUEST_TIMED_OUT after `timeoutMs` (null: never), NETWORK_EXCEPTION when
   * the channel is closed. `isRefused` tells an answer that means "I am not the controller"; default: its error code.
   */
  call<N extends ApiName>(
    api: N,
    version: number,
    request: RequestInput<N>,
    options: {
      readonly timeoutMs: number | null
      readonly isRefused?: (response: ResponseRead<N>) => boolean
    },
  ): Promise<ResponseRead<N>> {
    const deadline = options.timeoutMs === null ? Infinity : this.clock.monotonicMs() + options.timeoutMs
    const isRefused = options.isRefused ?? hasNotControllerCode
    return this.queue.run(async () => {
      for (;;) {
        if (this.isClosed)
          throw new KafkaError('NETWORK_EXCEPTION', 'the channel to the controller is closed')
        const left = deadline - this.clock.monotonicMs()
        if (left <= 0) throw new KafkaError('REQUEST_TIMED_OUT', `no controller answered ${api} in time`)
        const response = await this.attempt(api, version, request, left)
        if (response !== null && !isRefused(response)) return response
        this.forget()
        await sleep(this.clock, RETRY_MS)
      }
    })
  }

  close(): void {
    this.isClosed = true
    this.forget()
  }

  private async attempt<N extends ApiName>(
    api: N,
    version: number,
    request: RequestInput<N>,
    leftMs: number,
  ): Promise<ResponseRead<N> | null> {
    const address = this.find()
    if (address === null) return null
    this.channel ??= this.open(address)
    try {
      return await this.channel.call(api, version, request, Number.isFinite(leftMs) ? leftMs : undefined)
    } catch (error) {
      if (error instanceof KafkaError) return null
      throw error
    }
  }

  private forget(): void {
    this.channel?.close()
    this.channel = null
  }
}

function hasNotControllerCode(response: object): boolean {
  return 'errorCode' in response && response.errorCode === NOT_CONTROLLER
}
