import type { Guard } from './guard.ts';
import { type Item, linesOf, Queue } from './queue.ts';
import { read, takeAll, write } from './store.ts';
import type { BrowserStats } from './types.ts';

const BATCH_EVENTS = 50;
/** The browser lets all beacons and keepalive requests of a page have 64 KiB under way: this leaves room for others. */
const BATCH_BYTES = 15_000;
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 30_000;
const RETRY_AFTER_MS_MAX = 3_600_000;
/** While a server starts anew, its proxy answers what the page may not read. */
const REFUSALS_MAX = 5;
const REQUEST_MS_MAX = 30_000;

export interface SenderOptions {
  /** With the key in its query. */
  endpoint: string;
  /** Under which names of localStorage the lines of all pages are. */
  prefix: string;
  /** Tells this page's from those of others. */
  pageId: string;
  queueMax: number;
  flushIntervalMs: number;
  guard: Guard;
  /** The browser's own: requests of the SDK are not traced. */
  fetch: typeof fetch;
  /** The line that says how many were lost. */
  lostLine(count: number): string;
}

/** How long to wait after so many failures: exponential, with full jitter. */
export const retryDelayMs = (failures: number, random = Math.random()): number =>
  RETRY_MS_MIN / 2 + random * Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures);

/**
 * Sends lines in batches, one at a time. While it cannot, they are in memory and in localStorage, where the next page
 * finds them: whoever takes them removes them, and a page whose lines were taken forgets them.
 *
 * A page that goes away hands its lines to the browser. Whether they arrive it never learns, so while requests fail it
 * stores them instead.
 */
export class Sender {
  /** Why nothing more is sent. */
  stopped = '';
  sent = 0;
  /** Lost elsewhere than in the queue: refused by the server, or before they came here. */
  lostOtherwise = 0;
  readonly #options: SenderOptions;
  readonly #queue: Queue;
  readonly #place: string;
  #flying: Item[] = [];
  #stored: readonly Item[] = [];
  /** Of the lost ones, how many the server was told of. */
  #lostTold = 0;
  #batchEvents = BATCH_EVENTS;
  #failures = 0;
  #refusals = 0;
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;
  #waiters: ((isSent: boolean) => void)[] = [];
  readonly #guarded: () => void;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#queue = new Queue(options.queueMax);
    this.#place = options.prefix + options.pageId;
    this.#guarded = options.guard(() => this.#send(), undefined);
  }

  push(line: string): void {
    this.#queue.push(line);
    const isFull = this.#queue.items.length >= this.#batchEvents || this.#queue.bytes >= BATCH_BYTES;
    this.#schedule(isFull && !this.#isInTrouble() ? 0 : this.#options.flushIntervalMs);
  }

  /** Takes what earlier pages could not send, and other pages cannot just now. */
  adopt(): void {
    const lines = takeAll(this.#options.prefix);
    for (const line of lines) this.#queue.push(line);
    if (lines.length > 0) this.#schedule(0);
  }

  /** Removes everything, that of other pages too. */
  clear(): void {
    this.#flying = [];
    this.#queue.keep([]);
    this.#stored = [];
    takeAll(this.#options.prefix);
  }

  flush(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#send();
    });
  }

  /** The page may be gone in a moment. */
  hide(): void {
    this.#forgetTaken();
    if (!this.stopped && !this.#isInTrouble()) {
      if ('sendBeacon' in navigator) this.#sendBeacons();
      else this.#send();
    }
    this.#save();
  }

  /** The network is back. */
  online(): void {
    this.#notBefore = 0;
    this.#schedule(0);
  }

  counts(): BrowserStats {
    const waiting = this.#queue.items.length + this.#flying.length;
    return { sent: this.sent, waiting, lost: this.#lost(), stopped: this.stopped };
  }

  #lost(): number {
    return this.#queue.lost + this.lostOtherwise;
  }

  #isInTrouble(): boolean {
    return this.#failures > 0 || navigator.onLine === false;
  }

  /** Never later than was said before. */
  #schedule(ms: number): void {
    const dueAt = Date.now() + ms;
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(this.#guarded, ms);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#forgetTaken();
    if (this.#flying.length > 0) return;
    if (this.#queue.items.length === 0) {
      this.#settle(true);
      return;
    }
    const wait = navigator.onLine === false ? RETRY_MS_MAX : this.#notBefore - Date.now();
    if (this.stopped || wait > 0) {
      this.#save();
      this.#settle(false);
      if (!this.stopped) this.#schedule(wait);
      return;
    }
    this.#flying = this.#queue.take(this.#batchEvents, BATCH_BYTES);
    this.#post();
  }

  #post(): void {
    const { guard } = this.#options;
    const lost = this.#lost();
    // A string goes as text/plain, which browsers send to another origin without asking first.
    this.#ask({ method: 'POST', body: this.#body(this.#flying), keepalive: true }).then(
      guard((answer) => this.#answered(answer, lost), undefined),
      guard(() => this.#failed(), undefined),
    );
  }

  #ask(init: RequestInit): Promise<Response> {
    const { fetch, endpoint } = this.#options;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), REQUEST_MS_MAX);
    // What wraps fetch may throw instead of rejecting.
    return new Promise((resolve) =>
      resolve(fetch(endpoint, { credentials: 'omit', signal: controller.signal, ...init })),
    );
  }

  /** The lines, and before them how many were lost since the server was told. */
  #body(items: readonly Item[]): string {
    const untold = this.#lost() - this.#lostTold;
    return (untold > 0 ? `${this.#options.lostLine(untold)}\n` : '') + linesOf(items);
  }

  #answered({ ok, status, headers }: Response, lostTold: number): void {
    this.#refusals = 0;
    if (ok || status === 400 || status === 415 || (status === 413 && this.#flying.length < 2)) {
      if (ok) this.sent += this.#flying.length;
      else this.lostOtherwise += this.#flying.length;
      if (ok) this.#lostTold = lostTold;
      this.#flying = [];
      this.#failures = 0;
      if (this.#stored.length > 0) this.#save();
      this.#send();
    } else if (status === 413) {
      this.#batchEvents = Math.ceil(this.#flying.length / 2);
      this.#land();
      this.#send();
    } else if (status === 401 || status === 403 || status === 404) this.#stop(status);
    else this.#retry(Number(headers.get('retry-after')) * 1000);
  }

  /**
   * There was no answer, or none that this page may read: a refused origin or key has no CORS headers. Whether there is
   * a server, a request whose answer nobody reads tells.
   */
  #failed(): void {
    const { guard } = this.#options;
    if (navigator.onLine === false) {
      this.#retry(0);
      return;
    }
    this.#ask({ mode: 'no-cors' }).then(
      guard(() => {
        this.#refusals += 1;
        if (this.#refusals >= REFUSALS_MAX) this.#stop();
        else this.#retry(0);
      }, undefined),
      guard(() => this.#retry(0), undefined),
    );
  }

  #retry(retryAfterMs: number): void {
    this.#failures += 1;
    const wait = Math.max(retryDelayMs(this.#failures), Math.min(retryAfterMs || 0, RETRY_AFTER_MS_MAX));
    this.#notBefore = Date.now() + wait;
    this.#land();
    this.#save();
    this.#settle(false);
    this.#schedule(wait);
  }

  /** For this page; what waits is kept for the next one, by when the key may be right. */
  #stop(status?: number): void {
    const answer = status === undefined ? '' : ` (${status})`;
    this.stopped = `the server refuses what this page sends${answer}: it wants a browser key that lists ${location.origin}`;
    console.warn(`tailwater: ${this.stopped}. Nothing more is sent.`);
    this.#land();
    this.#save();
    this.#settle(false);
  }

  /** What was under way waits again. */
  #land(): void {
    this.#queue.putBack(this.#flying);
    this.#flying = [];
  }

  #settle(isSent: boolean): void {
    for (const resolve of this.#waiters.splice(0)) resolve(isSent);
  }

  #sendBeacons(): void {
    while (this.#queue.items.length > 0) {
      const lost = this.#lost();
      const items = this.#queue.take(this.#batchEvents, BATCH_BYTES);
      if (!navigator.sendBeacon(this.#options.endpoint, this.#body(items))) {
        this.#queue.putBack(items);
        return;
      }
      this.#lostTold = lost;
      this.sent += items.length;
    }
  }

  /** What is under way goes on without the page, and is stored only when it is likely to fail. */
  #save(): void {
    const items = [...(this.#failures > 0 ? this.#flying : []), ...this.#queue.items];
    if (items.length === 0 && this.#stored.length === 0) return;
    this.#stored = write('localStorage', this.#place, linesOf(items)) ? items : [];
  }

  /** Another page has taken what this one had stored, and sends it. */
  #forgetTaken(): void {
    if (this.#stored.length === 0 || read('localStorage', this.#place) !== null) return;
    const taken = new Set(this.#stored);
    this.#stored = [];
    this.#queue.keep(this.#queue.items.filter((item) => !taken.has(item)));
  }
}
