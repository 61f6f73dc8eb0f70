import { useMemo } from 'react';
import { stored, useStored } from '../../../app/stored.ts';
import { type PastQuery, parseHistory, withQuery } from './history.ts';

const kept = stored<string>('queryHistory', '[]', (text): text is string => text !== '');

/** Queries that were run at this browser, newest first. */
export function useQueryHistory(): { history: readonly PastQuery[]; clear(): void } {
  const [text, setText] = useStored(kept);
  const history = useMemo(() => parseHistory(text), [text]);
  return { history, clear: () => setText('[]') };
}

export function rememberQuery(q: string, isLogql: boolean): void {
  kept.set(JSON.stringify(withQuery(parseHistory(kept.get()), { q: q.trim(), isLogql, at: Date.now() })));
}
