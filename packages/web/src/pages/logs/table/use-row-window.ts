import { useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback } from 'react';
import type { RowList } from './row.ts';

const OVERSCAN = 12;

interface RowWindowProps {
  rows: RowList;
  scroller: RefObject<HTMLDivElement | null>;
  rowHeight: number;
  isWrapped: boolean;
  /** The newest row is at the top and stays there: only the first screen is ever seen. */
  isFollowing: boolean;
}

export interface RowWindow {
  first: number;
  /** One behind the last. */
  end: number;
  /** Where the first begins. */
  offset: number;
  heightAll: number;
  measure: ((element: HTMLDivElement | null) => void) | undefined;
  scrollTo(index: number): void;
}

/** Which rows are near the part that is seen. */
export function useRowWindow({ rows, scroller, rowHeight, isWrapped, isFollowing }: RowWindowProps): RowWindow {
  const isMeasured = isWrapped && !isFollowing;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: useCallback(() => rowHeight, [rowHeight]),
    overscan: OVERSCAN,
    getItemKey: useCallback(
      (index: number) => (isMeasured ? (rows.at(index)?.id ?? index) : index),
      [isMeasured, rows],
    ),
    scrollPaddingStart: 36,
    scrollPaddingEnd: 8,
  });
  const scrollTo = useCallback((index: number) => virtualizer.scrollToIndex(index, { align: 'auto' }), [virtualizer]);
  const heightAll = virtualizer.getTotalSize();
  if (isFollowing) {
    const seen = Math.ceil((virtualizer.scrollRect?.height ?? 800) / rowHeight) + 2;
    return { first: 0, end: Math.min(rows.length, seen), offset: 0, heightAll, measure: undefined, scrollTo };
  }
  const items = virtualizer.getVirtualItems();
  return {
    first: items[0]?.index ?? 0,
    end: (items.at(-1)?.index ?? -1) + 1,
    offset: items[0]?.start ?? 0,
    heightAll,
    measure: isMeasured ? virtualizer.measureElement : undefined,
    scrollTo,
  };
}
