import { readFile, writeFile } from 'node:fs/promises'
import { build } from 'esbuild'
import ts from 'typescript'

/**
 * Makes `zurau/testing` of the package: `dist/testing.mjs`, which is src/testing.ts with all that it needs except the
 * packages that npm installs beside ours, and `dist/testing.d.ts`, its types.
 */
const ENTRY = 'src/testing.ts'
const MODULE = 'dist/testing.mjs'
const DECLARATIONS = 'dist/testing.d.ts'

/** Packages in CommonJS expect them. */
const BANNER = [
  "import { createRequire as zurauCreateRequire } from 'node:module'",
  'const require = zurauCreateRequire(import.meta.url)',
].join('\n')

await build({
  entryPoints: [ENTRY],
  outfile: MODULE,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  packages: 'external',
  banner: { js: BANNER },
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
})

// The public types use nothing from other files, so that this file alone declares them.
const { outputText, diagnostics = [] } = ts.transpileDeclaration(await readFile(ENTRY, 'utf8'), {
  fileName: ENTRY,
  reportDiagnostics: true,
  compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, strict: true },
})
if (diagnostics.length > 0) {
  const host = {
    getCanonicalFileName: (name: string) => name,
    getCurrentDirectory: () => '',
    getNewLine: () => '\n',
  }
  throw new Error(ts.formatDiagnostics(diagnostics, host))
}
await writeFile(DECLARATIONS, outputText)
