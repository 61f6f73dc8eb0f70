import { hostname } from 'node:os';
import { isKnownError, RetryableError } from './errors.ts';
import type { OwnLog } from './own-log.ts';

type Level = 'info' | 'warn' | 'error';

/** Takes NDJSON as an ordinary sender's. Rejects with RetryableError when it may be sent again. */
export type SubmitOwnEvents = (body: Buffer) => Promise<void>;

export interface OwnEventsOptions {
  /** Told how many messages were left out. */
  onDropped: (count: number) => void;
  nowMs?: () => number;
}

/** Messages that wait at most: until ingest is open, or while it takes nothing. */
const PENDING_MAX = 500;
/** The same message again within it is counted, not sent. */
const REPEAT_MS = 60_000;
/** Different messages within REPEAT_MS: with PENDING_MAX all that a fault without end can make of itself. */
const MESSAGES_MAX = 200;
const FLUSH_MS = 200;
const RETRY_MS = 5000;
const CLOSE_MS = 1000;
const TEXT_CHARACTERS_MAX = 4000;

/**
 * The server's own messages as events, so that they are found where all others are. Nobody ever waits for it, and it
 * says nothing itself: what cannot be taken is counted, or a fault of ingest would feed on itself.
 */
export class OwnEvents {
  readonly #options: OwnEventsOptions;
  readonly #nowMs: () => number;
  #pending: string[] = [];
  #submit: SubmitOwnEvents | null = null;
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> | null = null;
  #isClosed = false;
  #dropped = 0;
  /** By message: until when it is not sent again, and how often it came meanwhile. */
  readonly #recent = new Map<string, { untilMs: number; count: number }>();

  constructor(options: OwnEventsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
  }

  /** Takes a message; it is sent later, if at all. */
  note(level: Level, details: Record<string, unknown>, message: string): void {
    if (this.#isClosed) return;
    const repeated = this.#repeatsOf(message);
    if (repeated === null) return;
    this.#pending.push(lineOf(level, message, { ...attributesOf(details), ...repeated }, this.#nowMs()));
    if (this.#pending.length > PENDING_MAX) {
      this.#pending.shift();
      this.#drop(1);
    }
    this.#schedule(FLUSH_MS);
  }

  /** From now on there is somebody to send to. */
  start(submit: SubmitOwnEvents): void {
    this.#submit = submit;
    this.#schedule(0);
  }

  /** Sends what waits, for a second at most. What comes later is not taken. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const late = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    const sent = (this.#sending ?? Promise.resolve()).then(() => this.#flush());
    await Promise.race([sent, late]);
  }

  #repeatsOf(message: string): { repeated?: number } | null {
    const nowMs = this.#nowMs();
    const before = this.#recent.get(message);
    if (before !== undefined && before.untilMs > nowMs) {
      before.count += 1;
      return null;
    }
    if (this.#recent.size >= MESSAGES_MAX) {
      for (const [text, { untilMs }] of this.#recent) if (untilMs <= nowMs) this.#recent.delete(text);
    }
    if (this.#recent.size >= MESSAGES_MAX) {
      this.#drop(1);
      return null;
    }
    this.#recent.set(message, { untilMs: nowMs + REPEAT_MS, count: 0 });
    return before === undefined || before.count === 0 ? {} : { repeated: before.count };
  }

  #drop(count: number): void {
    this.#dropped += count;
    this.#options.onDropped(count);
  }

  #schedule(afterMs: number): void {
    if (this.#submit === null || this.#timer !== null || this.#sending !== null || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#sending = this.#flush().then((again) => {
        this.#sending = null;
        if (this.#pending.length > 0) this.#schedule(again);
      });
    }, afterMs);
    this.#timer.unref();
  }

  /** Never rejects. Answers how long to wait with the next. */
  async #flush(): Promise<number> {
    if (this.#submit === null || this.#pending.length === 0) return FLUSH_MS;
    const lines = this.#pending;
    const dropped = this.#dropped;
    const told = dropped === 0 ? [] : [lineOf('warn', DROPPED, { count: dropped }, this.#nowMs())];
    this.#pending = [];
    try {
      await this.#submit(Buffer.from([...told, ...lines].join('')));
      this.#dropped -= dropped;
      return FLUSH_MS;
    } catch (error) {
      if (!(error instanceof RetryableError)) this.#drop(lines.length);
      else this.#putBack(lines);
      return RETRY_MS;
    }
  }

  #putBack(lines: readonly string[]): void {
    const all = [...lines, ...this.#pending];
    this.#pending = all.slice(-PENDING_MAX);
    if (all.length > PENDING_MAX) this.#drop(all.length - PENDING_MAX);
  }
}

const DROPPED = 'messages of the server were left out: more came than are kept';

/** The log, of which `events` has everything but debug messages too. */
export function withOwnEvents(log: OwnLog, events: OwnEvents): OwnLog {
  const both =
    (level: Level): OwnLog[Level] =>
    (details, message) => {
      log[level](details, message);
      events.note(level, details, message);
    };
  return {
    debug: (...said) => log.debug(...said),
    info: both('info'),
    warn: both('warn'),
    error: both('error'),
    milestone(details, message) {
      log.milestone(details, message);
      events.note('info', details, message);
    },
  };
}

function lineOf(severity: Level, message: string, attributes: Record<string, unknown>, atMs: number): string {
  const event = {
    timestamp: new Date(atMs).toISOString(),
    severity,
    message: message.slice(0, TEXT_CHARACTERS_MAX),
    service: 'tailwater',
    log_type: 'deployment',
    logger: 'tailwater',
    host: hostname(),
    attributes,
  };
  return `${JSON.stringify(event)}\n`;
}

/** Details that say that a message is about what somebody sent or asked. */
const OF_REQUESTS = ['request_id', 'receiver', 'delete_request'];

/**
 * An error under OpenTelemetry's names. These events belong to the org of who runs the server; the words of an error that
 * somebody's request met may hold what that other org sent or asked, and stay in the log on stderr.
 */
function attributesOf({ err, ...details }: Record<string, unknown>): Record<string, unknown> {
  const attributes = Object.fromEntries(Object.entries(details).map(([name, value]) => [name, plain(value)]));
  if (!(err instanceof Error)) return attributes;
  attributes['exception.type'] = err.name;
  if (isKnownError(err)) attributes['error.code'] = err.code;
  if (OF_REQUESTS.some((name) => name in details)) return attributes;
  attributes['exception.message'] = err.message.slice(0, TEXT_CHARACTERS_MAX);
  if (!isKnownError(err)) attributes['exception.stacktrace'] = err.stack?.slice(0, TEXT_CHARACTERS_MAX);
  return attributes;
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, TEXT_CHARACTERS_MAX);
  return typeof value === 'bigint' ? String(value) : value;
}
