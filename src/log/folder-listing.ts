import {
  LOG_SUFFIX,
  OFFSET_INDEX_SUFFIX,
  offsetOfFile,
  SNAPSHOT_SUFFIX,
  TIME_INDEX_SUFFIX,
  TRANSACTION_INDEX_SUFFIX,
} from './file-names.ts'

const OFFSET_DIGITS = 20

/** The files of a log's directory by kind, each named by its offset. Made in one pass: a broker has many of them. */
export class FolderListing {
  readonly segments: number[] = []
  readonly offsetIndexes: number[] = []
  readonly timeIndexes: number[] = []
  readonly transactionIndexes: number[] = []
  readonly snapshots: number[] = []

  constructor(names: readonly string[]) {
    for (const name of names) {
      const list = this.listOf(name.slice(OFFSET_DIGITS))
      const offset = list === null ? null : offsetOfFile(name)
      if (list !== null && offset !== null) list.push(offset)
    }
    this.segments.sort((a, b) => a - b)
    this.snapshots.sort((a, b) => a - b)
  }

  /** Segments that lack an offset or a time index. */
  withoutIndexes(): number[] {
    const offsetIndexes = new Set(this.offsetIndexes)
    const timeIndexes = new Set(this.timeIndexes)
    return this.segments.filter((base) => !offsetIndexes.has(base) || !timeIndexes.has(base))
  }

  /** Offset and suffix of index files that belong to no segment. */
  orphans(): { readonly offset: number; readonly suffix: string }[] {
    const known = new Set(this.segments)
    const orphans: { offset: number; suffix: string }[] = []
    const collect = (offsets: readonly number[], suffix: string): void => {
      for (const offset of offsets) if (!known.has(offset)) orphans.push({ offset, suffix })
    }
    collect(this.offsetIndexes, OFFSET_INDEX_SUFFIX)
    collect(this.timeIndexes, TIME_INDEX_SUFFIX)
    collect(this.transactionIndexes, TRANSACTION_INDEX_SUFFIX)
    return orphans
  }

  private listOf(suffix: string): number[] | null {
    switch (suffix) {
      case LOG_SUFFIX:
        return this.segments
      case OFFSET_INDEX_SUFFIX:
        return this.offsetIndexes
      case TIME_INDEX_SUFFIX:
        return this.timeIndexes
      case TRANSACTION_INDEX_SUFFIX:
        return this.transactionIndexes
      case SNAPSHOT_SUFFIX:
        return this.snapshots
      default:
        return null
    }
  }
}
