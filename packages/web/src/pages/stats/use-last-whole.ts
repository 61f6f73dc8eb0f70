import { useEffect, useRef } from 'react';

/**
 * The value, once all of its parts belong together; while some are still those of the question before, the last one that
 * was whole. Numbers of two times never stand side by side.
 */
export function useLastWhole<T>(value: T, isWhole: boolean): T {
  const last = useRef<T | null>(null);
  useEffect(() => {
    if (isWhole) last.current = value;
  });
  return isWhole ? value : (last.current ?? value);
}
