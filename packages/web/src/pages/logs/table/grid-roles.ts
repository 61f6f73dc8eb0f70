/**
 * The parts of grids and tables as assistive technology knows them. The rows that are not seen are not in the document,
 * and the others are laid out by CSS grid, so that no part can be an element of an HTML table. A grid itself has the focus
 * and names its active row.
 */
export const GRID = {
  grid: { role: 'grid' },
  group: { role: 'rowgroup' },
  row: { role: 'row' },
  head: { role: 'columnheader' },
  cell: { role: 'gridcell' },
  handle: { role: 'separator', 'aria-orientation': 'vertical' },
} as const;

export const TABLE = {
  table: { role: 'table' },
  group: GRID.group,
  row: GRID.row,
  rowHead: { role: 'rowheader' },
  cell: { role: 'cell' },
} as const;
