import type { Output } from './shell.ts'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

export type Tone = 'good' | 'bad' | 'weak' | 'strong'

/** A cell: text, or text with what it means. Colour says nothing that the words do not say. */
export type Cell = string | { readonly text: string; readonly tone: Tone }

export interface Table {
  /** A line above. */
  readonly title?: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** Said in place of a table without rows. */
  readonly whenEmpty?: string
}

const GAP = '  '

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
}

/**
 * Columns side by side without lines, so that it can be cut and sorted. Where the screen is too narrow for that, each
 * row becomes a block of `title  value` lines: nothing is cut off.
 */
export async function renderTable(table: Table, out: Output): Promise<string> {
  const title = table.title === undefined ? '' : `${await paint(table.title, 'strong', out)}\n`
  if (table.rows.length === 0)
    return `${title}${table.whenEmpty ?? ''}${table.whenEmpty === undefined ? '' : '\n'}`
  const { default: CliTable } = await import('cli-table3')
  const rows = await Promise.all(
    table.rows.map((row) => Promise.all(row.map((cell) => paintCell(cell, out)))),
  )
  const grid = new CliTable({
    head: table.columns.map(({ title: head }) => head.toUpperCase()),
    colAligns: table.columns.map(({ align }) => align ?? 'left'),
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  })
  for (const row of rows) grid.push(row)
  const lines = grid.toString().split('\n')
  const isTooWide = grid.width > out.columns
  if (isTooWide) return title + stacked(table, rows)
  return `${title}${lines.map((line) => line.trimEnd()).join('\n')}\n`
}

function stacked(table: Table, rows: readonly (readonly string[])[]): string {
  const width = Math.max(...table.columns.map(({ title }) => title.length))
  const block = (row: readonly string[]): string =>
    row.map((cell, i) => `${(table.columns[i]?.title ?? '').padEnd(width)}${GAP}${cell}\n`).join('')
  return rows.map(block).join('\n')
}

async function paintCell(cell: Cell, out: Output): Promise<string> {
  return typeof cell === 'string' ? oneLine(cell) : paint(oneLine(cell.text), cell.tone, out)
}

/** Control characters do not belong in a cell: they would move the cursor. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·')
}

/** The text in its colour, where there are colours. */
export async function paint(text: string, tone: Tone, out: Output): Promise<string> {
  if (!out.hasColors) return text
  const { createColors } = (await import('picocolors')).default
  const colors = createColors(true)
  switch (tone) {
    case 'good':
      return colors.green(text)
    case 'bad':
      return colors.red(text)
    case 'weak':
      return colors.dim(text)
    case 'strong':
      return colors.bold(text)
  }
}
