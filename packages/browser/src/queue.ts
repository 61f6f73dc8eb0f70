import { bytesOf } from './text.ts';

/** A line as it is sent, in an object so that it can be told from one with the same text. */
export interface Item {
  line: string;
  bytes: number;
}

export const linesOf = (items: readonly Item[]): string => items.map(({ line }) => line).join('\n');

const QUEUE_BYTES_MAX = 256_000;

/** Lines that wait, the oldest first. Beyond `eventsMax` or 256 KB the oldest goes. */
export class Queue {
  items: Item[] = [];
  bytes = 0;
  /** Lines that went. */
  lost = 0;
  readonly #eventsMax: number;

  constructor(eventsMax: number) {
    this.#eventsMax = eventsMax;
  }

  push(line: string): void {
    const item = { line, bytes: bytesOf(line) + 1 };
    this.items.push(item);
    this.bytes += item.bytes;
    this.#trim();
  }

  /** From the oldest on, within the limits, but at least one if there is one. */
  take(eventsMax: number, bytesMax: number): Item[] {
    let count = 0;
    let bytes = 0;
    for (const item of this.items) {
      bytes += item.bytes;
      if (count > 0 && (count >= eventsMax || bytes > bytesMax)) break;
      count += 1;
    }
    const taken = this.items.slice(0, count);
    this.keep(this.items.slice(count));
    return taken;
  }

  /** Before all others. */
  putBack(items: readonly Item[]): void {
    this.keep([...items, ...this.items]);
    this.#trim();
  }

  keep(items: Item[]): void {
    this.items = items;
    this.bytes = items.reduce((sum, item) => sum + item.bytes, 0);
  }

  #trim(): void {
    while (this.items.length > this.#eventsMax || this.bytes > QUEUE_BYTES_MAX) {
      this.bytes -= this.items.shift()!.bytes;
      this.lost += 1;
    }
  }
}
