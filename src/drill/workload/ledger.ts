/** What became of the records of one lane: those that wait for every replica, or for the leader alone. */
export type LaneName = 'all' | '1'

const SENT = 0
const ACKNOWLEDGED = 1
const FAILED = 2

/** Records that a run may keep account of. */
const MAX_RECORDS = 5_000_000

/** What the truth table says of a lane. */
export interface LaneTruth {
  readonly lane: LaneName
  readonly sent: number
  readonly acknowledged: number
  /** Told to have failed: they may have been written all the same. */
  readonly failed: number
  /** Different records of this run that were read. */
  readonly read: number
  /** Acknowledged and not found. */
  readonly lost: number
  /** Found more than once. */
  readonly duplicated: number
  /** Found behind a record that was sent later to the same partition. */
  readonly reordered: number
}

interface PartitionLedger {
  readonly states: number[]
  readonly seen: Map<number, number>
  highestSeen: number
  reordered: number
}

/**
 * The account of every record that was sent: so that loss is counted and not believed. Records are known by lane,
 * partition and number; the numbers of a partition are sent in order.
 */
export class Ledger {
  private readonly run: string
  private readonly lanes = new Map<LaneName, PartitionLedger[]>()
  private count = 0

  /** `run` tells this run's records from others in the same topic. */
  constructor(run: string) {
    this.run = run
  }

  get isFull(): boolean {
    return this.count >= MAX_RECORDS
  }

  /** Enters a record that is about to be sent; returns its number. */
  send(lane: LaneName, partition: number): number {
    const { states } = this.partition(lane, partition)
    this.count++
    return states.push(SENT) - 1
  }

  /** The key under which the record is found again. */
  keyOf(lane: LaneName, partition: number, sequence: number): string {
    return `${this.run}/${lane}/${partition}/${sequence}`
  }

  acknowledge(lane: LaneName, partition: number, sequence: number): void {
    this.partition(lane, partition).states[sequence] = ACKNOWLEDGED
  }

  fail(lane: LaneName, partition: number, sequence: number): void {
    this.partition(lane, partition).states[sequence] = FAILED
  }

  /** Enters a record that was found when everything was over; in the order of the log. Others' records are ignored. */
  found(key: string, partition: number): void {
    const [run, lane, from, number] = key.split('/')
    if (run !== this.run || (lane !== 'all' && lane !== '1') || Number(from) !== partition) return
    const ledger = this.partition(lane, partition)
    const sequence = Number(number)
    const times = ledger.seen.get(sequence) ?? 0
    ledger.seen.set(sequence, times + 1)
    if (times > 0) return
    if (sequence < ledger.highestSeen) ledger.reordered++
    else ledger.highestSeen = sequence
  }

  truth(): LaneTruth[] {
    return [...this.lanes].map(([lane, partitions]) => {
      const truth = {
        lane,
        sent: 0,
        acknowledged: 0,
        failed: 0,
        read: 0,
        lost: 0,
        duplicated: 0,
        reordered: 0,
      }
      for (const { states, seen, reordered } of partitions.filter((each) => each !== undefined)) {
        truth.sent += states.length
        truth.read += seen.size
        truth.reordered += reordered
        for (const times of seen.values()) truth.duplicated += times - 1
        for (const [sequence, state] of states.entries()) {
          if (state === FAILED) truth.failed++
          if (state !== ACKNOWLEDGED) continue
          truth.acknowledged++
          if (!seen.has(sequence)) truth.lost++
        }
      }
      return truth
    })
  }

  private partition(lane: LaneName, partition: number): PartitionLedger {
    let partitions = this.lanes.get(lane)
    if (partitions === undefined) this.lanes.set(lane, (partitions = []))
    return (partitions[partition] ??= { states: [], seen: new Map(), highestSeen: -1, reordered: 0 })
  }
}
