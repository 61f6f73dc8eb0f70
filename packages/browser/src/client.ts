import { captureFaults } from './capture.ts';
import { createGuard } from './guard.ts';
import { isSampled, randomHex, traceparent } from './ids.ts';
import { Repeats } from './repeats.ts';
import { Sender } from './sender.ts';
import { read, write } from './store.ts';
import { addToLine, writeLine } from './text.ts';
import { traceRequests } from './trace.ts';
import type { BrowserOptions, BrowserStats, BrowserTailwater, Consent, EmitEvent, Metadata } from './types.ts';

const SESSION = 'tailwater.session';
const HEX_32 = /^[\da-f]{32}$/;

/** A line that waits for consent. */
interface Held {
  line: string;
  isError: boolean;
}

/** The client of one page. The constructor throws when the options make no sense; nothing later does. */
export class Client implements BrowserTailwater {
  readonly #options: BrowserOptions;
  readonly #guard = createGuard();
  readonly #pageId = randomHex(16);
  readonly #queueMax: number;
  readonly #sender: Sender;
  readonly #repeats: Repeats;
  readonly #undo: (() => void)[];
  #traceId = randomHex(16);
  /** There is one once consent is given. */
  #sessionId = '';
  #userId: string | undefined;
  #consent: Consent = 'pending';
  #held: Held[] = [];
  #heldLost = 0;
  #number = 0;
  #hasEnded = false;

  constructor(options: BrowserOptions) {
    const { service, trace = false, maxQueue = 200, flushIntervalMs = 2_000 } = options;
    this.#options = options;
    this.#queueMax = maxQueue;
    const guard = this.#guard;
    const base = new URL(options.url, location.href).href.replace(/\/+$/, '');
    const endpoint = `${base}/api/browser/logs?key=${encodeURIComponent(options.key)}`;
    this.#sender = new Sender({
      endpoint,
      prefix: `tailwater.queue.${service}.`,
      pageId: this.#pageId,
      queueMax: maxQueue,
      flushIntervalMs,
      guard,
      fetch: window.fetch.bind(window),
      lostLine: (count) => this.#lostLine(count),
    });
    this.#repeats = new Repeats(
      (event) => this.#take(event),
      (run, ms) => setTimeout(guard(run, undefined), ms),
    );
    const guarded = <A extends unknown[]>(run: (...args: A) => void) => guard(run, undefined);
    this.#undo = [captureFaults(options, this.#repeats, guarded), this.#listen()];
    if (trace) this.#undo.push(traceRequests(window, trace === true ? [] : trace, () => this.#header()));
    this.emit = guarded((event: EmitEvent) => this.#take(event));
    this.setUser = guarded((userId?: string) => {
      this.#userId = userId;
    });
    this.setConsent = guarded((isGiven: boolean) => this.#decide(isGiven));
    this.flush = guard(() => this.#sender.flush(), Promise.resolve(false));
    this.close = guarded(() => this.#end());
    if (typeof options.consent === 'boolean') this.setConsent(options.consent);
  }

  emit: (event: EmitEvent) => void;
  setUser: (userId?: string) => void;
  setConsent: (isGiven: boolean) => void;
  flush: () => Promise<boolean>;
  close: () => void;

  startTrace(): string {
    this.#traceId = randomHex(16);
    return this.#traceId;
  }

  stats(): BrowserStats {
    const counts = this.#sender.counts();
    return { ...counts, waiting: counts.waiting + this.#held.length, lost: counts.lost + this.#heldLost };
  }

  #listen(): () => void {
    const guard = this.#guard;
    const sender = this.#sender;
    const hide = guard(() => this.#hide(), undefined);
    const change = () => document.visibilityState === 'hidden' && hide();
    const online = guard(() => sender.online(), undefined);
    addEventListener('pagehide', hide);
    addEventListener('online', online);
    document.addEventListener('visibilitychange', change);
    return () => {
      removeEventListener('pagehide', hide);
      removeEventListener('online', online);
      document.removeEventListener('visibilitychange', change);
    };
  }

  #hide(): void {
    this.#repeats.tellAll();
    if (this.#consent === true) this.#sender.hide();
  }

  /** Of the request that is about to be made: none before consent, and none after the end. */
  #header(): string | undefined {
    return this.#consent === true && !this.#hasEnded ? traceparent(this.#traceId) : undefined;
  }

  #take(given: EmitEvent): void {
    if (this.#consent === false || this.#hasEnded) return;
    const { service, beforeEmit } = this.#options;
    const own = { userId: this.#userId, traceId: this.#options.trace ? this.#traceId : undefined };
    const event = { ...own, timestamp: Date.now(), ...given, metadata: { ...this.#surroundings(), ...given.metadata } };
    const changed = beforeEmit === undefined ? event : beforeEmit(event);
    if (changed === null) return;
    const line = writeLine(changed, service, this.#nextId(), { page_id: this.#pageId });
    const isError = changed.severity === 'error' || changed.severity === 'critical';
    if (this.#consent === true) {
      this.#push({ line, isError });
      return;
    }
    this.#held.push({ line, isError });
    if (this.#held.length <= this.#queueMax) return;
    this.#held.shift();
    this.#heldLost += 1;
  }

  /** Where the page is and what it is of; of addresses neither query nor fragment. */
  #surroundings(): Metadata {
    const { release, environment } = this.#options;
    const referrer = document.referrer.replace(/[?#].*/, '') || undefined;
    return { page: location.pathname, referrer, release, environment };
  }

  #nextId(): string {
    this.#number += 1;
    return `${this.#pageId}-${this.#number}`;
  }

  #push({ line, isError }: Held): void {
    const { sampleRate = 1, sampleErrors = false } = this.#options;
    if ((isError && !sampleErrors) || isSampled(this.#sessionId, sampleRate)) {
      this.#sender.push(addToLine(line, 'session_id', this.#sessionId));
    }
  }

  #lostLine(count: number): string {
    const event = { eventType: 'events_lost', severity: 'warn', message: `${count} events were lost` } as const;
    return writeLine(event, this.#options.service, this.#nextId(), { lost: count, page_id: this.#pageId });
  }

  #decide(isGiven: boolean): void {
    const sender = this.#sender;
    if (isGiven === this.#consent || this.#hasEnded) return;
    this.#consent = isGiven;
    const held = this.#held.splice(0);
    if (isGiven) {
      const known = read('sessionStorage', SESSION) ?? '';
      this.#sessionId = HEX_32.test(known) ? known : randomHex(16);
      write('sessionStorage', SESSION, this.#sessionId);
      sender.lostOtherwise += this.#heldLost;
      this.#heldLost = 0;
      sender.adopt();
      for (const item of held) this.#push(item);
    } else {
      write('sessionStorage', SESSION, '');
      sender.clear();
    }
  }

  #end(): void {
    this.#hide();
    this.#hasEnded = true;
    for (const back of this.#undo) back();
  }
}
