import type { Logger } from '../platform/logger.ts'
import { NodeClock } from '../platform/node/node-clock.ts'
import { NodeDisk } from '../platform/node/node-disk.ts'
import { NodeNetwork } from '../platform/node/node-network.ts'
import { NodeRandom } from '../platform/node/node-random.ts'
import { OutputClosedError, type Input, type Output, type Shell } from './shell.ts'

/** Commands speak through their output: nothing is logged. */
export const SILENT_LOGGER: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
  child: () => SILENT_LOGGER,
}

/** The shell that started this process. */
export class NodeShell implements Shell {
  readonly environment = process.env
  readonly input: Input = new NodeInput()
  readonly clock = new NodeClock()
  readonly random = new NodeRandom()
  readonly disk = new NodeDisk()
  // Each is made when it is first wanted: streams of a terminal take milliseconds to open.
  private stdout: Output | null = null
  private stderr: Output | null = null
  private net: NodeNetwork | null = null

  get out(): Output {
    return (this.stdout ??= new NodeOutput(process.stdout))
  }

  get err(): Output {
    return (this.stderr ??= new NodeOutput(process.stderr))
  }

  get network(): NodeNetwork {
    return (this.net ??= new NodeNetwork())
  }

  onInterrupt(action: () => void): () => void {
    process.on('SIGINT', action)
    process.on('SIGTERM', action)
    return () => {
      process.off('SIGINT', action)
      process.off('SIGTERM', action)
    }
  }
}

class NodeOutput implements Output {
  private readonly stream: NodeJS.WriteStream
  private failure: Error | null = null

  constructor(stream: NodeJS.WriteStream) {
    this.stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.failure ??= error.code === 'EPIPE' ? new OutputClosedError('nobody reads the output') : error
    })
  }

  get isTerminal(): boolean {
    return this.stream.isTTY === true
  }

  get columns(): number {
    return this.isTerminal ? (this.stream.columns ?? 80) : Infinity
  }

  get hasColors(): boolean {
    const { NO_COLOR, FORCE_COLOR, TERM } = process.env
    if (NO_COLOR !== undefined && NO_COLOR !== '') return false
    if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true
    return this.isTerminal && TERM !== 'dumb'
  }

  async write(text: string | Buffer): Promise<void> {
    this.throwFailure()
    await new Promise<void>((resolve) => this.stream.write(text, () => resolve()))
    this.throwFailure()
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure
  }
}

class NodeInput implements Input {
  get isTerminal(): boolean {
    return process.stdin.isTTY === true
  }

  chunks(): AsyncIterable<Buffer> {
    return process.stdin as AsyncIterable<Buffer>
  }
}
