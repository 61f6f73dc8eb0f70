import type { AriaAttributes, HTMLAttributes } from 'react';

/**
 * The parts of grids and tables as assistive technology knows them. The rows that are not seen are not in the document,
 * and the others are laid out by CSS grid, so that no part can be an element of an HTML table. A grid itself has the focus
 * and names its active row.
 */
export const GRID = {
  group: { role: 'rowgroup' },
  head: { role: 'columnheader' },
  cell: { role: 'gridcell' },
} as const;

export const TABLE = {
  table: { role: 'table', 'aria-label': 'Fields' },
  rowHead: { role: 'rowheader' },
  cell: { role: 'cell' },
} as const;

/** `place` counts from 1, the head among them. */
export const rowPart = (place: number, isSelected?: boolean) => ({
  role: 'row',
  'aria-rowindex': place,
  ...(isSelected !== undefined && { 'aria-selected': isSelected }),
});

export const gridPart = (attributes: AriaAttributes) => ({ role: 'grid', ...attributes });

/** A border that can be moved with the pointer and the arrow keys. */
export const handlePart = (attributes: HTMLAttributes<HTMLElement>): HTMLAttributes<HTMLElement> => ({
  role: 'separator',
  'aria-orientation': 'vertical',
  ...attributes,
});
