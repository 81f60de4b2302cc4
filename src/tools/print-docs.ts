import { mkdirSync, writeFileSync } from 'node:fs'
import { pages } from './docs/pages.ts'

/** Writes the pages of `docs/` that are printed from tables. `test/architecture/docs.test.ts` fails when one is stale. */
const folder = new URL('../../docs/', import.meta.url)

mkdirSync(new URL('runbooks/', folder), { recursive: true })
for (const [name, print] of Object.entries(pages)) writeFileSync(new URL(name, folder), print())
