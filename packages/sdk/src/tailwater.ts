import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { contexts, mergeContexts, writeContext } from './context.ts';
import { Emitter } from './emitter.ts';
import { type Ending, handleEnds } from './ends.ts';
import { readEnvironment } from './environment.ts';
import { Levels } from './levels.ts';
import { LineOutput } from './line-output.ts';
import { createLogger } from './logger.ts';
import { resolveSettings, type Settings } from './options.ts';
import { activeSpan } from './otel.ts';
import { Outbox } from './outbox.ts';
import { prettyLine } from './pretty.ts';
import { Redactor } from './redactor.ts';
import { Ring } from './ring.ts';
import { Sampler } from './sampler.ts';
import { rankOf } from './severity.ts';
import { Trouble } from './trouble.ts';
import type { Context, EmitEvent, Logger, Severity, Tailwater, TailwaterOptions, TailwaterStats } from './types.ts';

const SDK = 'node/0.1.0';
const STDOUT = 1;
/** Events that are prepared in one turn of the event loop: about two milliseconds' work. */
const TURN_EVENTS_MAX = 1_000;
const FLUSH_TIMEOUT_MS = 10_000;
const POLL_MS = 5;

/** Starts a client. One for a program is enough: it has a number, a connection and handlers of the program's end. */
export function createTailwater(options: TailwaterOptions = {}): Tailwater {
  return new Client(options);
}

class Client implements Tailwater, Ending {
  private readonly settings: Settings;
  private readonly trouble: Trouble;
  private readonly producerId = randomUUID();
  private readonly levels: Levels;
  private readonly ring: Ring;
  private readonly emitter: Emitter;
  private readonly redactor: Redactor | undefined;
  private readonly output: LineOutput | undefined;
  private readonly outbox: Outbox | undefined;
  private readonly unhandleEnds: () => void;
  private readonly unpreparedMax: number;
  private isScheduled = false;
  /** One after the last event when it finished last. */
  private finishedTo = 0;

  constructor(options: TailwaterOptions) {
    this.trouble = new Trouble(options.onTrouble);
    this.settings = resolveSettings(options, {
      environment: readEnvironment(),
      isTerminal: isatty(STDOUT),
      onTrouble: (message) => this.trouble.report(message, message),
    });
    const { settings } = this;
    this.levels = new Levels(settings.level, settings.levels);
    this.ring = new Ring(settings.ringEvents);
    this.unpreparedMax = Math.ceil(settings.ringEvents / 2);
    this.redactor = settings.redactRulesOff === undefined ? undefined : new Redactor(settings.redactRulesOff);
    this.output = settings.stdout === 'off' ? undefined : new LineOutput(STDOUT);
    this.emitter = new Emitter({
      settings,
      levels: this.levels,
      sampler: new Sampler(settings.sample),
      ring: this.ring,
      onPushed: () => this.schedule(),
    });
    this.outbox = this.openOutbox();
    this.unhandleEnds = settings.handleExit ? handleEnds(this) : () => {};
  }

  private openOutbox(): Outbox | undefined {
    const { settings, ring, levels, trouble, producerId: id } = this;
    const { url, name, service, host } = settings;
    if (url === undefined) return undefined;
    return new Outbox({
      settings: { ...settings, url },
      producer: { id, name, service, host, sdk: SDK },
      ring,
      levels,
      trouble,
    });
  }

  emit(event: EmitEvent): void {
    this.emitter.emit(event, undefined, undefined);
  }

  logger(category: string, context?: Context): Logger {
    const own = context === undefined ? undefined : writeContext(mergeContexts(undefined, context));
    return createLogger(this.emitter, this.emitter.state(category, category), own);
  }

  withContext<T>(context: Context, run: () => T): T {
    return contexts.run(writeContext(mergeContexts(contexts.getStore()?.context, context)), run);
  }

  context(): Context | undefined {
    const context = contexts.getStore()?.context;
    const span = activeSpan();
    return span === undefined ? context : { ...context, traceId: span.traceId, spanId: span.spanId };
  }

  setLevel(logger: string, level: Severity, forMs?: number): void {
    this.levels.setOwn(logger, level, forMs);
  }

  isEnabled(severity: Severity, logger = ''): boolean {
    return this.emitter.isEnabled(this.emitter.state(logger, logger), rankOf(severity));
  }

  /**
   * Lines are prepared after the caller is through, many at a time. One who emits thousands without a pause does some of
   * that work himself: otherwise stdout would miss what the ring cannot hold.
   */
  private schedule(): void {
    if (this.ring.next - this.ring.prepared >= this.unpreparedMax) this.prepare(TURN_EVENTS_MAX);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(this.turn);
  }

  private readonly turn = (): void => {
    this.isScheduled = false;
    this.prepare(TURN_EVENTS_MAX);
    if (this.ring.prepared < this.ring.next) this.schedule();
  };

  /** Redacts the next lines, writes them to stdout, and lets them be sent. */
  private prepare(eventsMax: number): void {
    const { ring, redactor, output, settings } = this;
    const last = Math.min(ring.next, ring.prepared + eventsMax);
    while (ring.prepared < last) {
      const line = redactor?.redact(ring.unprepared, ring.scanFrom) ?? ring.unprepared;
      ring.prepare(line);
      if (output === undefined) continue;
      if (settings.stdout === 'pretty') output.add(prettyLine(line, settings.colours));
      else if (redactor !== undefined && redactor.length > 0) output.addBytes(redactor.scratch, redactor.length);
      else output.add(line);
    }
    if (this.outbox === undefined) ring.discard();
    else this.outbox.notify();
  }

  async flush(timeoutMs: number = FLUSH_TIMEOUT_MS): Promise<boolean> {
    return this.flushTo(this.ring.next, performance.now() + timeoutMs);
  }

  private async flushTo(target: number, deadline: number): Promise<boolean> {
    this.prepare(target - this.ring.prepared);
    const isSafe = (await this.outbox?.flush(target, deadline)) ?? true;
    while (this.output?.isIdle === false && performance.now() < deadline) await delay(POLL_MS);
    return isSafe;
  }

  get isPending(): boolean {
    return this.ring.next !== this.finishedTo;
  }

  async finish(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    this.finishedTo = this.ring.next;
    await this.flushTo(this.finishedTo, deadline);
    await this.outbox?.finish(deadline);
  }

  async close(timeoutMs: number = FLUSH_TIMEOUT_MS): Promise<void> {
    this.emitter.isClosed = true;
    await this.finish(timeoutMs);
    this.unhandleEnds();
    this.levels.close();
    this.outbox?.close();
  }

  saveSync(): void {
    try {
      this.prepare(Number.POSITIVE_INFINITY);
      this.output?.flushSync();
      this.outbox?.saveSync();
    } catch (error) {
      this.trouble.report('end', `events may be lost at the program's end: ${(error as Error).message}`);
    }
  }

  onUncaught(error: Error, origin: string): void {
    this.emit({
      logger: 'process',
      eventType: origin === 'unhandledRejection' ? 'unhandled_rejection' : 'uncaught_exception',
      severity: 'critical',
      message: error instanceof Error ? error.message : String(error),
      metadata: { exception: error },
    });
  }

  stats(): TailwaterStats {
    const { ring, emitter, outbox } = this;
    return {
      producerId: this.producerId,
      emitted: ring.next,
      delivered: outbox?.sender.delivered ?? 0,
      rejected: outbox?.sender.rejected ?? 0,
      waiting: outbox?.waiting ?? 0,
      spooled: outbox?.spool?.waiting ?? 0,
      lost: outbox?.lost() ?? {},
      sampled: emitter.sampled,
      dropped: emitter.dropped,
      failed: emitter.failed,
      truncated: emitter.truncated,
      redacted: this.redactor?.count ?? 0,
      stdoutLost: (this.output?.lost ?? 0) + (this.output === undefined ? 0 : ring.unseen),
      spoolDamaged: outbox?.spool?.damaged ?? 0,
      retries: outbox?.sender.retries ?? 0,
      trouble: outbox?.sender.trouble || this.trouble.last,
    };
  }
}
