/** A contiguous range of numbered events as they are sent. */
export interface EventRange {
  first: number;
  count: number;
  /** When the last of them was emitted, milliseconds since the epoch. */
  atMs: number;
  /** NDJSON, a line an event, each ending with a line break. */
  body: Buffer;
}

/** In place of where a line is to be scanned from: every value of it is to be looked at by its name. */
export const READ_ALL = -1;

/** Characters that the ring holds at most: its events may have up to 256 KiB each. */
const RING_CHARACTERS_MAX = 64 << 20;

/**
 * The events that were emitted and not yet handed over, by their numbers: a line each. When it is full the oldest goes.
 * Lines from `prepared` on are as they were emitted; those before it have been redacted and may be sent.
 */
export class Ring {
  /** Number of the oldest line. */
  head = 0;
  prepared = 0;
  /** Number of the next event. */
  next = 0;
  /** Events that made room for newer ones. */
  overflowed = 0;
  /** Of these, the ones that were not even prepared. */
  unseen = 0;
  private readonly lines: (string | undefined)[];
  private readonly timesMs: Float64Array;
  private readonly scans: Int32Array;
  private readonly mask: number;
  private readonly eventsMax: number;
  private characters = 0;

  constructor(eventsMax: number) {
    this.eventsMax = eventsMax;
    const places = 2 ** Math.ceil(Math.log2(eventsMax));
    this.lines = new Array(places).fill(undefined);
    this.timesMs = new Float64Array(places);
    this.scans = new Int32Array(places);
    this.mask = places - 1;
  }

  /** `scanFrom`: READ_ALL, or the place of the first character that is not the same in all lines of a logger. */
  push(line: string, atMs: number, scanFrom: number): void {
    while (this.next - this.head >= this.eventsMax || this.characters > RING_CHARACTERS_MAX) this.dropOldest();
    const place = this.next++ & this.mask;
    this.lines[place] = line;
    this.timesMs[place] = atMs;
    this.scans[place] = scanFrom;
    this.characters += line.length;
  }

  private dropOldest(): void {
    if (this.prepared === this.head) {
      this.prepared++;
      this.unseen++;
    }
    this.remove();
    this.overflowed++;
  }

  private remove(): string {
    const place = this.head++ & this.mask;
    const line = this.lines[place] ?? '';
    this.lines[place] = undefined;
    this.characters -= line.length;
    return line;
  }

  /** The oldest line that is not prepared. */
  get unprepared(): string {
    return this.lines[this.prepared & this.mask] ?? '';
  }

  /** From where on it may hold a secret; READ_ALL when a name in it may announce one. */
  get scanFrom(): number {
    return this.scans[this.prepared & this.mask];
  }

  /** Puts `line` in the place of the oldest line that is not prepared, which it is then. */
  prepare(line: string): void {
    const place = this.prepared++ & this.mask;
    this.characters += line.length - (this.lines[place]?.length ?? 0);
    this.lines[place] = line;
  }

  /** Lines that may be sent. */
  get ready(): number {
    return this.prepared - this.head;
  }

  /** Takes the oldest lines that may be sent; null when there are none. */
  take(eventsMax: number, charactersMax: number): EventRange | null {
    const first = this.head;
    const last = Math.min(this.prepared, first + eventsMax);
    if (first === last) return null;
    const atMs = () => this.timesMs[(this.head - 1) & this.mask];
    let text = '';
    while (this.head < last && (text === '' || text.length < charactersMax)) text += this.remove();
    return { first, count: this.head - first, atMs: atMs(), body: Buffer.from(text) };
  }

  /** Forgets all lines that are prepared: nobody wants them. */
  discard(): void {
    while (this.head < this.prepared) this.remove();
  }
}
