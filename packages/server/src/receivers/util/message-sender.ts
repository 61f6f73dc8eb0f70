import type { Socket } from 'node:net';
import { RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext } from '../receiver.ts';
import { MessageJoiner, type PeerMessage } from './framed.ts';
import { retryDelayMs } from './retry-delay.ts';

export interface MessageSenderOptions {
  secret: string | null;
  /** What `decode` is told. */
  format: string;
  /**
   * For senders that cannot be made to wait: beyond so many bytes messages are dropped, and counted. Without it
   * nothing ever is: the caller throttles its sockets.
   */
  dropAboveBytes?: number;
}

/** Bytes of one body. */
const BODY_BYTES_MAX = 1 << 20;
/** Sockets pause above, and go on below half of it. */
const PENDING_BYTES_MAX = 1 << 20;
/** UDP has nobody to tell; what comes in a burst has to be kept somewhere. */
export const DATAGRAM_PENDING_BYTES_MAX = 16 << 20;
const RETRY_MS_MIN = 100;
const CLOSE_DEADLINE_MS = 2000;

interface Pending {
  messages: MessageJoiner;
  remoteAddress: string;
  /** Bytes that `context.hold` was told of. */
  held: number;
}

/**
 * Hands over the messages of a protocol that has no acknowledgements, one body at a time and in their order: what comes
 * while one is being accepted goes together in the next. What can be accepted later is sent again until it is.
 */
export class MessageSender {
  private readonly context: ListenerContext;
  private readonly options: MessageSenderOptions;
  private readonly queue: Pending[] = [];
  private readonly paused = new Set<Socket>();
  private inFlight: Pending | null = null;
  private running: Promise<void> | null = null;
  private wake: (() => void) | null = null;
  /** Of the body before: growing to a large one again and again costs more than filling it. */
  private spare: MessageJoiner | null = null;
  private isClosing = false;
  private isGivenUp = false;
  /** Bytes of messages that are not accepted yet. */
  pendingBytes = 0;

  constructor(context: ListenerContext, options: MessageSenderOptions) {
    this.context = context;
    this.options = options;
  }

  push(message: PeerMessage): void {
    const { dropAboveBytes } = this.options;
    const bytes = message.bytes.length;
    const isHeld = this.hold(bytes);
    if (this.isGivenUp || (dropAboveBytes !== undefined && (!isHeld || this.pendingBytes + bytes > dropAboveBytes))) {
      if (isHeld) this.context.release(bytes);
      this.context.count(dropAboveBytes === undefined ? 'message_dropped' : 'datagram_dropped');
      return;
    }
    const pending = this.pendingFor(message);
    const before = pending.messages.length;
    pending.messages.add(message);
    pending.held += isHeld ? bytes : 0;
    this.pendingBytes += pending.messages.length - before;
    this.running ??= this.run();
  }

  /** Reads no more from the socket until there is room again. */
  throttle(socket: Socket): void {
    if (this.pendingBytes <= PENDING_BYTES_MAX || this.isClosing) return;
    socket.pause();
    this.paused.add(socket);
  }

  /** Resolves when all is accepted, or after about 2 s; what is left then is lost, and counted. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.wake?.();
    const timer = setTimeout(() => {
      this.isGivenUp = true;
      this.wake?.();
    }, CLOSE_DEADLINE_MS);
    const given = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_DEADLINE_MS + RETRY_MS_MIN).unref());
    await Promise.race([this.running, given]);
    clearTimeout(timer);
    this.isGivenUp = true;
    this.drop();
  }

  /** False when more is held than the program allows: datagrams are dropped then, sockets throttled soon anyway. */
  private hold(bytes: number): boolean {
    try {
      this.context.hold(bytes);
      return true;
    } catch (error) {
      if (error instanceof RetryableError) return false;
      throw error;
    }
  }

  /** The last body in the queue, or a new one behind it. The first of the queue is closed once it is on its way. */
  private pendingFor({ bytes, peer }: PeerMessage): Pending {
    const last = this.queue.at(-1);
    if (last !== undefined && last !== this.inFlight) {
      const { messages } = last;
      const fits = messages.length + bytes.length <= BODY_BYTES_MAX;
      // Without a key, who sends decides whether it is taken.
      const isAllowed = this.options.secret !== null || last.remoteAddress === peer;
      if (fits && isAllowed && messages.count < this.context.limits.batchEventsMax) return last;
    }
    const pending = { messages: this.spare ?? new MessageJoiner(), remoteAddress: peer, held: 0 };
    this.spare = null;
    this.queue.push(pending);
    return pending;
  }

  private async run(): Promise<void> {
    // What came in the same read goes together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.queue.length > 0 && !this.isGivenUp) {
      this.inFlight = this.queue[0];
      await this.send(this.queue[0]);
      this.inFlight = null;
      if (this.isGivenUp) break;
      this.forget(this.queue.shift());
    }
    this.running = null;
  }

  /** Returns when the messages are accepted or refused for good. */
  private async send({ messages, remoteAddress }: Pending): Promise<void> {
    const { context, options } = this;
    while (!this.isGivenUp) {
      try {
        await context.accept({ body: messages.body(), format: options.format, secret: options.secret, remoteAddress });
        return;
      } catch (error) {
        if (error instanceof RetryableError) {
          await this.wait(error.retryAfterMs);
          continue;
        }
        // `accept` has put it among the rejected attempts.
        context.count('message_refused', messages.count);
        return;
      }
    }
  }

  private async wait(retryAfterMs: number): Promise<void> {
    const ms = this.isClosing ? RETRY_MS_MIN : retryDelayMs(Math.max(retryAfterMs, RETRY_MS_MIN));
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
    this.wake = null;
  }

  private forget(pending: Pending | undefined): void {
    if (pending === undefined) return;
    this.context.release(pending.held);
    this.pendingBytes -= pending.messages.length;
    pending.messages.clear();
    this.spare = pending.messages;
    if (this.pendingBytes >= PENDING_BYTES_MAX / 2) return;
    for (const socket of this.paused) socket.resume();
    this.paused.clear();
  }

  private drop(): void {
    for (const pending of this.queue.splice(0)) {
      this.context.count('message_dropped', pending.messages.count);
      this.forget(pending);
    }
  }
}
