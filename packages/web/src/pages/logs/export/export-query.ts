import { stringifySearch } from '../../../app/search-params.ts';
import type { LogsQuestion } from '../logs-search.ts';

/** The query string of GET /api/logs that finds what the page shows. */
export function exportQuery({ q, range, order }: Pick<LogsQuestion, 'q' | 'range' | 'order'>): string {
  const to = range.to === 'now' ? '' : range.to;
  return stringifySearch({ q, from: range.from, to, order: order === 'asc' ? 'asc' : '' });
}

/** Columns of the file: what the table shows, in its order. */
export const exportColumns = (columns: readonly string[]): string[] => [
  ...new Set(['timestamp', 'severity', ...columns, 'message']),
];

/** 0 to 1; null where the end is not known. */
export function exportShare(written: number, total: number): number | null {
  return total === 0 ? null : Math.min(1, written / total);
}
