/** ANSI colours of levels, and of what may be overlooked. */
const COLOURS: Readonly<Record<string, string>> = {
  trace: '90',
  debug: '36',
  info: '32',
  warn: '33',
  error: '31',
  fatal: '41;97',
}
const FAINT = '2'

/** Keys that have a place of their own in the line. */
const PLACED = new Set(['level', 'time', 'component', 'msg'])

/**
 * A JSON line of the log as one for people: time of day, level, component, words, details; the stack of an error
 * follows on lines of its own. What is no JSON passes through as it is.
 */
export function formatPretty(json: string, hasColours: boolean): string {
  const line = parse(json)
  if (line === null) return json
  const paint = (colour: string, text: string): string =>
    hasColours && text !== '' ? `\u001b[${colour}m${text}\u001b[0m` : text
  const level = text(line['level'])
  const component = text(line['component'])
  let printed = paint(FAINT, text(line['time']).slice(11, 23))
  printed += ` ${paint(COLOURS[level] ?? FAINT, level.toUpperCase().padEnd(5))}`
  if (component !== '') printed += ` ${paint(FAINT, `[${component}]`)}`
  printed += ` ${oneLine(text(line['msg']))}`
  let stack = ''
  for (const [key, value] of Object.entries(line)) {
    if (PLACED.has(key)) continue
    if (key === 'error' && isRecord(value) && typeof value['stack'] === 'string') stack = value['stack']
    else printed += ` ${paint(FAINT, `${key}=`)}${oneLine(text(value))}`
  }
  for (const row of stack.split('\n')) if (row !== '') printed += `\n    ${paint(FAINT, row.trim())}`
  return `${printed}\n`
}

function parse(json: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isRecord(value) ? value : null
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Control characters could forge lines or reach the terminal. */
function oneLine(words: string): string {
  return words.replace(/[\u0000-\u001f\u007f-\u009f]/g, (c) => JSON.stringify(c).slice(1, -1))
}
