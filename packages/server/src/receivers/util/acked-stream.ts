import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext, Receipt } from '../receiver.ts';
import { readReply } from './acked-reply.ts';
import { ByteQueue } from './byte-queue.ts';
import { untilQuiet } from './quiet.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { Connection } from './tcp-listener.ts';

/** What a protocol whose clients wait for acknowledgements has to say of its stream. One object a connection. */
export interface AckedProtocol {
  format: string;
  secret: string | null;
  /** Written when the connection opens. */
  greeting?: Buffer;
  /** Reads the first message, in place of handing it over. A refusal is answered, noted, and ends the connection. */
  first?(message: Buffer): { answer: Buffer; refused: string | null };
  /**
   * The position behind the message that begins at `start`, -1 while it is not all there: then the next call is for
   * the same message. Throws PermanentError when no message begins so.
   */
  messageEnd(bytes: Buffer, start: number): number;
  /** What to write once the messages are durable. `acks` is what `decode` put into its AckedReply, at least one. */
  acknowledge(acks: readonly string[]): Buffer;
  /** Whether the sender waits for an acknowledgement, and so has the message still. */
  wantsAck(message: Buffer): boolean;
  /**
   * What to acknowledge of a message that will never be taken, of which a dead letter is kept: without, its sender would
   * send it again for ever. Null when that cannot be said. Asked only when `wantsAck`.
   */
  acksOfRefused(message: Buffer): readonly string[] | null;
  /** Told of messages that were taken, in order. */
  taken?(messages: Buffer): void;
  /** Written while a message waits, so that its sender does too. */
  keepAlive?: Buffer;
}

export interface AckedStreamOptions {
  context: ListenerContext;
  socket: Socket;
  remoteAddress: string;
  protocol: AckedProtocol;
}

/** Messages that came together are handed over together, to this size: each time costs a journal frame. */
const GROUP_BYTES_MAX = 1 << 20;
/** A message may stand still so long before it is given up with its connection. */
const STALLED_MS = 60_000;
/** Each is about a second after the one before. */
const HOLD_TRIES_MAX = 10;
const FIRST_MESSAGE_MS = 30_000;
const FIRST_MESSAGE_BYTES_MAX = 64 << 10;
/** Why a connection ends: the rest is up to the client, which sends again what was not acknowledged. */
const ENDED = new Error('the connection ended');

/**
 * A connection on which whole messages come one after another and are acknowledged once they are durable.
 *
 * It reads on only when what came before was accepted: the client feels backpressure through TCP. Messages that must be
 * tried again are, in order, for as long as the client is there; and after it has gone, if it did not ask for an
 * acknowledgement, since then it will not send them again.
 */
export class AckedStream implements Connection {
  private readonly options: AckedStreamOptions;
  private readonly queue = new ByteQueue();
  private isFirst: boolean;
  /** Set when no message begins behind those that are still to be handed over. */
  private broken: PermanentError | null = null;
  private isWorking = false;
  private isStopping = false;
  /** When something last came, of performance.now(). */
  private lastAt = 0;
  /** When the message at the end of the queue began to come, of performance.now(). */
  private sinceMs: number | null = null;
  readonly done: Promise<void>;

  constructor(options: AckedStreamOptions) {
    this.options = options;
    const { socket, protocol } = options;
    this.isFirst = protocol.first !== undefined;
    if (protocol.greeting !== undefined) socket.write(protocol.greeting);
    socket.setTimeout(this.isFirst ? FIRST_MESSAGE_MS : STALLED_MS, () => {
      if (!this.isWorking && (this.isFirst || this.queue.length > 0)) socket.destroy();
    });
    this.done = this.run();
  }

  partialSinceMs(): number | null {
    return this.isWorking ? null : this.sinceMs;
  }

  async finish(): Promise<void> {
    this.isStopping = true;
    // Who does not wait for acknowledgements will not send again what was not read yet.
    await untilQuiet(() => this.lastAt);
    if (!this.isWorking) this.options.socket.destroy();
    await this.done;
  }

  private async run(): Promise<void> {
    const { socket, context } = this.options;
    try {
      // Left open at the end: an answer may still be on its way.
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        this.isWorking = true;
        this.lastAt = performance.now();
        await this.take(chunk as Buffer);
        this.isWorking = false;
        if (this.isStopping && socket.readableLength === 0) break;
      }
    } catch {
      // The socket broke, or take() gave up and said why.
    } finally {
      this.isWorking = false;
      context.release(this.queue.length);
      this.queue.drop(this.queue.length);
      socket.end();
      socket.destroySoon();
    }
  }

  private async take(chunk: Buffer): Promise<void> {
    await this.hold(chunk.length);
    this.queue.append(chunk);
    this.sinceMs ??= performance.now();
    for (;;) {
      const lengths = this.nextGroup();
      if (lengths.length === 0) break;
      this.sinceMs = performance.now();
      if (this.isFirst) this.takeFirst(lengths[0]);
      else await this.send(lengths);
    }
    if (this.queue.length === 0) this.sinceMs = null;
  }

  /** Throws when there is no room, and none for some seconds: the client finds the connection closed. */
  private async hold(bytes: number): Promise<void> {
    const { context } = this.options;
    for (let tries = 1; ; tries++) {
      try {
        context.hold(bytes);
        return;
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        if (tries === HOLD_TRIES_MAX) this.refuse(error, null);
        // Also for a client that has gone: it may not have asked for an acknowledgement, and will not send again.
        await this.pause(error);
      }
    }
  }

  /** Lengths of the whole messages at the beginning of the queue, as many as go together. */
  private nextGroup(): number[] {
    const { protocol, context } = this.options;
    const bytes = this.queue.bytes();
    if (this.broken !== null) this.refuse(this.broken, bytes);
    const bytesMax = this.isFirst ? FIRST_MESSAGE_BYTES_MAX : context.limits.bodyBytesMax;
    const lengths: number[] = [];
    let start = 0;
    try {
      while (start < bytes.length && start < GROUP_BYTES_MAX) {
        const end = protocol.messageEnd(bytes, start);
        if ((end < 0 ? bytes.length : end) - start > bytesMax) throw tooLong(bytesMax);
        if (end < 0) break;
        lengths.push(end - start);
        start = end;
        if (this.isFirst) break;
      }
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      this.broken = error;
      // What came before is good.
      if (lengths.length === 0) this.refuse(error, bytes);
    }
    return lengths;
  }

  private takeFirst(length: number): void {
    const { socket, protocol } = this.options;
    const message = this.queue.copy(length);
    const { answer, refused } = protocol.first!(message);
    socket.write(answer);
    if (refused !== null) this.refuse(new PermanentError('unauthenticated', refused), null);
    this.consume(length);
    this.isFirst = false;
    socket.setTimeout(STALLED_MS);
  }

  /** Notes why nothing more is read, and throws. */
  private refuse(error: PermanentError | RetryableError, firstBytes: Buffer | null): never {
    const { context, remoteAddress } = this.options;
    const { code, message: reason } = error;
    context.count(code);
    context.note({
      remoteAddress,
      code,
      reason,
      ...(firstBytes === null ? {} : { firstBytes: Buffer.from(firstBytes.subarray(0, 512)) }),
    });
    throw ENDED;
  }

  /** Hands over the messages of these lengths and acknowledges them. Throws when the connection has to end. */
  private async send(lengths: readonly number[]): Promise<void> {
    const { socket, protocol } = this.options;
    const total = lengths.reduce((sum, length) => sum + length, 0);
    let receipt: Receipt;
    try {
      receipt = await this.accept(total, lengths);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      this.refused(error, lengths);
      return;
    }
    const { acks, end } = readReply(receipt.reply, total);
    this.consume(end);
    if (acks.length > 0 && socket.writable) socket.write(protocol.acknowledge(acks));
    if (end < total) await this.sendRest(lengths, end);
  }

  /** The message behind `end` stopped the reading: it goes alone, then those behind it. */
  private async sendRest(lengths: readonly number[], end: number): Promise<void> {
    let next = 0;
    for (let at = 0; at < end; next++) at += lengths[next];
    await this.send([lengths[next]]);
    if (next + 1 < lengths.length) await this.send(lengths.slice(next + 1));
  }

  /**
   * A message that will never be taken. `accept` has noted why and kept a dead letter, so a client that waits is told to
   * go on; not so one whose key is refused, which finds the connection closed.
   */
  private refused({ code }: PermanentError, lengths: readonly number[]): void {
    const { protocol, context, socket } = this.options;
    if (code === 'unauthenticated' || code === 'forbidden') throw ENDED;
    for (const length of lengths) {
      const message = this.queue.bytes().subarray(0, length);
      const acks = protocol.wantsAck(message) ? protocol.acksOfRefused(message) : [];
      if (acks === null) throw ENDED;
      context.count('message_refused');
      this.consume(length);
      if (acks.length > 0 && socket.writable) socket.write(protocol.acknowledge(acks));
    }
  }

  private async accept(total: number, lengths: readonly number[]): Promise<Receipt> {
    const { context, socket, protocol, remoteAddress } = this.options;
    const { format, secret } = protocol;
    for (;;) {
      try {
        return await context.accept({ body: this.queue.copy(total), format, secret, remoteAddress });
      } catch (error) {
        if (!(error instanceof RetryableError)) throw error;
        if (protocol.keepAlive !== undefined && socket.writable) socket.write(protocol.keepAlive);
        await this.pause(error);
      }
      if (!socket.destroyed) continue;
      if (protocol.wantsAck(this.queue.bytes().subarray(0, lengths[0]))) throw ENDED;
      if (!this.isStopping) continue;
      context.count('message_lost', lengths.length);
      throw ENDED;
    }
  }

  private async pause({ retryAfterMs }: RetryableError): Promise<void> {
    await sleep(retryDelayMs(retryAfterMs), undefined, { ref: false });
  }

  private consume(bytes: number): void {
    this.options.protocol.taken?.(this.queue.bytes().subarray(0, bytes));
    this.queue.drop(bytes);
    this.options.context.release(bytes);
  }
}

function tooLong(bytesMax: number): PermanentError {
  return new PermanentError('payload_too_large', `a message may have ${bytesMax} bytes (limits.bodyBytesMax)`);
}
