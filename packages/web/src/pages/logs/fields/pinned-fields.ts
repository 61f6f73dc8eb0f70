import { useMemo } from 'react';
import { stored, useStored } from '../../../app/stored.ts';

const pinned = stored<string>('pinnedFields', '', (text): text is string => text !== '');

/** Fields that the person at this browser wants first, by their terms. */
export function usePinnedFields(): { pinned: ReadonlySet<string>; toggle(term: string): void } {
  const [text, setText] = useStored(pinned);
  const terms = useMemo(() => new Set(text.split('\n').filter((term) => term !== '')), [text]);
  return {
    pinned: terms,
    toggle: (term) => {
      const others = [...terms].filter((one) => one !== term);
      setText((terms.has(term) ? others : [...others, term]).join('\n'));
    },
  };
}
