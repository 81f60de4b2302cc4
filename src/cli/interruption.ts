import type { Shell } from './shell.ts'

/** Ctrl-C while something is repeated: waits end early, and loops see that they shall. */
export class Interruption {
  private readonly shell: Shell
  private readonly forget: () => void
  private happened = false
  private wake: () => void = () => undefined

  constructor(shell: Shell) {
    this.shell = shell
    this.forget = shell.onInterrupt(() => {
      this.happened = true
      this.wake()
    })
  }

  get hasHappened(): boolean {
    return this.happened
  }

  /** Resolves after that time, or at once when somebody interrupts. */
  async wait(ms: number): Promise<void> {
    if (this.happened) return
    await new Promise<void>((resolve) => {
      const timer = this.shell.clock.after(ms, resolve)
      this.wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.wake = () => undefined
  }

  /** Gives Ctrl-C back its usual meaning. */
  end(): void {
    this.forget()
  }
}
