type Row = readonly (number | null)[];

/** Sums from the bottom, the whole first: the highest is drawn first and the lower ones over it. */
export function stack(rows: readonly Row[]): number[][] {
  const sums: number[][] = [];
  for (const row of rows) {
    const below = sums.at(-1);
    sums.push(row.map((value, index) => (value ?? 0) + (below?.[index] ?? 0)));
  }
  return sums.toReversed();
}

/** Which of the rows that stand on each other has the height at the index; null above them all. */
export function rowAt(rows: readonly Row[], index: number, height: number): number | null {
  let top = 0;
  for (const [place, row] of rows.entries()) {
    top += row[index] ?? 0;
    if (height <= top && (row[index] ?? 0) > 0) return place;
  }
  return null;
}
