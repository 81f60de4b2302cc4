import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder with what a real Kafka wrote and answered: beside the repository, or where ZURAU_SHARED says. */
export const sharedFolder = resolve(
  process.env['ZURAU_SHARED'] ?? resolve(import.meta.dirname, '..', '..', '..', 'shared'),
)

/**
 * A path below it, or null with a loud word when it is not there: the caller's tests are then skipped. What a real Kafka
 * wrote is not ours to keep in the repository, so a clone alone does not have it.
 */
export function shared(path: string, whoMisses: string): string | null {
  const full = resolve(sharedFolder, path)
  if (existsSync(full)) return full
  console.warn(`SKIPPED ${whoMisses}: ${full} is not there (set ZURAU_SHARED to the folder that has it)`)
  return null
}

/** What a JSON file below it says, or null as above. */
export function sharedJson<T>(path: string, whoMisses: string): T | null {
  const full = shared(path, whoMisses)
  return full === null ? null : (JSON.parse(readFileSync(full, 'utf8')) as T)
}
