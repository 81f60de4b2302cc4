/** The part of a help text that shows instead of tells. */
export function examples(lines: readonly string[], output?: string): string {
  const shown = output === undefined ? '' : `\n\nPrints:\n${indent(output.split('\n'))}`
  return `\nExamples:\n${indent(lines)}${shown}`
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`.trimEnd()).join('\n')
}
