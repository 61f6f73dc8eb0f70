import { useEffect, useState } from 'react';
import { absoluteRange, isRelative, type TimeRange } from '../lib/time.ts';

const RENEW_INTERVAL_MS = 60_000;

export interface PinnedRange {
  /** The same range with ends that stay, so that all questions of a page speak of the same events. */
  range: TimeRange;
  /** When it was pinned. */
  atMs: number;
  /** Pins it to this moment. */
  renew(): void;
}

/** A range that moves with the clock, pinned, and moved on every minute while somebody looks. */
export function usePinnedRange(range: TimeRange): PinnedRange {
  const key = `${range.from} ${range.to}`;
  const [pin, setPin] = useState(() => pinned(key, range));
  const current = pin.key === key ? pin : pinned(key, range);
  if (current !== pin) setPin(current);
  const isMoving = isRelative(range.from) || isRelative(range.to) || range.to === '';
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setPin(pinned(key, range));
    }, RENEW_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [key, range, isMoving]);
  return { range: current.range, atMs: current.atMs, renew: () => setPin(pinned(key, range)) };
}

function pinned(key: string, range: TimeRange) {
  const atMs = Date.now();
  return { key, atMs, range: absoluteRange(range, atMs) };
}
