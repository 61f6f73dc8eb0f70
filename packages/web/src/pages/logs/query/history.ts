/** A query that was run. */
export interface PastQuery {
  q: string;
  isLogql: boolean;
  /** Milliseconds since the epoch, of the last time. */
  at: number;
}

const HISTORY_MAX = 50;

/** What is stored and cannot be read counts as nothing. */
export function parseHistory(text: string): PastQuery[] {
  try {
    const found = JSON.parse(text) as unknown;
    return Array.isArray(found) ? found.filter(isPastQuery).slice(0, HISTORY_MAX) : [];
  } catch {
    return [];
  }
}

function isPastQuery(value: unknown): value is PastQuery {
  const { q, isLogql, at } = (value ?? {}) as Partial<PastQuery>;
  return typeof q === 'string' && typeof isLogql === 'boolean' && typeof at === 'number';
}

/** Newest first, each query once. */
export function withQuery(history: readonly PastQuery[], query: PastQuery): PastQuery[] {
  if (query.q.trim() === '') return [...history];
  const others = history.filter(({ q, isLogql }) => q !== query.q || isLogql !== query.isLogql);
  return [query, ...others].slice(0, HISTORY_MAX);
}

/** Those that have all words. */
export function searchHistory(history: readonly PastQuery[], text: string): PastQuery[] {
  const words = text.toLowerCase().split(/\s+/);
  return history.filter(({ q }) => words.every((word) => q.toLowerCase().includes(word)));
}
