import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shared } from '../support/shared.ts'

/** A request as it was sent, or bytes that are none. */
export interface SentStep {
  readonly api?: string
  readonly version?: number
  readonly body?: unknown
}

/** What a broker answered, with everything accidental replaced by placeholders. No answer: it came in a later step. */
export interface Step {
  readonly sent: SentStep
  readonly answer?: unknown
}

export interface TranscriptCase {
  readonly name: string
  readonly steps: readonly Step[]
}

export interface Transcript {
  readonly cases: readonly TranscriptCase[]
}

/** Questions for a cluster, and what a real Kafka 3.9 answered to them. */
export interface ConformanceScript {
  readonly name: string
  readonly path: string
  /** What the cluster must look like: a recipe's name, or `fresh` for an untouched cluster of recipe `one`. */
  readonly cluster: string
  readonly recorded: Transcript
}

const SUFFIX = '.script.json'

/** The folder of the recordings and of the program that asks the questions; null, and loudly so, when it is not there. */
export function peerFolder(): string | null {
  const transcripts = shared('peer/transcripts', 'conformance with a real Kafka')
  return transcripts === null ? null : dirname(transcripts)
}

/** Every script, by name. */
export function conformanceScripts(peer: string): ConformanceScript[] {
  const folder = join(peer, 'transcripts')
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => {
      const name = basename(file, SUFFIX)
      const path = join(folder, file)
      const { cluster } = readJson(path) as { cluster: string }
      return { name, path, cluster, recorded: readJson(join(folder, `${name}.json`)) as Transcript }
    })
}

export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
