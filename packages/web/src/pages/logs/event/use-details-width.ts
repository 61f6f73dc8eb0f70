import { useState } from 'react';
import { stored, useStored } from '../../../app/stored.ts';

export const DETAILS_WIDTH_MIN = 320;
export const DETAILS_WIDTH_MAX = 1200;
const kept = stored<string>('logs.detailsWidth', '', (text): text is string => /^\d*$/.test(text));

/** How wide the open event is, in pixels; null until somebody chose. Kept in the browser. */
export function useDetailsWidth() {
  const [text, setText] = useStored(kept);
  const [drawn, setDrawn] = useState<number | null>(null);
  const setWidth = (width: number, isDone: boolean) => {
    const within = Math.round(Math.min(DETAILS_WIDTH_MAX, Math.max(DETAILS_WIDTH_MIN, width)));
    setDrawn(isDone ? null : within);
    if (isDone) setText(String(within));
  };
  return { width: drawn ?? (text === '' ? null : Number(text)), setWidth };
}
