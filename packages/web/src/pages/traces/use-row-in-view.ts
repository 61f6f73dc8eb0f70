import type { Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect } from 'react';
import { scrollTopFor } from './row-in-view.ts';

/** Keeps a row of a virtual list in view as it changes; -1 is none. Asks the page's layout for nothing that is known. */
export function useRowInView(
  rows: Virtualizer<HTMLElement, Element>,
  scroller: RefObject<HTMLElement | null>,
  index: number,
  { rowPx, headPx }: { rowPx: number; headPx: number },
): void {
  useEffect(() => {
    if (index < 0 || scroller.current === null || rows.scrollRect === null) return;
    const box = { scrollTopPx: rows.scrollOffset ?? 0, heightPx: rows.scrollRect.height, headPx };
    const topPx = scrollTopFor({ topPx: index * rowPx, heightPx: rowPx }, box);
    if (topPx !== null) scroller.current.scrollTop = topPx;
  }, [rows, scroller, index, rowPx, headPx]);
}
