import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve as absolute } from 'node:path'
import { build, type Plugin } from 'esbuild'

/**
 * Puts the command into one file, `dist/zurau.mjs`, and what V8 compiled of it while a broker started beside that,
 * `dist/zurau.cache`: with both, a broker starts in a good half of the time. The cache fits one build of Node; any
 * other one does not take it, and compiles. What is imported lazily (fastify, ZooKeeper's client, every command) stays
 * unevaluated until it is asked for.
 *
 * Packages with native parts stay outside and are found beside the file in node_modules: snappy and lz4-napi are needed
 * for batches that are compressed so, @node-rs/crc32 makes checksums faster. Zstandard's WebAssembly is inside.
 */
const NATIVE = ['@node-rs/crc32', 'snappy', 'lz4-napi']

const DIRECTORY = 'dist'
const BUNDLE = join(DIRECTORY, 'zurau.mjs')
const CACHE = join(DIRECTORY, 'zurau.cache')
/** In place of the end of a comment, within one. */
const END_OF_COMMENT = '*\x01/'
const WARM_UP_LIMIT_MS = 30_000

/** The WebAssembly is read from the bundle instead of a file beside the package. */
const embeddedWasm: Plugin = {
  name: 'embedded WebAssembly',
  setup(bundler) {
    bundler.onLoad({ filter: /zstd-wasm\/dist\/(common|esm)\/index\.node\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      const contents = text.replace(
        "readFile(resolve(__dirname, './zstd.wasm'))",
        "Promise.resolve(require('./zstd.wasm'))",
      )
      if (contents === text) throw new Error(`${path} reads its WebAssembly in another way than expected`)
      return { contents, loader: 'js' }
    })
  },
}

/** The command as the body of a function: V8 takes a cache for scripts, and none for modules. */
async function bundledScript(): Promise<{ script: string; notices: string }> {
  const { outputFiles } = await build({
    entryPoints: ['src/main.ts'],
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20.19',
    external: NATIVE,
    plugins: [embeddedWasm],
    loader: { '.wasm': 'binary' },
    define: { 'import.meta.url': 'bundleUrl' },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'external',
    write: false,
    logLevel: 'warning',
  })
  const textOf = (end: string): string => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  // One byte per character, in the file as in memory.
  const script = textOf('.mjs').replaceAll(
    /[^\0-\x7f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return { script, notices: textOf('.LEGAL.txt') }
}

/**
 * One file that is a module to Node and holds the script in a comment at its end: V8 skips that in a few milliseconds,
 * where a string of that size would cost fifty. The comment must not end early, so its end is spelt otherwise inside.
 */
function asModule(script: string): string {
  const body = `(function (require, module, exports, __filename, __dirname, bundleUrl) {${script}\n})`
  if (body.includes(END_OF_COMMENT)) throw new Error('the script has what stands for the end of a comment')
  return [
    '#!/usr/bin/env node',
    "import { readFileSync, writeFileSync } from 'node:fs'",
    "import { createRequire } from 'node:module'",
    "import { dirname } from 'node:path'",
    "import { fileURLToPath } from 'node:url'",
    "import { constants, Script } from 'node:vm'",
    'const filename = fileURLToPath(import.meta.url)',
    // In a function, so that the text does not stay in memory for as long as the module does.
    'function compiled() {',
    "  const text = readFileSync(filename, 'latin1')",
    "  const source = text.slice(text.indexOf('\\n/*') + 3, -3).replaceAll('*\\x01/', '*' + '/')",
    '  let cachedData',
    "  try { cachedData = readFileSync(filename.replace(/\\.mjs$/, '.cache')) } catch { cachedData = undefined }",
    '  const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER',
    "  return new Script(source, { filename: 'zurau.mjs', cachedData, importModuleDynamically })",
    '}',
    'const script = compiled()',
    'const module = { exports: {} }',
    'const require = createRequire(import.meta.url)',
    'script.runInThisContext()(require, module, module.exports, filename, dirname(filename), import.meta.url)',
    'const cache = process.env.ZURAU_WRITE_COMPILE_CACHE',
    "if (cache) process.on('exit', () => writeFileSync(cache, script.createCachedData()))",
    `/*${body.replaceAll('*/', END_OF_COMMENT)}*/`,
    '',
  ].join('\n')
}

/** Starts a broker of the bundle in an empty directory and ends it: what that compiled is what starting needs. */
async function warmUp(bundle: string, cache: string): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'zurau-bundle-'))
  const child = spawn(process.execPath, [absolute(bundle), 'dev', '--port', '0'], {
    cwd: directory,
    env: { ...process.env, ZURAU_WRITE_COMPILE_CACHE: absolute(cache) },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: WARM_UP_LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
    // The last line of the banner: by then the HTTP side has been loaded, too.
    if (said.includes('/healthz')) child.kill('SIGTERM')
  })
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', (code) => resolve(code === 0))
    })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

// Everything is made beside the old files first: there is a command that works at every moment.
await mkdir(DIRECTORY, { recursive: true })
const next = join(DIRECTORY, `.next-${process.pid}.mjs`)
const nextCache = `${next}.cache`
try {
  const { script, notices } = await bundledScript()
  await writeFile(next, asModule(script))
  await chmod(next, 0o755)
  const isWarm = await warmUp(next, nextCache)
  await writeFile(`${BUNDLE}.LEGAL.txt`, notices)
  await rename(next, BUNDLE)
  if (isWarm) await rename(nextCache, CACHE)
  else process.stderr.write('the broker did not start in the bundle: no compile cache was made\n')
} finally {
  await rm(next, { force: true })
  await rm(nextCache, { force: true })
}
