import { KafkaError, type ErrorName } from '../model/errors.ts'

/** Why a produced batch was refused, where that is counted: its format, its checksum, its offsets or sequence, a key. */
export type Refusal = 'magic' | 'checksum' | 'offsets' | 'key'

/** A batch that may not be appended, for one of the reasons that are counted apart. */
export class RefusedBatchError extends KafkaError {
  readonly refusal: Refusal

  constructor(refusal: Refusal, error: ErrorName, message: string) {
    super(error, message)
    this.refusal = refusal
  }
}
