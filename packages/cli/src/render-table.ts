import { styleText } from 'node:util';
import { plainText } from './render-event.ts';
import { cutTo, padLeft, padRight, textWidth } from './text-width.ts';

export interface TableStyle {
  /** By column: numbers stand on the right. */
  numbers?: readonly boolean[];
  isColoured?: boolean;
  /** Columns of the terminal: longer cells are cut until lines fit, or columns are down to CELL_CHARACTERS_MIN. */
  width?: number | null;
}

const GAP = '  ';
const CELL_CHARACTERS_MIN = 12;

/** Rows under their headings, columns aligned, two blanks between. Nothing but the headings when there are no rows. */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = [], isColoured = false, width = null }: TableStyle = {},
): string {
  const cells = [headings, ...rows].map((row) => row.map(plainText));
  const wanted = headings.map((_, column) => Math.max(...cells.map((row) => textWidth(row[column]!))));
  const widths = width === null ? wanted : fittedWidths(wanted, width);
  const lines = cells.map((row) =>
    row
      .map((cell, column) => aligned(cell, widths[column]!, numbers[column] ?? false))
      .join(GAP)
      .trimEnd(),
  );
  if (isColoured) lines[0] = styleText('bold', lines[0]!, { validateStream: false });
  return `${lines.join('\n')}\n`;
}

/** The widest column gives way first. */
function fittedWidths(wanted: readonly number[], width: number): number[] {
  const widths = [...wanted];
  const room = width - GAP.length * (widths.length - 1);
  let over = widths.reduce((sum, each) => sum + each, 0) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= CELL_CHARACTERS_MIN) break;
    widths[widths.indexOf(widest)] = widest - 1;
    over -= 1;
  }
  return widths;
}

function aligned(cell: string, width: number, isNumber: boolean): string {
  const shown = cutTo(cell, width);
  return isNumber ? padLeft(shown, width) : padRight(shown, width);
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
