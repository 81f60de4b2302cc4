/** Why a broker cannot start, in words for the person at the terminal: what happened, and what to do about it. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
  readonly advice: string

  constructor(message: string, advice: string, options?: ErrorOptions) {
    super(message, options)
    this.advice = advice
  }
}
