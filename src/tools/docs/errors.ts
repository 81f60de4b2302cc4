import { errorEntries } from '../../model/errors.ts'

/** docs/errors.md: every error of the protocol, from the table. */
export function errorsMarkdown(): string {
  const rows = errorEntries.map(
    ({ code, name, retriable, message }) =>
      `| ${code} | ${name} | ${retriable ? 'yes' : ''} | ${message.replaceAll('|', '\\|')} |`,
  )
  return `${[INTRODUCTION, '', ...HEADER, ...rows].join('\n')}\n`
}

const INTRODUCTION = `# Errors

What an answer's error code means. Codes, names and messages are those of Apache Kafka 3.9. **Retry**: the same request
may succeed when it is sent again, perhaps to another broker. The message is what an answer carries when the broker has
nothing more exact to say. This page is printed from the error table; do not edit it.`

const HEADER = ['| code | name | retry | message |', '|---:|---|---|---|']
