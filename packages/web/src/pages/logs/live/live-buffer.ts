import { gapRow, type LogRow, type RowList } from '../table/row.ts';
import { TailRing } from './tail-ring.ts';
import type { TailMessage, TailSource } from './tail-source.ts';

/** Rows that live tail keeps. */
export const ROWS_MAX = 20_000;

export interface LiveSnapshot {
  /** Newest first. While paused, those that were there when it began. */
  rows: RowList;
  isPaused: boolean;
  /** Events that came since the pause began. */
  newCount: number;
  /** Events that the server said it skipped. */
  missedCount: number;
}

/**
 * What live tail shows, without its connection: takes messages, keeps the newest rows, stands still while paused, and
 * says what may be missing between two connections.
 */
export class LiveBuffer {
  private readonly source: TailSource;
  private readonly nowMs: () => number;
  private readonly ring: TailRing;
  /** Rows of the backfill, until it is over. Null from then on. */
  private backfill: LogRow[] | null = [];
  private isFirst = true;
  private frozen: readonly LogRow[] | null = null;
  private newCount = 0;
  private missedCount = 0;
  private gaps = 0;

  constructor(source: TailSource, { rowsMax = ROWS_MAX, nowMs = Date.now } = {}) {
    this.source = source;
    this.nowMs = nowMs;
    this.ring = new TailRing(rowsMax);
  }

  /** The newest event that came, whichever connection brought it. */
  get newest(): LogRow | null {
    for (let at = 0; at < this.ring.length; at++) {
      const row = this.ring.at(at)!;
      if (row.kind !== 'gap') return row;
    }
    return null;
  }

  /** A connection begins: what comes first was stored before. */
  connect(): void {
    this.backfill = [];
  }

  /** Takes messages as they came. */
  take(texts: readonly string[]): void {
    for (const text of texts) for (const message of this.source.read(text)) this.takeMessage(message);
  }

  private takeMessage(message: TailMessage): void {
    if (message.kind === 'ready') this.finishBackfill();
    else if (message.kind === 'missed') {
      this.missedCount += message.count ?? 0;
      this.note(message.text);
    } else if (this.backfill !== null) this.backfill.push(message.row);
    else this.add(message.row);
  }

  private add(row: LogRow): void {
    this.ring.push(row);
    if (this.frozen !== null) this.newCount += 1;
  }

  private note(text: string): void {
    this.gaps += 1;
    this.ring.push(gapRow(`gap ${this.gaps}`, new Date(this.nowMs()).toISOString(), text));
  }

  /** Rows that an earlier connection brought come once. Nothing in common means that some between them may be missing. */
  private finishBackfill(): void {
    const came = this.backfill ?? [];
    this.backfill = null;
    const known = new Set(this.isFirst ? [] : this.ring.copy().map(({ id }) => id));
    const fresh = came.filter(({ id }) => !known.has(id));
    if (!this.isFirst && fresh.length >= this.source.backfillMax) {
      this.note(
        `The connection was away. The newest ${fresh.length.toLocaleString('en')} events of that time follow; earlier ones may be missing here.`,
      );
    }
    this.isFirst = false;
    for (const row of fresh) this.add(row);
  }

  /** Rows stand still from here on; what comes is kept for later. */
  pause(): void {
    this.frozen ??= this.ring.copy();
  }

  resume(): void {
    this.frozen = null;
    this.newCount = 0;
  }

  /** Good until the next call of `take`. */
  snapshot(): LiveSnapshot {
    const { frozen, newCount, missedCount } = this;
    return { rows: frozen ?? this.ring.view(), isPaused: frozen !== null, newCount, missedCount };
  }
}
