import type { Platform } from '../../src/platform/platform.ts'
import { FakeClock } from './clock.ts'
import type { DiskImage } from './disk-image.ts'
import type { CrashOutcome } from './file-node.ts'
import { FakeDisk } from './disk.ts'
import type { FakeDiskOptions } from './disk.ts'
import { FakeLogger } from './logger.ts'
import type { FakeHost } from './network.ts'
import { FakeNetwork } from './network.ts'
import { FakeRandom } from './random.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedProcess } from './simulated-process.ts'

export interface FakePlatformOptions {
  /** The machine's name. Default `localhost`. */
  readonly host?: string
  /** The process's name, in logs and locks. Default the machine's. */
  readonly name?: string
  readonly seed?: string | number
  /** Shared by all processes of a world. Default: a world of its own. */
  readonly network?: FakeNetwork
  /** The machine's disk. Default: an empty one. */
  readonly image?: DiskImage
  readonly disk?: Omit<FakeDiskOptions, 'image' | 'clock' | 'random' | 'owner'>
  readonly clock?: { readonly wallMs?: number; readonly rate?: number }
  readonly logger?: FakeLogger
  /** Counts the lives of this process on its machine. */
  readonly life?: number
}

/**
 * The platform of one simulated process, for one life of it. Alone it serves unit tests; processes that share a
 * `network` make a world, driven by its scheduler.
 */
export class FakePlatform implements Platform {
  readonly scheduler: Scheduler
  readonly process: SimulatedProcess
  readonly clock: FakeClock
  readonly random: FakeRandom
  readonly disk: FakeDisk
  readonly network: FakeHost
  readonly logger: FakeLogger
  private readonly options: FakePlatformOptions

  constructor(options: FakePlatformOptions = {}) {
    this.options = options
    const host = options.host ?? 'localhost'
    const name = options.name ?? host
    const life = options.life ?? 1
    const random = new FakeRandom(`${options.seed ?? 'zürau'}/${name}/${life}`)
    const network =
      options.network ?? new FakeNetwork({ scheduler: new Scheduler(), random: random.fork('world') })
    this.scheduler = network.scheduler
    this.process = new SimulatedProcess(this.scheduler, name)
    this.clock = new FakeClock({ scheduler: this.scheduler, process: this.process, ...options.clock })
    this.random = random.fork('random')
    this.disk = new FakeDisk({
      ...options.disk,
      ...(options.image === undefined ? {} : { image: options.image }),
      clock: this.clock,
      random,
      owner: `${name}, life ${life}`,
    })
    this.network = network.host(host, this.process)
    this.logger = options.logger ?? new FakeLogger()
  }

  /** The process dies, as by SIGKILL: its timers, streams, files and locks go. The machine and its disk live on. */
  kill(): void {
    this.process.kill()
    this.disk.retire()
  }

  /** The machine loses power: nobody hears a word, and what the disk had not synced is at risk. */
  crash(outcome?: CrashOutcome): void {
    // Power first: a dying process closes its streams, a machine without power does not.
    this.network.network.powerOff(this.network.hostName())
    this.process.kill()
    this.disk.crash(outcome)
    this.disk.retire()
  }

  /** The next life of the process after `kill` or `crash`, on the same machine and disk. */
  restart(changes: Partial<FakePlatformOptions> = {}): FakePlatform {
    this.kill()
    this.network.network.powerOn(this.network.hostName())
    return new FakePlatform({
      ...this.options,
      network: this.network.network,
      image: this.disk.image,
      logger: this.logger,
      life: (this.options.life ?? 1) + 1,
      ...changes,
    })
  }
}
