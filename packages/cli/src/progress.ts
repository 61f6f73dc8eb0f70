import { WriteStream } from 'node:tty';

const BAR_CHARACTERS = 30;
const REDRAW_INTERVAL_MS = 100;

/**
 * How far something long is, on one line of a terminal; nothing where stderr is none. `total` null: how much there will
 * be is not known.
 */
export class Progress {
  readonly #stream: NodeJS.WritableStream | null;
  readonly #label: string;
  readonly #total: number | null;
  #drawnAt = 0;

  constructor(stderr: NodeJS.WritableStream, label: string, total: number | null) {
    this.#stream = stderr instanceof WriteStream ? stderr : null;
    this.#label = label;
    this.#total = total;
  }

  update(done: number): void {
    const now = performance.now();
    if (this.#stream === null || now - this.#drawnAt < REDRAW_INTERVAL_MS) return;
    this.#drawnAt = now;
    this.#stream.write(`\r\x1b[K${progressText(this.#label, done, this.#total)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#drawnAt > 0) this.#stream?.write('\r\x1b[K');
  }
}

export function progressText(label: string, done: number, total: number | null): string {
  const count = done.toLocaleString('en-US');
  if (total === null || total <= 0) return `${label} ${count}`;
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_CHARACTERS);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_CHARACTERS - filled);
  return `${label} ${bar} ${Math.floor(share * 100)}% ${count} of ${total.toLocaleString('en-US')}`;
}
