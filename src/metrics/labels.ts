import { createHash } from 'node:crypto'
import { assert } from '../std/assert.ts'

/** Longer label values are cut: a group id may have 32 kB, and every series of the group would carry it. */
export const MAX_LABEL_VALUE_CHARS = 255
const HASH_CHARS = 8

/** The values of a metric's labels, by name. */
type LabelValues<Labels extends readonly string[] = readonly string[]> = {
  readonly [Name in Labels[number]]: string | number
}

/** What `with` takes: nothing for a metric without labels; the labels, or nothing where there is a total. */
export type LabelArguments<
  Labels extends readonly string[],
  WithTotal extends boolean,
> = Labels['length'] extends 0
  ? []
  : WithTotal extends true
    ? [labels?: LabelValues<Labels>]
    : [labels: LabelValues<Labels>]

/**
 * The labels as Prometheus prints them, without the braces: `topic="orders",partition="0"`. Equal texts are equal
 * label sets, so the text is also the key of a series. Source: Prometheus text format 0.0.4, "Comments, help text
 * and type information", for the three characters that are escaped.
 */
export function renderLabels(
  names: readonly string[],
  values: Readonly<Record<string, string | number>>,
): string {
  let text = ''
  for (const name of names) {
    const value = values[name]
    assert(value !== undefined, `label ${name} has no value`)
    if (text !== '') text += ','
    text += renderLabel(name, value)
  }
  return text
}

export function renderLabel(name: string, value: string | number): string {
  return typeof value === 'number' ? `${name}="${value}"` : `${name}="${escapeValue(shorten(value))}"`
}

/**
 * Whether a label set rendered by `renderLabels` has this rendered label. A quote inside a value is always printed
 * with a backslash, so no value can look like the label that is sought.
 */
export function hasLabel(rendered: string, label: string): boolean {
  return (
    rendered === label ||
    rendered.startsWith(`${label},`) ||
    rendered.endsWith(`,${label}`) ||
    rendered.includes(`,${label},`)
  )
}

function escapeValue(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value
}

/** Cuts a value that is too long and marks it with a hash of the whole, so that different values stay different. */
function shorten(value: string): string {
  if (value.length <= MAX_LABEL_VALUE_CHARS) return value
  const hash = createHash('sha1').update(value).digest('hex').slice(0, HASH_CHARS)
  return `${value.slice(0, MAX_LABEL_VALUE_CHARS - HASH_CHARS - 1)}…${hash}`
}
