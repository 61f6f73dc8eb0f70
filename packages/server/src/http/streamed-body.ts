import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Receipt } from '../receivers/receiver.ts';
import { isKnownError, PermanentError, RetryableError } from '../runtime/errors.ts';
import type { Resumption } from './resumption.ts';

/** What is collected before it is handed over. Large enough that the frame costs little, small enough to hold two. */
const PIECE_BYTES = 4 << 20;
/** How long an event waits for more of them. */
const FLUSH_AFTER_MS = 1000;
/** How long one piece is tried again, because the client would send all before it once more. */
const PATIENCE_MS = 60_000;
const REJECTIONS_MAX = 100;

export interface StreamedBodyOptions {
  /** As in receivers/receiver.ts. */
  split(bytes: Buffer): number;
  /** Resolves once the events are durable. The buffer is given away. Rejects with PermanentError or RetryableError. */
  submit(piece: Buffer): Promise<Receipt>;
  /** Count bytes that are kept. `hold` throws RetryableError beyond the limit. */
  hold(bytes: number): void;
  release(bytes: number): void;
  /** Largest single event, expanded: limits.bodyBytesMax. */
  eventBytesMax: number;
  /** Aborts when the server stops. */
  stopping: AbortSignal;
  /** Given the first chunk: what is known of the body from before. */
  resume(first: Buffer): Resumption;
}

/**
 * A body without an end, taken piece by piece while it comes: at most one piece is on its way to the journal and one
 * being collected. The sender is held up by not being read.
 */
export class StreamedBody {
  /** What the pieces so far came to. */
  receipt: Receipt = { accepted: 0, rejectedCount: 0, rejections: [], position: null };
  /** The body's first bytes, expanded. */
  firstBytes = Buffer.alloc(0);
  private readonly source: Readable;
  private readonly options: StreamedBodyOptions;
  private chunks: Buffer[] = [];
  /** Bytes of `chunks`. */
  private collected = 0;
  /** Bytes at which the next piece is looked for. */
  private pieceBytes: number;
  /** Counted by `hold`. */
  private held = 0;
  private pieces = 0;
  private submitting: Promise<void> = Promise.resolve();
  private resumption: Resumption | null = null;
  private hasEnded = false;
  /** Why no more is taken. */
  private failure: Error | null = null;
  private flushTimer: NodeJS.Timeout | null = null;
  private isFlushDue = false;
  private wake: () => void = () => {};

  constructor(source: Readable, options: StreamedBodyOptions) {
    this.source = source;
    this.options = options;
    this.pieceBytes = Math.min(PIECE_BYTES, options.eventBytesMax);
  }

  /** Whether the sender is in the midst of its first event: others may take their time. */
  get isFirstUnfinished(): boolean {
    return this.pieces === 0 && this.collected > 0;
  }

  /**
   * Resolves with the sum of the receipts at the end of the body. Rejects with PermanentError or RetryableError: of what
   * came before, all whole events are durable unless they were what failed.
   */
  async read(): Promise<Receipt> {
    const stopListening = this.listen();
    try {
      await this.takeAll();
      if (this.failure !== null) throw await this.endEarly(this.failure);
      await this.resumption?.end();
      if (this.collected > 0 || this.pieces === 0) await this.handOver(this.collectedBytes(), this.collected, true);
      await this.submitting;
      await this.resumption?.forget();
      return this.receipt;
    } catch (error) {
      await this.submitting.catch(() => {});
      throw this.explained(error);
    } finally {
      stopListening();
      this.options.release(this.held);
    }
  }

  private listen(): () => void {
    const { source, options } = this;
    const onReadable = () => this.wake();
    const onEnd = () => {
      this.hasEnded = true;
      this.wake();
    };
    const onError = (error: Error) => this.fail(isKnownError(error) ? error : cutShort());
    const onCut = () => this.fail(cutShort());
    const onStop = () => this.fail(new RetryableError('shutting_down', 'the server is stopping', 1000));
    source.on('readable', onReadable).on('end', onEnd).on('error', onError).on('aborted', onCut);
    options.stopping.addEventListener('abort', onStop);
    if (options.stopping.aborted) onStop();
    return () => {
      source.off('readable', onReadable).off('end', onEnd).off('aborted', onCut);
      options.stopping.removeEventListener('abort', onStop);
      if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    };
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  /** Until the end, or until nothing more is to be taken. */
  private async takeAll(): Promise<void> {
    while (this.failure === null) {
      const chunk = this.source.read() as Buffer | null;
      if (chunk !== null) {
        await this.take(chunk);
      } else if (this.isFlushDue) {
        this.isFlushDue = false;
        await this.flush();
      } else if (this.hasEnded) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }

  private async take(received: Buffer): Promise<void> {
    if (this.resumption === null) {
      this.firstBytes = Buffer.from(received.subarray(0, 512));
      this.resumption = this.options.resume(received);
    }
    const chunk = await this.resumption.pass(received);
    this.countResumed();
    if (chunk.length === 0) return;
    await this.patiently(() => this.options.hold(chunk.length));
    this.held += chunk.length;
    this.chunks.push(chunk);
    this.collected += chunk.length;
    if (this.collected >= this.pieceBytes) await this.flush();
    if (this.collected > 0) this.startFlushTimer();
  }

  /** What was passed over is the first piece. */
  private countResumed(): void {
    const resumed = this.resumption?.receipt ?? null;
    if (resumed === null || this.pieces > 0) return;
    this.pieces = 1;
    this.receipt = { ...resumed };
  }

  private startFlushTimer(): void {
    this.flushTimer ??= setTimeout(() => {
      this.flushTimer = null;
      this.isFlushDue = true;
      this.wake();
    }, FLUSH_AFTER_MS);
  }

  /** Hands over what is whole. Throws `payload_too_large` for an event over the limit. */
  private async flush(): Promise<void> {
    const bytes = this.collectedBytes();
    const end = this.options.split(bytes);
    if (end > 0) return this.handOver(bytes, end);
    const { eventBytesMax } = this.options;
    if (bytes.length > eventBytesMax) {
      throw new PermanentError(
        'payload_too_large',
        `an event has more than ${eventBytesMax} bytes (limits.bodyBytesMax)`,
      );
    }
    // Looking again at every chunk would read a large event over and over.
    this.pieceBytes = Math.min(Math.max(this.pieceBytes, bytes.length * 2), eventBytesMax + 1);
  }

  private collectedBytes(): Buffer {
    if (this.chunks.length !== 1) this.chunks = [Buffer.concat(this.chunks, this.collected)];
    return this.chunks[0];
  }

  private async handOver(bytes: Buffer, end: number, isLast = false): Promise<void> {
    if (this.flushTimer !== null) clearTimeout(this.flushTimer);
    this.flushTimer = null;
    this.isFlushDue = false;
    this.pieceBytes = Math.min(PIECE_BYTES, this.options.eventBytesMax);
    // Copied, so that the piece's memory does not live as long as what is left of it.
    this.chunks = end < bytes.length ? [Buffer.from(bytes.subarray(end))] : [];
    this.collected = bytes.length - end;
    await this.submitting;
    this.pieces++;
    this.submitting = this.submitPiece(bytes.subarray(0, end), isLast);
    this.submitting.catch((error: Error) => this.fail(error));
  }

  private async submitPiece(piece: Buffer, isLast: boolean): Promise<void> {
    // A copy: it has to be there still when it has to be sent again.
    const receipt = await this.patiently(() => this.options.submit(Buffer.from(piece)));
    this.options.release(piece.length);
    this.held -= piece.length;
    addReceipt(this.receipt, receipt);
    if (!isLast) await this.resumption?.taken(piece, this.receipt);
  }

  /** Whole events that were collected are taken; the client has no answer for them yet, and may never send them again. */
  private async endEarly(failure: Error): Promise<Error> {
    await this.submitting;
    const bytes = this.collectedBytes();
    const end = this.options.split(bytes);
    if (end > 0) await this.handOver(bytes, end);
    await this.submitting;
    return failure;
  }

  /**
   * What may go better later is tried again for a while, once something is durable: an answer would make the client send
   * all of that again. Before that the client is told at once.
   */
  private async patiently<T>(act: () => T | Promise<T>): Promise<T> {
    const { stopping } = this.options;
    for (let waitedMs = 0; ; ) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof RetryableError) || this.receipt.position === null || stopping.aborted) throw error;
        const waitMs = Math.max(100, error.retryAfterMs);
        waitedMs += waitMs;
        if (waitedMs > PATIENCE_MS) throw error;
        await delay(waitMs, undefined, { signal: stopping }).catch(() => {
          throw error;
        });
      }
    }
  }

  /** The error, with how far the body came. */
  private explained(error: unknown): unknown {
    const { accepted } = this.receipt;
    if (accepted === 0 || !isKnownError(error)) return error;
    const message = `${error.message}; the ${accepted} events before that were accepted`;
    return error instanceof PermanentError
      ? new PermanentError(error.code, message, error.field)
      : new RetryableError(error.code, message, error.retryAfterMs);
  }
}

function addReceipt(sum: Receipt, receipt: Receipt): void {
  const before = sum.accepted + sum.rejectedCount;
  const shifted = receipt.rejections.map((rejection) => ({ ...rejection, index: rejection.index + before }));
  sum.rejections = [...sum.rejections, ...shifted].slice(0, REJECTIONS_MAX);
  sum.accepted += receipt.accepted;
  sum.rejectedCount += receipt.rejectedCount;
  sum.position = receipt.position ?? sum.position;
}

const cutShort = () => new PermanentError('invalid_body', 'the body ended before its length');
