import { Pair, parseLines } from 'dot-properties'

/** A line of a properties file that sets something. */
interface FileProperty {
  readonly name: string
  readonly value: string
  /** Counted from 1: where it begins. */
  readonly line: number
}

export interface PropertiesFile {
  /** The name by which notes call the file. */
  readonly name: string
  readonly properties: readonly FileProperty[]
}

/** A server.properties is a few kilobytes; what is larger than this is another file, given by mistake. */
const MAX_LENGTH = 4 * 1024 * 1024

/**
 * The lines of a properties file, in order, repetitions and all. Escapes, continued lines, `=`, `:` and blanks as
 * separators are those of Java. Throws when the file is too long to be one.
 * Source: java.util.Properties.load.
 */
export function parsePropertiesFile(name: string, text: string): PropertiesFile {
  if (text.length > MAX_LENGTH) {
    throw new Error(
      `${name}: ${text.length} characters are too many for a properties file (limit ${MAX_LENGTH})`,
    )
  }
  const source = text.replace(/\r\n?/g, '\n').replace(/^\uFEFF/, '')
  const properties: FileProperty[] = []
  let line = 1
  let counted = 0
  for (const node of parseLines(source, true)) {
    if (!(node instanceof Pair)) continue
    const start = node.range[0]
    for (; counted < start; counted++) if (source[counted] === '\n') line++
    properties.push({ name: node.key, value: node.value, line })
  }
  return { name, properties }
}
