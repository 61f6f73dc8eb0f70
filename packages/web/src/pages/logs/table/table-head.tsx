import { ArrowDown, ArrowUp, WrapText } from 'lucide-react';
import { type DragEvent, type KeyboardEvent, type PointerEvent, type ReactNode, useState } from 'react';
import { IconButton } from '../../../components/button.tsx';
import { Menu, type MenuItem } from '../../../components/overlays.tsx';
import { classNames } from '../../../lib/class-names.ts';
import {
  type ColumnWidths,
  clampWidth,
  moveColumn,
  SEVERITY,
  TIME,
  WIDTH_MAX,
  WIDTH_MIN,
  widthOf,
} from './column-widths.ts';
import { GRID, handlePart, rowPart } from './grid-roles.ts';

const WIDTH_STEP = 16;

export interface TableHeadProps {
  columns: readonly string[];
  onColumns(columns: readonly string[]): void;
  order: 'desc' | 'asc';
  /** Undefined where the order cannot be chosen: live is newest first. */
  onOrder: ((order: 'desc' | 'asc') => void) | undefined;
  widths: ColumnWidths;
  /** `isDone` is false while the pointer still drags. */
  onWidth(column: string, width: number, isDone: boolean): void;
  isWrapped: boolean;
  onWrapped(isWrapped: boolean): void;
  isNarrow: boolean;
}

/** The names of the columns, and what one does with them. On a phone only the switches are seen. */
export function TableHead(props: TableHeadProps) {
  const { columns, order, onOrder, isNarrow } = props;
  const [dragged, setDragged] = useState<string | null>(null);
  return (
    <div {...GRID.group} className="sticky top-0 z-10 border-b border-line bg-raised text-xs text-muted">
      <div
        {...rowPart(1)}
        className={classNames('h-8', isNarrow ? 'flex items-center' : 'grid [grid-template-columns:var(--columns)]')}
      >
        <HeadCell {...props} column={TIME} label="Time" isHidden={isNarrow}>
          <SortButton order={order} onOrder={onOrder} />
        </HeadCell>
        <HeadCell {...props} column={SEVERITY} label="Severity" isHidden={isNarrow}>
          <span className="truncate px-2">Severity</span>
        </HeadCell>
        {columns.map((column) => (
          <HeadCell
            key={column}
            {...props}
            column={column}
            label={column}
            isHidden={isNarrow}
            dragged={dragged}
            onDragged={setDragged}
          >
            <ColumnMenu {...props} column={column} />
          </HeadCell>
        ))}
        <div {...GRID.head} className="flex min-w-0 flex-1 items-center gap-1 pr-1 pl-2 max-md:pl-3">
          <span className="truncate">Message</span>
          <span className="ml-auto" />
          {isNarrow && <SortButton order={order} onOrder={onOrder} />}
          <WrapButton {...props} />
        </div>
      </div>
    </div>
  );
}

function WrapButton({ isWrapped, onWrapped }: Pick<TableHeadProps, 'isWrapped' | 'onWrapped'>) {
  return (
    <IconButton
      size="small"
      label="Wrap long messages (w)"
      aria-pressed={isWrapped}
      className="aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
      onClick={() => onWrapped(!isWrapped)}
    >
      <WrapText size={15} aria-hidden />
    </IconButton>
  );
}

interface HeadCellProps extends TableHeadProps {
  column: string;
  label: string;
  isHidden: boolean;
  /** The column that is being dragged; undefined for those that stay where they are. */
  dragged?: string | null;
  onDragged?(column: string | null): void;
  children: ReactNode;
}

function HeadCell(props: HeadCellProps) {
  const { column, label, isHidden, columns, onColumns, dragged, onDragged, children } = props;
  const [isTarget, setTarget] = useState(false);
  const drop = () => {
    setTarget(false);
    if (dragged) onColumns(moveColumn(columns, dragged, columns.indexOf(column) - columns.indexOf(dragged)));
  };
  const dragging = {
    draggable: true,
    onDragStart: () => onDragged?.(column),
    onDragEnd: () => onDragged?.(null),
    onDragOver: (event: DragEvent) => {
      if (!dragged) return;
      event.preventDefault();
      setTarget(true);
    },
    onDragLeave: () => setTarget(false),
    onDrop: drop,
  };
  return (
    <div
      {...GRID.head}
      {...(column === TIME && { 'aria-sort': props.order === 'asc' ? 'ascending' : 'descending' })}
      {...(onDragged !== undefined && dragging)}
      className={classNames(
        'relative flex min-w-0 items-center',
        isTarget && 'bg-accent-soft',
        isHidden ? 'sr-only' : '',
      )}
    >
      {children}
      <ResizeHandle {...props} label={label} />
    </div>
  );
}

/** Drawn with the pointer, or moved with the arrow keys. */
function ResizeHandle({ column, label, widths, onWidth, isHidden }: Omit<HeadCellProps, 'children'>) {
  const width = widthOf(widths, column);
  const drag = (event: PointerEvent<HTMLElement>) => {
    const handle = event.currentTarget;
    const start = event.clientX;
    const at = (moved: globalThis.PointerEvent) => clampWidth(width + moved.clientX - start);
    const move = (moved: globalThis.PointerEvent) => onWidth(column, at(moved), false);
    const end = (moved: globalThis.PointerEvent) => {
      handle.removeEventListener('pointermove', move);
      onWidth(column, at(moved), true);
    };
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', end, { once: true });
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -WIDTH_STEP, ArrowRight: WIDTH_STEP }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onWidth(column, clampWidth(width + step), true);
  };
  return (
    <div
      {...handlePart({
        'aria-label': `Width of ${label}`,
        'aria-valuenow': width,
        'aria-valuemin': WIDTH_MIN,
        'aria-valuemax': WIDTH_MAX,
        onPointerDown: drag,
        onKeyDown: press,
      })}
      tabIndex={isHidden ? -1 : 0}
      className="absolute inset-y-0 -right-1 z-10 w-2 cursor-col-resize touch-none after:absolute after:inset-y-1.5 after:left-1/2 after:w-px after:bg-line hover:after:bg-accent focus-visible:after:bg-accent"
    />
  );
}

function SortButton({ order, onOrder }: Pick<TableHeadProps, 'order' | 'onOrder'>) {
  const Icon = order === 'asc' ? ArrowUp : ArrowDown;
  const text = order === 'asc' ? 'oldest first' : 'newest first';
  return (
    <button
      type="button"
      disabled={onOrder === undefined}
      aria-label={`Time, ${text}`}
      title={onOrder === undefined ? 'Live shows the newest first' : `Now ${text}. Turn round`}
      onClick={() => onOrder?.(order === 'asc' ? 'desc' : 'asc')}
      className="flex h-7 min-w-0 items-center gap-1 rounded px-2 pl-3 hover:text-text disabled:opacity-100"
    >
      Time
      <Icon size={13} aria-hidden />
    </button>
  );
}

/** Everything the pointer does with a column, for the keyboard as well. */
function ColumnMenu({ columns, onColumns, column, widths, onWidth }: TableHeadProps & { column: string }) {
  const at = columns.indexOf(column);
  const width = widthOf(widths, column);
  const items: MenuItem[] = [
    { label: 'Move left', isDisabled: at <= 0, onSelect: () => onColumns(moveColumn(columns, column, -1)) },
    {
      label: 'Move right',
      isDisabled: at === columns.length - 1,
      onSelect: () => onColumns(moveColumn(columns, column, 1)),
    },
    { label: 'Wider', onSelect: () => onWidth(column, clampWidth(width * 1.5), true) },
    { label: 'Narrower', onSelect: () => onWidth(column, clampWidth(width / 1.5), true) },
    { label: 'Remove column', onSelect: () => onColumns(columns.filter((name) => name !== column)) },
  ];
  return (
    <Menu
      items={items}
      trigger={
        <button
          type="button"
          title={column}
          aria-label={`Column ${column}`}
          className="h-7 min-w-0 cursor-pointer truncate rounded px-2 text-left hover:text-text"
        >
          {column}
        </button>
      }
    />
  );
}
