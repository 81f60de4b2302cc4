import tseslint from 'typescript-eslint'

/**
 * Lint as architecture: time, chance and the event loop are reached through ports only (ARCHITECTURE.md),
 * so that a whole cluster can run in one process from a seed.
 */
const outsideWorld = {
  'no-restricted-globals': [
    'error',
    ...['setTimeout', 'setInterval', 'setImmediate', 'performance', 'fetch'].map((name) => ({
      name,
      message: 'Reach time and the outside world through src/platform.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Use Clock.nowMs().' },
    { object: 'Math', property: 'random', message: 'Use Random.' },
    { object: 'process', property: 'hrtime', message: 'Use Clock.monotonicMs().' },
    { object: 'process', property: 'nextTick', message: 'Use Clock.endOfTurn().' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Use Clock.nowMs().' },
    {
      selector: "NewExpression[callee.name='Function']",
      message: 'Only protocol/codec.ts builds code from text.',
    },
  ],
}

export default tseslint.config(
  { ignores: ['dist/**', 'coverage/**', 'node_modules/**', '.cache/**', '**/*.js', '**/*.cjs', '**/*.mjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      'max-lines': ['warn', { max: 400, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    files: ['src/**/*.ts', 'zk/**/*.ts', 'test/simulation/**/*.ts', 'test/fakes/**/*.ts'],
    rules: outsideWorld,
  },
  {
    files: ['src/platform/node/**/*.ts'],
    rules: Object.fromEntries(Object.keys(outsideWorld).map((r) => [r, 'off'])),
  },
  {
    files: ['src/protocol/codec.ts'],
    rules: { 'no-restricted-syntax': 'off', '@typescript-eslint/no-implied-eval': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
)
