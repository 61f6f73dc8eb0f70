/** What rows of a table are sorted by: a column's id, with `-` before it for the largest first. */
export function parseSort(text: string): { id: string; isDescending: boolean } {
  return text.startsWith('-') ? { id: text.slice(1), isDescending: true } : { id: text, isDescending: false };
}

/** The sort after a click at the column: the largest first, then turned round. */
export function nextSort(text: string, id: string, isText: boolean): string {
  const sort = parseSort(text);
  if (sort.id !== id) return isText ? id : `-${id}`;
  return sort.isDescending ? id : `-${id}`;
}

/** The rows in order; what has no value is last either way. */
export function sortRows<Row>(
  rows: readonly Row[],
  sortValue: (row: Row) => number | string | null,
  isDescending: boolean,
): Row[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [left, right] = [sortValue(a), sortValue(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === 'string' || typeof right === 'string') return sign * String(left).localeCompare(String(right));
    return sign * (left - right);
  });
}
