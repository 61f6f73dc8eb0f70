import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useMemo, useRef, useState } from 'react';
import { Input } from '../../../components/field.tsx';
import { EmptyNotice } from '../../../components/notice.tsx';
import { formatCount } from '../../../lib/format.ts';
import { GRID, rowPart, TABLE } from '../table/grid-roles.ts';
import type { LogRow } from '../table/row.ts';
import { fieldItems } from './field-list.ts';
import { FieldRow } from './field-row.tsx';

/** Exactly those of what fits one line: rows that turn out otherwise have to be placed anew, one after the other. */
const ROW_HEIGHT = 26;
const HEADING_HEIGHT = 30;

export interface FieldActions {
  onTerm(term: string): void;
  columns: readonly string[];
  onColumns(columns: readonly string[]): void;
}

/** Every field, attribute and label, ten thousand of them if need be. */
export function FieldsTab({ row, ...actions }: FieldActions & { row: LogRow }) {
  const [wanted, setWanted] = useState('');
  const scroller = useRef<HTMLDivElement>(null);
  const fields = useMemo(() => row.fields(), [row]);
  const items = useMemo(() => fieldItems(fields, wanted), [fields, wanted]);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => ('heading' in items[index]! ? HEADING_HEIGHT : ROW_HEIGHT),
    overscan: 12,
    // A new function would have all of them placed anew.
    getItemKey: useCallback((index: number) => keyOf(items[index]!), [items]),
  });
  const shown = virtualizer.getVirtualItems();
  return (
    <>
      <div className="flex shrink-0 items-center gap-2 border-b border-line px-3 py-1.5">
        <Input
          type="search"
          aria-label="Filter fields"
          placeholder="Filter by name or value"
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
          className="h-7! text-xs"
        />
        <span className="shrink-0 text-xs text-muted tabular-nums">{formatCount(fields.length)}</span>
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto pb-2" {...TABLE.table}>
        <div {...GRID.group} className="relative" style={{ height: virtualizer.getTotalSize() }}>
          <div className="absolute inset-x-0 top-0" style={{ transform: `translateY(${shown[0]?.start ?? 0}px)` }}>
            {shown.map(({ index, key }) => {
              const item = items[index]!;
              return (
                <div key={key} ref={virtualizer.measureElement} data-index={index} {...rowPart(index + 1)}>
                  {'heading' in item ? (
                    <Heading text={item.heading} count={item.count} />
                  ) : (
                    <FieldRow field={item.field} {...actions} />
                  )}
                </div>
              );
            })}
          </div>
        </div>
        {items.length === 0 && <EmptyNotice title="No field has that in its name or value" />}
      </div>
    </>
  );
}

function keyOf(item: ReturnType<typeof fieldItems>[number]): string {
  return 'heading' in item ? item.heading : `${item.field.kind} ${item.field.name}`;
}

function Heading({ text, count }: { text: string; count: number }) {
  return (
    <div {...TABLE.cell} className="px-3 pt-2.5 pb-1 text-xs font-semibold text-muted">
      {text} <span className="font-normal tabular-nums">{formatCount(count)}</span>
    </div>
  );
}
