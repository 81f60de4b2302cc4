import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRecipe, RecipeCluster } from './cluster.ts'
import { compareTranscripts, type Comparison, type Difference } from './comparison.ts'
import { JUSTIFICATIONS } from './justifications.ts'
import { readJson, type ConformanceScript, type Transcript } from './transcript.ts'

/** Scripts that need what is not there yet, and why: they are not run. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  secure: 'needs listeners with SASL and an authorizer',
  transactions: 'needs a transaction coordinator',
}

/** More differences are a fault of the set-up: the first ones say which. */
const MAX_PRINTED = 40

export interface RunOptions {
  readonly peer: string
  readonly connectString: string
  readonly timeoutMs: number
}

/** Asks a new cluster of ours the script's questions and compares the answers with the recorded ones. */
export async function runScript(script: ConformanceScript, options: RunOptions): Promise<Comparison> {
  const recipe = script.cluster === 'fresh' ? 'one' : script.cluster
  const cluster = await RecipeCluster.start(readRecipe(options.peer, recipe), options.connectString)
  try {
    const bootstrap = cluster.bootstrap(script.name === 'not-controller')
    const ours = await probe(script, bootstrap, options)
    return compareTranscripts(script.recorded, ours, JUSTIFICATIONS)
  } finally {
    await cluster.stop()
  }
}

/** The questions are asked by a program of another process, which has its own codecs, and wants to be called by its real name. */
async function probe(
  script: ConformanceScript,
  bootstrap: string,
  { peer, timeoutMs }: RunOptions,
): Promise<Transcript> {
  const directory = mkdtempSync(join(tmpdir(), 'zurau-probe-'))
  const out = join(directory, 'transcript.json')
  try {
    const args = [
      realpathSync(join(peer, 'probe.mjs')),
      'run',
      script.path,
      '--bootstrap',
      bootstrap,
      '--out',
      out,
    ]
    await new Promise<void>((resolve, reject) => {
      execFile(process.execPath, args, { timeout: timeoutMs, env: {} }, (error, _stdout, stderr) => {
        // Code 1: an answer was not as the script expects. The comparison says which.
        if (error === null || error.code === 1) resolve()
        else reject(new Error(`the probe failed: ${stderr.slice(-2000) || error.message}`))
      })
    })
    return readJson(out) as Transcript
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The differences for people, by case and step. */
export function printDifferences(differences: readonly Difference[]): string {
  const lines: string[] = []
  let heading = ''
  for (const { caseName, step, sent, path, expected, actual } of differences.slice(0, MAX_PRINTED)) {
    const own = `case ${caseName}, step ${step}, ${sent.api ?? 'raw bytes'} v${sent.version ?? ''}`
    if (own !== heading) lines.push(own)
    heading = own
    lines.push(`  ${path === '' ? 'answer' : path}: Kafka ${brief(expected)}, here ${brief(actual)}`)
  }
  if (differences.length > MAX_PRINTED) lines.push(`… and ${differences.length - MAX_PRINTED} more`)
  return lines.join('\n')
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
