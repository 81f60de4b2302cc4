import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where install.sh has built the client in Go (franz-go): see go-client/main.go for what it can do. */
export const goClient =
  process.env['ZURAU_GO_CLIENT'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'zurau/go-client/go-client')

/** Why it cannot be used; null when it can. */
export function lacksGoClient(): string | null {
  return existsSync(goClient)
    ? null
    : `${goClient} is not built (test/support/install.sh, with a Go compiler)`
}
