import { memo, type Ref } from 'react';
import { classNames } from '../../../lib/class-names.ts';
import { isSeverity, SEVERITY_LOOKS, type Severity } from '../../../lib/severity.ts';
import type { TimeZone } from '../../../lib/time.ts';
import { GRID, rowPart } from './grid-roles.ts';
import { MessageText } from './message-text.tsx';
import type { LogRow } from './row.ts';
import { rowTime } from './row-time.ts';

/** What is shown of a message in the table; the event itself shows it whole. */
const ONE_LINE_MAX = 1000;
const WRAPPED_MAX = 20_000;
/** Characters of a value that may not fit its column. */
const TITLE_FROM = 12;

export interface RowLook {
  columns: readonly string[];
  zone: TimeZone;
  words: readonly string[];
  isWrapped: boolean;
  /** Two lines: for a phone. */
  isNarrow: boolean;
}

interface EventRowProps {
  row: LogRow;
  look: RowLook;
  /** Its place in the list, from 0. */
  index: number;
  id: string;
  isActive: boolean;
  isOpen: boolean;
  measure: Ref<HTMLDivElement> | undefined;
}

const BARS: Readonly<Record<Severity, string>> = {
  debug: 'before:bg-debug',
  info: 'before:bg-info',
  warn: 'before:bg-warn',
  error: 'before:bg-error',
  critical: 'before:bg-critical',
};

const ROW =
  'relative cursor-default border-b border-line font-mono text-xs before:absolute before:inset-y-0 before:left-0 before:w-[3px]';

/** One event. The keyboard is the table's: it says which row is the active one. */
export const EventRow = memo(function EventRow({ row, look, index, id, isActive, isOpen, measure }: EventRowProps) {
  const severity = isSeverity(row.severity) ? row.severity : 'info';
  const { isNarrow, isWrapped } = look;
  return (
    <div
      ref={measure}
      id={id}
      data-index={index}
      {...rowPart(index + 2, isOpen)}
      className={classNames(
        ROW,
        BARS[severity],
        isOpen ? 'bg-accent-soft' : 'hover:bg-sunken',
        isActive && 'outline-2 -outline-offset-2 outline-accent',
        row.kind === 'gap' ? 'bg-warn-soft' : '',
        !isNarrow && 'grid [grid-template-columns:var(--columns)]',
        isWrapped ? '[contain:layout_style]' : isNarrow ? 'h-[46px] [contain:strict]' : 'h-[26px] [contain:strict]',
      )}
    >
      {row.kind === 'gap' ? (
        <div {...GRID.cell} className="col-span-full truncate px-3 leading-[25px] text-warn">
          {row.message}
        </div>
      ) : isNarrow ? (
        <NarrowCells row={row} look={look} severity={severity} />
      ) : (
        <Cells row={row} look={look} severity={severity} />
      )}
    </div>
  );
});

interface CellsProps {
  row: LogRow;
  look: RowLook;
  severity: Severity;
}

const CELL = 'overflow-hidden px-2 leading-[25px] text-ellipsis whitespace-pre';

function Cells({ row, look, severity }: CellsProps) {
  const { columns, zone, isWrapped } = look;
  return (
    <>
      <TimeCell timestamp={row.timestamp} zone={zone} className={classNames(CELL, 'pl-3')} />
      <div {...GRID.cell} className={classNames(CELL, 'font-semibold', SEVERITY_LOOKS[severity].text)}>
        {severity}
      </div>
      {columns.map((column) => (
        <ColumnCell key={column} column={column} value={row.valueOf(column)} />
      ))}
      <div
        {...GRID.cell}
        dir="auto"
        className={classNames(
          'overflow-hidden px-2 text-left',
          isWrapped ? 'py-[3px] leading-[19px] break-words whitespace-pre-wrap' : CELL,
        )}
      >
        <Message row={row} look={look} />
      </div>
    </>
  );
}

function TimeCell({ timestamp, zone, className }: { timestamp: string; zone: TimeZone; className: string }) {
  const { date, clock } = rowTime(timestamp, zone);
  return (
    <div {...GRID.cell} className={classNames('tabular-nums', className)}>
      <span className="text-muted">{date} </span>
      {clock}
    </div>
  );
}

function ColumnCell({ column, value }: { column: string; value: string }) {
  return (
    <div
      {...GRID.cell}
      data-column={column}
      dir="auto"
      title={value.length > TITLE_FROM ? value : undefined}
      className={classNames(CELL, 'text-left')}
    >
      {value.slice(0, 300)}
    </div>
  );
}

/** Time, severity and the first column over the message. */
function NarrowCells({ row, look, severity }: CellsProps) {
  const { columns, zone, isWrapped } = look;
  return (
    <>
      <div className="flex gap-2 overflow-hidden pt-[3px] pr-2 pl-3 leading-5 whitespace-nowrap">
        <TimeCell timestamp={row.timestamp} zone={zone} className="shrink-0" />
        <div {...GRID.cell} className={classNames('shrink-0 font-semibold', SEVERITY_LOOKS[severity].text)}>
          {severity}
        </div>
        {columns.slice(0, 2).map((column) => (
          <div key={column} {...GRID.cell} className="truncate text-muted">
            {row.valueOf(column).slice(0, 100)}
          </div>
        ))}
      </div>
      <div
        {...GRID.cell}
        dir="auto"
        className={classNames(
          'overflow-hidden pr-2 pl-3 text-left leading-5',
          isWrapped ? 'pb-1 break-words whitespace-pre-wrap' : 'truncate',
        )}
      >
        <Message row={row} look={look} />
      </div>
    </>
  );
}

function Message({ row, look: { words, isWrapped } }: Pick<CellsProps, 'row' | 'look'>) {
  if (row.message === '') return <span className="text-muted italic">empty message</span>;
  return (
    <MessageText
      text={row.message}
      words={words}
      isOneLine={!isWrapped}
      lengthMax={isWrapped ? WRAPPED_MAX : ONE_LINE_MAX}
    />
  );
}
