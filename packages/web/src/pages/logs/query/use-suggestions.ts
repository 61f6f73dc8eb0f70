import { useEffect, useMemo, useState } from 'react';
import type { TimeRange } from '../../../lib/time.ts';
import { listNames } from '../fields/field-list.ts';
import { useFieldList, useFieldValues } from '../fields/use-fields.ts';
import { type Completing, fixedValues, type Suggestion, suggestNames, suggestValues } from './completion.ts';

const DEBOUNCE_MS = 120;
const VALUES_MAX = 30;
const NOTHING: readonly Suggestion[] = [];

/** What may stand at the cursor, asked of the server while somebody writes. `at` null asks nothing. */
export function useSuggestions(at: Completing | null, range: TimeRange, isStarted: boolean): readonly Suggestion[] {
  const fields = useFieldList('', range, { isEnabled: isStarted });
  const names = useMemo(() => (fields.data === undefined ? [] : listNames(fields.data)), [fields.data]);
  const settled = useSettled(at?.kind === 'value' ? `${at.name}\n${at.prefix}` : '', DEBOUNCE_MS);
  const [name = '', prefix = ''] = settled.split('\n');
  const values = useFieldValues(name, {
    prefix,
    range,
    limit: VALUES_MAX,
    isEnabled: name !== '' && fixedValues(name, '') === null && name !== 'message',
  });
  return useMemo(() => {
    if (at === null) return NOTHING;
    if (at.kind === 'name') return suggestNames(names, at.prefix);
    const fixed = fixedValues(at.name, at.prefix);
    if (fixed !== null) return fixed;
    // Those of the prefix before narrow down at once, until the server has answered.
    const known = at.name === name ? (values.data?.values ?? []) : [];
    return suggestValues(known.filter(({ value }) => value.startsWith(at.prefix)));
  }, [at, names, name, values.data]);
}

/** The value once it has not changed for a while. */
function useSettled(value: string, delayMs: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delayMs);
    return () => clearTimeout(timer);
  }, [value, delayMs]);
  return settled;
}
