import { setTimeout as sleep } from 'node:timers/promises';
import { type ApiClient, ApiError } from './api-client.ts';
import { CliError, EXIT } from './cli-error.ts';

const BATCH_LINES_MAX = 500;
const BATCH_CHARACTERS_MAX = 1 << 20;
const BATCH_WAIT_MS = 200;
/** Kept while the server is slow or gone. */
const KEPT_LINES_MAX = 10_000;
const KEPT_CHARACTERS_MAX = 32 << 20;
const ANSWER_TIMEOUT_MS = 30_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
const FLUSH_MS = 5000;

export interface LineSenderOptions {
  /** Says something to the user, beside the lines. */
  note(message: string): void;
  batchWaitMs?: number;
  retryFirstMs?: number;
  flushMs?: number;
}

/**
 * Sends lines to `POST /api/logs` in the background, in their order. It never throws and never makes anyone wait: what
 * cannot be sent is kept up to a bound, then the oldest goes. Each kind of trouble is told once.
 */
export class LineSender {
  readonly #client: ApiClient;
  readonly #options: Required<LineSenderOptions>;
  readonly #stopping = new AbortController();
  readonly #told = new Set<string>();
  readonly #sent: Promise<void>;
  #lines: string[] = [];
  /** Lines before this one are gone already; cutting them off one by one would be slow. */
  #first = 0;
  #characters = 0;
  #lost = 0;
  #isEnding = false;
  /** Set by what makes sending pointless for good: a wrong key. */
  #isRefused = false;
  #wakers: (() => void)[] = [];

  constructor(client: ApiClient, options: LineSenderOptions) {
    this.#client = client;
    this.#options = { batchWaitMs: BATCH_WAIT_MS, retryFirstMs: RETRY_FIRST_MS, flushMs: FLUSH_MS, ...options };
    this.#sent = this.#sendAll();
  }

  /** A line of NDJSON, without its end. */
  add(line: string): void {
    if (this.#isRefused) {
      this.#lost++;
      return;
    }
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#waiting > KEPT_LINES_MAX || (this.#characters > KEPT_CHARACTERS_MAX && this.#waiting > 1))
      this.#drop();
    if (this.#waiting === 1 || this.#waiting >= BATCH_LINES_MAX) this.#wake();
  }

  /** Sends what is left, for 5 s at the most. Says how many lines were lost. */
  async finish(): Promise<void> {
    this.#isEnding = true;
    this.#wake();
    const deadline = setTimeout(() => this.#stopping.abort(), this.#options.flushMs);
    await this.#sent;
    clearTimeout(deadline);
    const lost = this.#lost + this.#waiting;
    if (lost > 0) this.#options.note(lost === 1 ? '1 line was not sent' : `${lost} lines were not sent`);
  }

  get #waiting(): number {
    return this.#lines.length - this.#first;
  }

  #drop(): void {
    this.#characters -= this.#lines[this.#first]!.length;
    this.#lines[this.#first++] = '';
    this.#lost++;
    if (this.#first >= KEPT_LINES_MAX) this.#compact();
    this.#tellOnce('dropped', 'lines come faster than the server takes them: the oldest are dropped');
  }

  #compact(): void {
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }

  #take(): string[] {
    let count = 0;
    let characters = 0;
    for (const end = Math.min(this.#waiting, BATCH_LINES_MAX); count < end; count++) {
      const { length } = this.#lines[this.#first + count]!;
      if (count > 0 && characters + length > BATCH_CHARACTERS_MAX) break;
      characters += length;
    }
    const batch = this.#lines.slice(this.#first, this.#first + count);
    this.#first += count;
    this.#characters -= characters;
    this.#compact();
    return batch;
  }

  async #sendAll(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      if (this.#waiting === 0) {
        if (this.#isEnding) return;
        await this.#woken();
        continue;
      }
      if (this.#waiting < BATCH_LINES_MAX && !this.#isEnding) await this.#batchReady();
      const batch = this.#take();
      if (batch.length > 0 && !(await this.#deliver(batch))) this.#lost += batch.length;
    }
  }

  #woken(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wakers.push(resolve);
    return promise;
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }

  async #batchReady(): Promise<void> {
    const full = this.#woken();
    const waited = new AbortController();
    await Promise.race([
      full,
      sleep(this.#options.batchWaitMs, undefined, { signal: waited.signal }).catch(() => undefined),
    ]);
    waited.abort();
  }

  /** Sends the batch until the server took it or never will. Answers whether it did. */
  async #deliver(batch: readonly string[]): Promise<boolean> {
    const body = `${batch.join('\n')}\n`;
    const { signal } = this.#stopping;
    let waitMs = this.#options.retryFirstMs;
    while (!signal.aborted && !this.#isRefused) {
      const wasEnding = this.#isEnding;
      try {
        await this.#post(body);
        return true;
      } catch (error) {
        const again = this.#tell(error);
        if (again === null) return false;
        // A server that is gone is asked once more at the end, and then nobody waits for it.
        if (wasEnding && again.isGone) break;
        await this.#pause(again.afterMs ?? waitMs);
        waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
      }
    }
    if (this.#isEnding) this.#stopping.abort();
    return false;
  }

  async #post(body: string): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const answer = await this.#client.json('/api/logs', { method: 'POST', body, signal });
    const rejected = Array.isArray(answer.rejected) ? (answer.rejected as { error?: unknown }[]) : [];
    if (rejected.length === 0) return;
    this.#lost += typeof answer.rejected_total === 'number' ? answer.rejected_total : rejected.length;
    this.#tellOnce('rejected', `the server rejected a line: ${String(rejected[0]!.error)}`);
  }

  /** Tells what went wrong. Null when sending the same again cannot help. */
  #tell(error: unknown): { isGone: boolean; afterMs: number | null } | null {
    if (this.#stopping.signal.aborted) return { isGone: true, afterMs: null };
    if (error instanceof ApiError) {
      if ([408, 429].includes(error.status) || error.status >= 500) {
        this.#tellOnce('later', `the server takes no lines for now, they are kept: ${error.message}`);
        return { isGone: false, afterMs: error.retryAfterMs };
      }
      if ([401, 403, 404].includes(error.status)) this.#isRefused = true;
      this.#tellOnce('refused', `lines were not sent: ${error.message}`);
      return null;
    }
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) {
      this.#tellOnce('gone', `${error.message} The output is passed through; its newest lines are kept to be sent.`);
      return { isGone: true, afterMs: null };
    }
    this.#isRefused = true;
    this.#tellOnce('refused', `lines were not sent: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }

  /** Waits to try again; when the end comes meanwhile, that is tried at once. */
  async #pause(waitMs: number): Promise<void> {
    if (this.#isEnding && waitMs >= this.#options.flushMs) return this.#stopping.abort();
    const waited = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, waited.signal]);
    const over = sleep(waitMs, undefined, { signal }).catch(() => undefined);
    await (this.#isEnding ? over : Promise.race([over, this.#ended()]));
    waited.abort();
  }

  async #ended(): Promise<void> {
    while (!this.#isEnding) await this.#woken();
  }

  #tellOnce(kind: string, message: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    this.#options.note(message);
  }
}
