import { ArrowDown, ArrowUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from '../lib/class-names.ts';
import { nextSort, parseSort, sortRows } from '../lib/sort-rows.ts';

export interface Column<Row> {
  id: string;
  label: string;
  cell(row: Row): ReactNode;
  /** What rows are sorted by. Without it the column does not sort. */
  sortValue?(row: Row): number | string | null;
  /** Numbers stand at the end, and sort largest first. */
  isNumber?: boolean;
  /** The column takes what room is left; what does not fit is cut. */
  isWide?: boolean;
}

interface DataTableProps<Row> {
  /** What the table is, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
  /** A column's id, with `-` before it for the largest first. Empty leaves the rows as they come. */
  sort: string;
  onSort(sort: string): void;
  /** Shown below the row, over all columns. */
  detailOf?(row: Row): ReactNode;
}

/** A table that sorts by its heads. It scrolls in itself where it is too wide. */
export function DataTable<Row>({ label, columns, rows, keyOf, sort, onSort, detailOf }: DataTableProps<Row>) {
  const { id, isDescending } = parseSort(sort);
  const by = columns.find((column) => column.id === id)?.sortValue;
  const shown = by === undefined ? rows : sortRows(rows, by, isDescending);
  return (
    <section tabIndex={0} aria-label={label} className="overflow-x-auto">
      <table className="w-full text-left" aria-label={label}>
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <Head key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={keyOf(row)} row={row} columns={columns} detail={detailOf?.(row)} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: string; onSort(sort: string): void }) {
  const { id, isDescending } = parseSort(sort);
  const isSorted = id === column.id;
  const isNumber = column.isNumber ?? false;
  const place = isNumber ? 'text-right' : 'text-left';
  const Arrow = isDescending ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      {...(isSorted && { 'aria-sort': isDescending ? 'descending' : 'ascending' })}
      className={classNames('px-2 py-1.5 text-xs font-medium whitespace-nowrap text-muted', place)}
    >
      {column.sortValue === undefined ? (
        column.label
      ) : (
        <button
          type="button"
          className={classNames('inline-flex items-center gap-1 hover:text-text', isSorted && 'text-text')}
          onClick={() => onSort(nextSort(sort, column.id, !isNumber))}
        >
          {column.label}
          {isSorted && <Arrow size={12} aria-hidden />}
        </button>
      )}
    </th>
  );
}

interface RowProps<Row> {
  row: Row;
  columns: readonly Column<Row>[];
  detail: ReactNode;
}

function Row<Row>({ row, columns, detail }: RowProps<Row>) {
  return (
    <>
      <tr className="border-b border-line last:border-b-0 hover:bg-sunken">
        {columns.map((column) => (
          <td
            key={column.id}
            className={classNames(
              'px-2 py-1.5 align-middle',
              column.isNumber && 'text-right whitespace-nowrap tabular-nums',
              column.isWide && 'w-full max-w-0 min-w-56',
            )}
          >
            {column.cell(row)}
          </td>
        ))}
      </tr>
      {detail !== undefined && detail !== null && detail !== false && (
        <tr className="border-b border-line bg-sunken">
          <td colSpan={columns.length} className="px-3 py-3">
            {detail}
          </td>
        </tr>
      )}
    </>
  );
}
