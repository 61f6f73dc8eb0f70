/** Widths of columns in pixels, by name, as they are kept in the browser. */
export type ColumnWidths = Readonly<Record<string, number>>;

export const WIDTH_MIN = 48;
export const WIDTH_MAX = 800;
const WIDTH_DEFAULT = 140;
const MESSAGE_WIDTH_MIN = 220;
/** Those that are always there. */
export const TIME = 'timestamp';
export const SEVERITY = 'severity';
const OWN_WIDTHS: ColumnWidths = {
  [TIME]: 160,
  [SEVERITY]: 76,
  duration_ms: 96,
  trace_id: 260,
  user_id: 110,
  log_type: 100,
};

/** What cannot be read counts as nothing. */
export function parseWidths(text: string): ColumnWidths {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== 'object' || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([, width]) => typeof width === 'number'));
  } catch {
    return {};
  }
}

export const widthOf = (widths: ColumnWidths, column: string): number =>
  clampWidth(widths[column] ?? OWN_WIDTHS[column] ?? WIDTH_DEFAULT);

export const clampWidth = (width: number): number => Math.round(Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, width)));

/** The grid's columns: time, severity, the chosen ones, and the message with what is left; and how wide they are at least. */
export function gridOf(widths: ColumnWidths, columns: readonly string[]): { template: string; widthMin: number } {
  const fixed = [TIME, SEVERITY, ...columns].map((column) => widthOf(widths, column));
  const sum = fixed.reduce((total, width) => total + width, 0);
  return {
    template: `${fixed.map((width) => `${width}px`).join(' ')} minmax(${MESSAGE_WIDTH_MIN}px, 1fr)`,
    widthMin: sum + MESSAGE_WIDTH_MIN,
  };
}

/** The columns with one of them so many places further right (or left). */
export function moveColumn(columns: readonly string[], column: string, by: number): string[] {
  const from = columns.indexOf(column);
  const to = from + by;
  if (from < 0 || to < 0 || to >= columns.length) return [...columns];
  return columns.toSpliced(from, 1).toSpliced(to, 0, column);
}
