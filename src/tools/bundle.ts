import { chmod, rm } from 'node:fs/promises'
import { build } from 'esbuild'

/**
 * Puts the command into one file, `dist/zurau.mjs`: it starts in half the time of a tree of modules. What is imported
 * lazily (fastify, ZooKeeper's client) stays unevaluated until it is asked for. Packages with native parts stay
 * outside and are found beside it in node_modules; each has a fallback.
 */
const NATIVE = ['@node-rs/crc32', 'snappy', 'lz4-napi', '@bokuweb/zstd-wasm']

/** Packages in CommonJS expect `require`, `__filename` and `__dirname`. */
const BANNER = [
  '#!/usr/bin/env node',
  "import { createRequire as zurauCreateRequire } from 'node:module'",
  "import { fileURLToPath as zurauFileUrlToPath } from 'node:url'",
  'const require = zurauCreateRequire(import.meta.url)',
  'const __filename = zurauFileUrlToPath(import.meta.url)',
  "const __dirname = zurauFileUrlToPath(new URL('.', import.meta.url))",
].join('\n')

await rm('dist', { recursive: true, force: true })
await build({
  entryPoints: { zurau: 'src/main.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  external: NATIVE,
  banner: { js: BANNER },
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: 'linked',
  logLevel: 'warning',
})
await chmod('dist/zurau.mjs', 0o755)
