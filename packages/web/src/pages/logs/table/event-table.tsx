import {
  type CSSProperties,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react';
import { EmptyNotice, Loading } from '../../../components/notice.tsx';
import { classNames } from '../../../lib/class-names.ts';
import { plural } from '../../../lib/format.ts';
import type { TimeZone } from '../../../lib/time.ts';
import { useIsNarrow } from '../../../lib/use-media.ts';
import { DETAILS_ID } from '../event/details-id.ts';
import { LiveBar } from '../live/live-bar.tsx';
import type { LiveTail } from '../live/use-live-tail.ts';
import { gridOf } from './column-widths.ts';
import { EventRow, type RowLook } from './event-row.tsx';
import { GRID, gridPart } from './grid-roles.ts';
import type { LogRow, RowList } from './row.ts';
import { TableHead } from './table-head.tsx';
import { useActiveRow } from './use-active-row.ts';
import { useFollow } from './use-follow.ts';
import { type RowWindow, useRowWindow } from './use-row-window.ts';
import { useTableChoices } from './use-table-choices.ts';

export interface EventTableProps {
  rows: RowList;
  /** Between severity and message, as search terms name them. */
  columns: readonly string[];
  onColumns(columns: readonly string[]): void;
  zone: TimeZone;
  order: 'desc' | 'asc';
  onOrder(order: 'desc' | 'asc'): void;
  /** The event that is open, or empty. */
  openId: string;
  /** Null closes it. */
  onOpen(row: LogRow | null): void;
  onContext(row: LogRow): void;
  /** Words that were searched for. */
  highlight: readonly string[];
  /** The rows are those of the question before, or none. */
  isLoading: boolean;
  isLoadingMore: boolean;
  hasMore: boolean;
  onMore(): void;
  /** Live tail, while it is on. */
  live: LiveTail | null;
  /** What stands where there is no event. */
  empty?: ReactNode;
}

/** The grid is as long as its rows: the ring that says that it has the focus is around what is seen of it. */
const GRID_FOCUS =
  'has-[>[role=grid]:focus-visible]:outline-2 has-[>[role=grid]:focus-visible]:-outline-offset-2 has-[>[role=grid]:focus-visible]:outline-accent';
/** Rows before the end at which the next page is asked for. */
const MORE_ROWS_BEFORE = 100;

/** Events as a table: as many as there are, of which those near the window are drawn. As high as its place. */
export function EventTable(props: EventTableProps) {
  const { rows, columns, live, openId, onOpen, onContext, isLoading } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const gridId = useId();
  const isNarrow = useIsNarrow();
  const choices = useTableChoices();
  const { isWrapped, setWrapped } = choices;
  const follow = useFollow(live, scroller);
  const { isFollowing } = follow;
  const rowHeight = isNarrow ? 46 : 26;
  const window = useRowWindow({ rows, scroller, rowHeight, isWrapped, isFollowing });
  const active = useActiveRow({
    rows,
    grid,
    openId,
    pageRows: () => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2),
    isFollowing,
    onChoose: follow.hold,
    scrollTo: window.scrollTo,
    onOpen,
    onContext,
    onEnter: () => document.getElementById(DETAILS_ID)?.focus(),
    onWrap: () => setWrapped(!isWrapped),
  });
  useMore(props, window.end);
  useTopOfAnother(props, scroller);
  const look = useLook(props, isWrapped, isNarrow);
  const { template, widthMin } = gridOf(choices.widths, columns);
  const head = useHead(props, choices, isNarrow);
  const onClick = (event: MouseEvent) => openClicked(event, props, active.choose);
  return (
    <div className="relative flex min-h-0 min-w-0 flex-1 flex-col">
      {live !== null && <LiveBar live={live} onResume={follow.resume} onPause={follow.hold} />}
      <div
        ref={scroller}
        onScroll={follow.onScroll}
        className={classNames(
          'relative min-h-0 flex-1 overflow-auto bg-surface [overflow-anchor:none] max-md:pb-16',
          active.index === null && GRID_FOCUS,
          isLoading && rows.length > 0 && 'opacity-60',
        )}
        style={{ '--columns': template } as CSSProperties}
      >
        <div
          ref={grid}
          {...gridPart({
            'aria-label': 'Events',
            'aria-rowcount': props.hasMore ? -1 : rows.length + 1,
            'aria-busy': isLoading,
            'aria-activedescendant': active.index === null ? undefined : `${gridId}${active.index}`,
          })}
          tabIndex={0}
          {...{ onClick, onKeyDown: active.onKeyDown }}
          className="outline-none"
          style={isNarrow ? undefined : { minWidth: widthMin }}
        >
          {head}
          <GridRows {...{ rows, window, look, gridId, openId }} isFollowing={isFollowing} activeIndex={active.index} />
        </div>
        <TableEnd {...props} />
      </div>
    </div>
  );
}

function useLook({ columns, zone, highlight }: EventTableProps, isWrapped: boolean, isNarrow: boolean): RowLook {
  return useMemo(
    () => ({ columns, zone, words: highlight, isWrapped, isNarrow }),
    [columns, zone, highlight, isWrapped, isNarrow],
  );
}

interface GridRowsProps {
  rows: RowList;
  window: RowWindow;
  look: RowLook;
  gridId: string;
  isFollowing: boolean;
  activeIndex: number | null;
  openId: string;
}

function GridRows({ rows, window, look, gridId, isFollowing, activeIndex, openId }: GridRowsProps) {
  return (
    <div {...GRID.group} className="relative" style={{ height: window.heightAll }}>
      <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${window.offset}px)` }}>
        {drawn(rows, window).map(({ row, index }) => (
          <EventRow
            // While new rows push the others down, the places stay and their texts change: no element is made.
            key={isFollowing ? index : row.id}
            row={row}
            look={look}
            index={index}
            id={`${gridId}${index}`}
            isActive={index === activeIndex}
            isOpen={row.id === openId}
            measure={window.measure}
          />
        ))}
      </div>
    </div>
  );
}

/** The names of the columns. They stay as they are while live rows change many times a second. */
function useHead(props: EventTableProps, choices: ReturnType<typeof useTableChoices>, isNarrow: boolean): ReactNode {
  const { columns, order } = props;
  const { widths, setWidth, isWrapped, setWrapped } = choices;
  const isLive = props.live !== null;
  const latest = useRef(props);
  latest.current = props;
  return useMemo(
    () => (
      <TableHead
        columns={columns}
        onColumns={(next) => latest.current.onColumns(next)}
        order={isLive ? 'desc' : order}
        onOrder={isLive ? undefined : (next) => latest.current.onOrder(next)}
        widths={widths}
        onWidth={setWidth}
        isWrapped={isWrapped}
        onWrapped={setWrapped}
        isNarrow={isNarrow}
      />
    ),
    [columns, isLive, order, widths, setWidth, isWrapped, setWrapped, isNarrow],
  );
}

/** Another answer begins at its top. */
function useTopOfAnother({ rows, live }: EventTableProps, scroller: RefObject<HTMLDivElement | null>): void {
  const firstId = live === null ? rows.at(0)?.id : 'live';
  const before = useRef(firstId);
  useLayoutEffect(() => {
    if (before.current !== undefined && firstId !== before.current) scroller.current?.scrollTo({ top: 0 });
    before.current = firstId;
  }, [firstId, scroller]);
}

function drawn(rows: RowList, { first, end }: RowWindow): { row: LogRow; index: number }[] {
  const shown: { row: LogRow; index: number }[] = [];
  for (let index = first; index < end; index++) {
    const row = rows.at(index);
    if (row !== undefined) shown.push({ row, index });
  }
  return shown;
}

/** Opens the row that was clicked; the open one closes. */
function openClicked(
  event: MouseEvent,
  { rows, openId, onOpen }: EventTableProps,
  choose: (row: LogRow, at: number) => void,
): void {
  const index = indexAt(event.target);
  const row = index === null ? undefined : rows.at(index);
  // Who has just marked text wants to copy it.
  if (row === undefined || row.kind === 'gap' || !getSelection()?.isCollapsed) return;
  choose(row, index!);
  onOpen(row.id === openId ? null : row);
}

/** The place of the row that an element is in. */
function indexAt(target: EventTarget): number | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('[data-index]') : null;
  return row === null ? null : Number(row.dataset.index);
}

/** Asks for the next page some screens before the rows end. */
function useMore({ rows, hasMore, isLoadingMore, onMore, live }: EventTableProps, end: number): void {
  const isNear = live === null && hasMore && !isLoadingMore && end + MORE_ROWS_BEFORE >= rows.length;
  useEffect(() => {
    if (isNear) onMore();
  }, [isNear, onMore]);
}

/** What stands under the last row. */
function TableEnd({ rows, isLoading, isLoadingMore, hasMore, live, empty }: EventTableProps) {
  if (rows.length === 0) {
    if (isLoading || live?.state === 'connecting') {
      return (
        <div className="px-3">
          <Loading rows={12} label="Loading events" />
        </div>
      );
    }
    if (live !== null) {
      return <EmptyNotice title="No event yet">New events show here as they come in.</EmptyNotice>;
    }
    return empty ?? <EmptyNotice title="No event found">A wider time range or fewer terms find more.</EmptyNotice>;
  }
  if (live !== null) return null;
  return (
    <p className="px-3 py-3 text-xs text-muted" role="status">
      {isLoadingMore || hasMore
        ? 'Loading more …'
        : `${plural(rows.length, rows.at(0)?.kind === 'line' ? 'line' : 'event')}. No more in this time range.`}
    </p>
  );
}
