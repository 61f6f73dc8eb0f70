import type { LogRow, RowList } from '../table/row.ts';

/** The newest rows, so many and no more. What is older makes room. */
export class TailRing {
  private readonly capacity: number;
  private readonly rows: LogRow[] = [];
  /** Where the next row goes, once the ring is full. */
  private head = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  get length(): number {
    return this.rows.length;
  }

  push(row: LogRow): void {
    if (this.rows.length < this.capacity) {
      this.rows.push(row);
      return;
    }
    this.rows[this.head] = row;
    this.head = (this.head + 1) % this.capacity;
  }

  /** The newest row is at 0. */
  at(index: number): LogRow | undefined {
    const { length } = this.rows;
    if (index < 0 || index >= length) return undefined;
    return this.rows[(this.head + length - 1 - index) % length];
  }

  /** The rows as they are now, without copying them: good until the next push. */
  view(): RowList {
    return { length: this.rows.length, at: (index) => this.at(index) };
  }

  /** A copy that stays, newest first. */
  copy(): LogRow[] {
    return Array.from(this.rows, (_, index) => this.at(index)!);
  }
}
