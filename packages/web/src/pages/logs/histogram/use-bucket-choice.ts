import { type KeyboardEvent, useState } from 'react';

/** Buckets chosen by keyboard: where the choice began, and where it is now. */
interface Choice {
  anchor: number;
  at: number;
}

/** Arrows move, with Shift they widen, Enter zooms, Escape lets go. */
export function useBucketChoice(count: number, onZoom: (first: number, last: number) => void) {
  const [choice, setChoice] = useState<Choice | null>(null);
  const chosen = choice === null || count === 0 ? null : orderOf(choice, count - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && chosen !== null) {
      onZoom(...chosen);
      setChoice(null);
    } else if (event.key === 'Escape' && choice !== null) setChoice(null);
    else {
      const at = movedTo(event.key, choice?.at ?? null, count);
      if (at === null) return;
      setChoice({ anchor: event.shiftKey && choice !== null ? choice.anchor : at, at });
    }
    event.preventDefault();
    event.stopPropagation();
  };
  return {
    chosen,
    at: choice === null ? null : Math.min(choice.at, count - 1),
    onKeyDown,
    clear: () => setChoice(null),
  };
}

function orderOf({ anchor, at }: Choice, max: number): [number, number] {
  return [Math.min(anchor, at, max), Math.min(Math.max(anchor, at), max)];
}

/** Null for a key that moves nothing. The first step comes in at the newest bucket. */
function movedTo(key: string, at: number | null, count: number): number | null {
  if (count === 0) return null;
  const last = count - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10 }[key];
  if (step === undefined) return null;
  return at === null ? last : Math.max(0, Math.min(last, at + step));
}
