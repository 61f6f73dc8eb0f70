import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
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

interface Active {
  id: string;
  /** Where it was last; -1 where nobody has looked yet. */
  index: number;
}

/** The row that the keyboard is at. The grid keeps the focus, so that rows may come and go. */
export function useActiveRow(props: ActiveRowProps) {
  const { rows, openId, isFollowing } = props;
  const latest = useRef(props);
  latest.current = props;
  const [active, setActive] = useState<Active | null>(null);
  // Where rows come in at the top, none is the active one; choosing one holds them.
  const index = useMemo(() => (isFollowing ? null : placeOf(rows, active)), [rows, active, isFollowing]);
  const ask = useOpened(openId, setActive);
  useFocusBack(openId, props.grid);
  // One that was opened elsewhere has to be found, and seen.
  useEffect(() => {
    if (index === null || active === null || active.index >= 0) return;
    latest.current.scrollTo(index);
    setActive({ id: active.id, index });
  }, [index, active]);

  const goTo = (target: number) => {
    const place = Math.max(0, Math.min(target, rows.length - 1));
    const row = rows.at(place);
    if (row === undefined) return;
    props.onChoose();
    setActive({ id: row.id, index: place });
    props.scrollTo(place);
    props.grid.current?.focus({ preventScroll: true });
    if (openId === '' || row.kind === 'gap') return;
    ask(row.id);
    props.onOpen(row);
  };
  const step = (by: number) => goTo(index === null ? (by > 0 ? 0 : rows.length - 1) : index + by);
  const current = index === null ? undefined : rows.at(index);
  const open = () => {
    if (current === undefined || current.kind === 'gap') return;
    // It is open: whoever presses Enter again wants to read it.
    if (current.id === openId) props.onEnter();
    else props.onOpen(current);
  };
  useTableShortcuts(props, { step, open, current });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = targetOf(event.key, { index, last: rows.length - 1, page: props.pageRows() });
    if (target === null && event.key !== 'Enter') return;
    event.preventDefault();
    if (target === null) open();
    else goTo(target);
  };
  const choose = (row: LogRow, at: number) => {
    props.onChoose();
    setActive({ id: row.id, index: at });
  };
  return { index, choose, onKeyDown };
}

interface TableMoves {
  step(by: number): void;
  open(): void;
  current: LogRow | undefined;
}

function useTableShortcuts(props: ActiveRowProps, { step, open, current }: TableMoves): void {
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
}

/**
 * What is opened elsewhere, or by the URL, is where the keys go on. Answers the function that says what a key asked to
 * open: the URL follows somewhat later, and must not put the keys back.
 */
function useOpened(openId: string, setActive: (active: Active) => void): (id: string) => void {
  const asked = useRef<string | null>(null);
  useEffect(() => {
    const isOwn = asked.current !== null && openId !== '';
    if (!isOwn || openId === asked.current) asked.current = null;
    if (!isOwn && openId !== '') setActive({ id: openId, index: -1 });
  }, [openId, setActive]);
  return (id) => {
    asked.current = id;
  };
}

/** What had the focus may be gone with the event that was open. */
function useFocusBack(openId: string, grid: ActiveRowProps['grid']): void {
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && openId === '' && document.activeElement === document.body) {
      grid.current?.focus({ preventScroll: true });
    }
    wasOpen.current = openId !== '';
  }, [openId, grid]);
}

/** Where the row is now: rows that came meanwhile have moved it. */
function placeOf(rows: RowList, wanted: Active | null): number | null {
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
