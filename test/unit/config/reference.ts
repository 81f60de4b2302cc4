import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Records of a real Kafka, which are not ours to keep in the repository. They are looked for in the folder that
 * ZURAU_SHARED names, or beside the repository; without them the suites that need them are skipped and say so.
 */
export function readReference<T>(path: string): T | null {
  const file = join(process.env['ZURAU_SHARED'] ?? join('..', 'shared'), path)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as T
  console.warn(
    `SKIPPED: ${file} is not there; set ZURAU_SHARED to the folder of Kafka's records to compare with them`,
  )
  return null
}
