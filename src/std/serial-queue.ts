/**
 * Runs tasks one at a time, in the order in which they were added. What a task throws goes to its own caller; the
 * next task runs all the same.
 */
export class SerialQueue {
  private tail: Promise<unknown> = Promise.resolve()
  private count = 0

  /** Tasks waiting or running. */
  get length(): number {
    return this.count
  }

  run<T>(task: () => T | Promise<T>): Promise<T> {
    this.count++
    const result = this.tail.then(task)
    this.tail = result.then(this.done, this.done)
    return result
  }

  /** Resolves when everything added so far has run. */
  async idle(): Promise<void> {
    await this.tail
  }

  private readonly done = (): void => {
    this.count--
  }
}
