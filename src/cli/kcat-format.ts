import { badFormat, parseFormat, valueOf, type Letter, type RecordFormatter } from './record-format.ts'

/** The letters of kcat's language. Null keys and values print as nothing. Source: kcat -h. */
const LETTERS: Readonly<Record<string, Letter>> = {
  s: { doc: 'value', take: valueOf },
  S: { doc: 'length of the value, -1 for null', take: (printed) => valueOf(printed)?.length ?? -1 },
  R: {
    doc: 'length of the value, as four bytes',
    take: (printed) => fourBytes(valueOf(printed)?.length ?? -1),
  },
  k: { doc: 'key', take: ({ record }) => record.key },
  K: { doc: 'length of the key, -1 for null', take: ({ record }) => record.key?.length ?? -1 },
  T: { doc: 'timestamp, in ms since 1970', take: ({ record }) => record.timestamp },
  h: {
    doc: 'headers, as n=v,n=v',
    take: ({ record }) =>
      record.headers
        .map(({ key, value }) => `${key}=${value === null ? 'NULL' : value.toString()}`)
        .join(','),
  },
  t: { doc: 'topic', take: ({ record }) => record.topic },
  p: { doc: 'partition', take: ({ record }) => record.partition },
  o: { doc: 'offset', take: ({ record }) => record.offset },
  '%': { doc: 'a percent sign', take: () => '%' },
}

/** Reads a format in kcat's language (`-f '%t [%p] at %o: %k: %s\\n'`). Throws CliError, with the place. */
export function parseKcatFormat(text: string): RecordFormatter {
  return parseFormat(text, (_, at) => {
    const name = text[at + 1] ?? ''
    const letter = LETTERS[name]
    if (letter === undefined) {
      const known = Object.keys(LETTERS).map((each) => `%${each}`)
      throw badFormat(text, at, `%${name} is unknown`, `there are: ${known.join(' ')}`)
    }
    const piece = (printed: Parameters<Letter['take']>[0]): string | Buffer => {
      const taken = letter.take(printed)
      return taken === null ? '' : typeof taken === 'number' ? String(taken) : taken
    }
    return { piece, length: 2 }
  })
}

function fourBytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
