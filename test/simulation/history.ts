/** What a client was told of a record that it sent. */
export type Outcome = 'pending' | 'acknowledged' | 'failed'

export interface Send {
  readonly producer: string
  /** Counts the producer's sends to this partition, from 0: the order in which they must stand in the log. */
  readonly sequence: number
  readonly topic: string
  readonly partition: number
  /** Never the same twice. */
  readonly value: string
  readonly acks: 1 | -1
  readonly invokedMs: number
  outcome: Outcome
  settledMs: number
  /** Where it was acknowledged to be; -1 where nobody said. */
  offset: number
  error: string | null
}

/** What one reader has seen of one partition. */
export interface Reading {
  readonly reader: string
  readonly topic: string
  readonly partition: number
  /** In the order in which they came. */
  readonly records: { readonly offset: number; readonly value: string; readonly atMs: number }[]
}

/** Everything that clients have done and been told: what the checkers of a run go by. */
export class History {
  readonly sends: Send[] = []
  readonly readings: Reading[] = []
  private readonly sequences = new Map<string, number>()
  private readonly settledByProducer = new Map<string, number>()

  begin(options: {
    producer: string
    topic: string
    partition: number
    value: string
    acks: 1 | -1
    nowMs: number
  }): Send {
    const { producer, topic, partition, value, acks, nowMs } = options
    const row = `${producer} ${topic}-${partition}`
    const sequence = this.sequences.get(row) ?? 0
    this.sequences.set(row, sequence + 1)
    const send: Send = {
      producer,
      sequence,
      topic,
      partition,
      value,
      acks,
      invokedMs: nowMs,
      outcome: 'pending',
      settledMs: -1,
      offset: -1,
      error: null,
    }
    this.sends.push(send)
    return send
  }

  acknowledge(send: Send, offset: number, nowMs: number): void {
    send.outcome = 'acknowledged'
    send.offset = offset
    send.settledMs = nowMs
    this.settledByProducer.set(send.producer, (this.settledByProducer.get(send.producer) ?? 0) + 1)
  }

  fail(send: Send, error: string, nowMs: number): void {
    send.outcome = 'failed'
    send.error = error
    send.settledMs = nowMs
  }

  /** How many sends of a producer were acknowledged. */
  acknowledgedBy(producer: string): number {
    return this.settledByProducer.get(producer) ?? 0
  }

  reading(reader: string, topic: string, partition: number): Reading {
    const reading: Reading = { reader, topic, partition, records: [] }
    this.readings.push(reading)
    return reading
  }
}
