import { styleText } from 'node:util';
import { plainText } from './render-event.ts';

export interface TableStyle {
  /** By column: numbers stand on the right. */
  numbers?: readonly boolean[];
  isColoured?: boolean;
}

/** Rows under their headings, columns aligned, two blanks between. Nothing but the headings when there are no rows. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = [], isColoured = false }: TableStyle = {},
): string {
  const cells = [headings, ...rows].map((row) => row.map(plainText));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => (numbers[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  if (isColoured) lines[0] = styleText('bold', lines[0]!, { validateStream: false });
  return `${lines.join('\n')}\n`;
}

export function renderMarkdownTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = [] }: TableStyle = {},
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = headings.map((_, column) => (numbers[column] ? '--:' : '---'));
  return `${[line(headings.map(escapeMarkdown)), line(rule), ...rows.map((row) => line(row.map(escapeMarkdown)))].join('\n')}\n`;
}

/** Text as one cell of a Markdown table that means nothing else: no link, no HTML, no other cell. */
export function escapeMarkdown(text: string): string {
  return plainText(text).replace(/[\\`*_[\]<>|]/g, (character) => (character === '<' ? '&lt;' : `\\${character}`));
}
