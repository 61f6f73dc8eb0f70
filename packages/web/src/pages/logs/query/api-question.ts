import type { TimeRange } from '../../../lib/time.ts';

/** The parameters of the API for a search text and a range; what is empty is left out. */
export function questionParams({ q = '', range }: { q?: string; range: TimeRange }) {
  return {
    ...(q.trim() !== '' && { q }),
    from: range.from,
    ...(range.to !== '' && range.to !== 'now' && { to: range.to }),
  };
}
