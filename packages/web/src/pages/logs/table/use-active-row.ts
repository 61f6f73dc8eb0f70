import { type KeyboardEvent, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useShortcuts } from '../../../app/shortcuts.tsx';
import type { LogRow, RowList } from './row.ts';

interface ActiveRowProps {
  rows: RowList;
  grid: RefObject<HTMLDivElement | null>;
  openId: string;
  /** Rows that fit on a screen: how far PageDown goes. */
  pageRows(): number;
  /** Somebody chose a row: what moves has to stand still. */
  onChoose(): void;
  scrollTo(index: number): void;
  onOpen(row: LogRow | null): void;
  isFollowing: boolean;
  onContext(row: LogRow): void;
  /** Enter on the event that is open. */
  onEnter(): void;
  onWrap(): void;
}

/** The row that the keyboard is at. The grid keeps the focus, so that rows may come and go. */
export function useActiveRow(props: ActiveRowProps) {
  const latest = useRef(props);
  latest.current = props;
  const [active, setActive] = useState<{ id: string; index: number } | null>(null);
  const { rows, openId } = props;
  const { isFollowing } = props;
  // Where rows come in at the top, none is the active one; choosing one holds them.
  const index = useMemo(() => (isFollowing ? null : placeOf(rows, active)), [rows, active, isFollowing]);
  /** The event that a key asked to open last: the URL follows somewhat later. */
  const asked = useRef<string | null>(null);

  const goTo = useCallback((target: number) => {
    const now = latest.current;
    const place = Math.max(0, Math.min(target, now.rows.length - 1));
    const row = now.rows.at(place);
    if (row === undefined) return;
    now.onChoose();
    setActive({ id: row.id, index: place });
    now.scrollTo(place);
    now.grid.current?.focus({ preventScroll: true });
    if (now.openId === '' || row.kind === 'gap') return;
    asked.current = row.id;
    now.onOpen(row);
  }, []);
  const step = (by: number) => goTo(index === null ? (by > 0 ? 0 : rows.length - 1) : index + by);
  const current = index === null ? undefined : rows.at(index);
  const open = () => {
    if (current === undefined || current.kind === 'gap') return;
    // It is open: whoever presses Enter again wants to read it.
    if (current.id === openId) props.onEnter();
    else props.onOpen(current);
  };
  // What is opened elsewhere, or by the URL, is where the keys go on.
  useEffect(() => {
    const isOwn = asked.current !== null && openId !== '';
    if (!isOwn || openId === asked.current) asked.current = null;
    if (!isOwn && openId !== '') setActive({ id: openId, index: -1 });
  }, [openId]);
  // What had the focus may be gone with the event that was open.
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && openId === '' && document.activeElement === document.body) {
      latest.current.grid.current?.focus({ preventScroll: true });
    }
    wasOpen.current = openId !== '';
  }, [openId]);

  useShortcuts([
    { keys: 'j', does: 'Next event', run: () => step(1) },
    { keys: 'k', does: 'Previous event', run: () => step(-1) },
    { keys: 'o', does: 'Open the event (also Enter)', run: open },
    { keys: 'c', does: 'Show the event in its context', run: () => current?.event && props.onContext(current) },
    { keys: ']', does: 'Open the next event', run: () => step(1) },
    { keys: '[', does: 'Open the previous event', run: () => step(-1) },
    { keys: 'w', does: 'Wrap long messages', run: props.onWrap },
    { keys: 'Escape', does: 'Close the event', run: () => props.openId !== '' && props.onOpen(null) },
  ]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = targetOf(event.key, { index, last: rows.length - 1, page: props.pageRows() });
    if (target === null && event.key !== 'Enter') return;
    event.preventDefault();
    if (target === null) open();
    else goTo(target);
  };
  const choose = useCallback((row: LogRow, at: number) => {
    latest.current.onChoose();
    setActive({ id: row.id, index: at });
  }, []);
  return { index, choose, onKeyDown };
}

/** Where the row is now: rows that came meanwhile have moved it. */
function placeOf(rows: RowList, wanted: { id: string; index: number } | null): number | null {
  if (wanted === null) return null;
  if (rows.at(wanted.index)?.id === wanted.id && wanted.index >= 0) return wanted.index;
  for (let at = 0; at < rows.length; at++) if (rows.at(at)?.id === wanted.id) return at;
  return null;
}

/** Where a key leads to; null for keys that lead nowhere. */
function targetOf(
  key: string,
  { index, last, page }: { index: number | null; last: number; page: number },
): number | null {
  switch (key) {
    case 'ArrowDown':
      return (index ?? -1) + 1;
    case 'ArrowUp':
      return (index ?? last + 1) - 1;
    case 'PageDown':
      return (index ?? -1) + page;
    case 'PageUp':
      return (index ?? 0) - page;
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
