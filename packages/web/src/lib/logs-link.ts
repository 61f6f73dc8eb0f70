import { splitTerms, withTerm } from './search-text.ts';
import type { TimeRange } from './time.ts';

/** A stretch of time in milliseconds. */
export interface Stretch {
  fromMs: number;
  toMs: number;
}

export interface LogsLink {
  to: '/logs';
  search: { q: string; from: string; to: string };
}

/** The way to the events behind a number: the page's search text, narrowed by the terms, in its range. */
export function logsLink(q: string, range: TimeRange, terms: readonly string[] = []): LogsLink {
  return { to: '/logs', search: { q: withTerms(q, terms), from: range.from, to: range.to } };
}

/** The search text with all of the terms, each of which may be several. */
export function withTerms(q: string, terms: readonly string[]): string {
  return terms.flatMap(splitTerms).reduce(withTerm, q.trim());
}

/** The part of `stretch` that lies in `within`, as a range with ends that stay. */
export function stretchRange(stretch: Stretch, within: Stretch): TimeRange {
  const fromMs = Math.max(stretch.fromMs, within.fromMs);
  const toMs = Math.max(fromMs + 1, Math.min(stretch.toMs, within.toMs));
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/** What the API is asked: the search text where there is one, and the range. */
export function filterParams(q: string, range: TimeRange): { q?: string; from: string; to?: string } {
  return { from: range.from, ...(range.to !== '' && { to: range.to }), ...(q.trim() !== '' && { q: q.trim() }) };
}
