/**
 * Refusals that have a number, so that they can be looked up and searched for. The first two digits say what it is
 * about: 10 listeners, 11 broker ids, 12 ZooKeeper, 13 directories, 14 groups, 15 topics, 16 clients.
 */
export const FAULTS = {
  ZU1001: 'Clients are told an address that cannot be resolved or reached.',
  ZU1002: 'A port that a listener wants is in use.',
  ZU1102: 'The broker id is registered by another broker.',
  ZU1201: 'No ZooKeeper server can be connected to.',
  ZU1203: 'A ZooKeeper server accepts connections and does not answer.',
  ZU1208: 'The cluster in the ensemble is not one to join just so.',
  ZU1304: 'A directory belongs to another cluster or to another broker.',
  ZU1305: 'A directory is in use by another process.',
  ZU1306: 'A directory cannot be written.',
  ZU1307: 'A disk is full.',
  ZU1401: 'The group does not exist.',
  ZU1405: 'The group has members.',
  ZU1501: 'The topic does not exist.',
  ZU1506: 'More replicas are wanted than there are brokers.',
  ZU1601: 'No broker can be reached.',
} as const
export type FaultCode = keyof typeof FAULTS

export interface CliErrorOptions {
  /** What to do about it. */
  readonly advice?: string
  readonly exitCode?: number
  readonly fault?: FaultCode
  readonly cause?: unknown
}

/** A mistake at the command line, or a refusal: what happened, why, what to do. Printed without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly advice: string | null
  /** 1: it did not work; 2: the command was not understood. */
  readonly exitCode: number
  readonly fault: FaultCode | null

  constructor(message: string, options: CliErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.advice = options.advice ?? null
    this.exitCode = options.exitCode ?? 1
    this.fault = options.fault ?? null
  }
}
