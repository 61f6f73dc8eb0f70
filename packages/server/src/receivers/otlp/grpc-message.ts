import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { PermanentError, type RetryableError } from '../../runtime/errors.ts';
import type { ContentEncoding, ListenerContext } from '../receiver.ts';

/** In front of each message: whether it is compressed, and its length in 4 bytes. */
const HEAD_BYTES = 5;

/** https://github.com/grpc/grpc/blob/master/doc/compression.md, and what the Collector's exporters can be set to. */
const ENCODINGS: Readonly<Record<string, ContentEncoding>> = { gzip: 'gzip', deflate: 'deflate', zstd: 'zstd' };

/**
 * What grpc-js keeps of a call and gives no name to. It counts no bytes of messages that are not whole, and would
 * expand them on the main thread, as many at a time as there are calls: so the bytes are counted below it, and what it
 * is told to be of no encoding is expanded in the ingest worker, as bodies over HTTP are.
 */
interface GrpcCall {
  stream: { prependListener(event: 'data', listener: (chunk: Buffer) => void): unknown };
  incomingEncoding: string;
}

function isGrpcCall(call: object): call is GrpcCall {
  return 'stream' in call && 'incomingEncoding' in call;
}

/** The one message of a call, from its first byte until it is handed over. Its bytes count as under way so long. */
export class IncomingMessage {
  private readonly context: ListenerContext;
  private readonly onRefused: (error: PermanentError | RetryableError, firstBytes: Buffer) => void;
  private readonly encoding: string;
  private readonly head = Buffer.alloc(HEAD_BYTES);
  private received = 0;
  private held = 0;
  private isOver = false;

  /** `onRefused` is to end the call; nothing is read after it. */
  constructor(
    context: ListenerContext,
    call: ServerInterceptingCallInterface,
    onRefused: (error: PermanentError | RetryableError, firstBytes: Buffer) => void,
  ) {
    if (!isGrpcCall(call)) throw new Error('grpc-js keeps the stream of a call elsewhere');
    this.context = context;
    this.onRefused = onRefused;
    this.encoding = call.incomingEncoding;
    call.incomingEncoding = 'identity';
    // Before grpc-js reads it: what is refused never gets there.
    call.stream.prependListener('data', (chunk) => this.take(chunk));
  }

  /** How the message is encoded. @throws PermanentError `unsupported_media_type` */
  encodings(): ContentEncoding[] {
    if (this.head[0] === 0 || this.encoding === 'identity') return ['identity'];
    if (Object.hasOwn(ENCODINGS, this.encoding)) return [ENCODINGS[this.encoding]];
    const known = Object.keys(ENCODINGS).join(', ');
    throw new PermanentError('unsupported_media_type', `expected a message compressed with one of ${known}`);
  }

  /** It is handed over, or will not be any more. Safe to call twice. */
  release(): void {
    this.isOver = true;
    this.context.release(this.held);
    this.held = 0;
  }

  private take(chunk: Buffer): void {
    if (this.isOver) return;
    if (this.received < HEAD_BYTES) chunk.copy(this.head, this.received);
    this.received += chunk.length;
    try {
      this.context.hold(chunk.length);
      this.held += chunk.length;
      this.checkLength();
    } catch (error) {
      this.release();
      this.onRefused(error as PermanentError | RetryableError, chunk);
    }
  }

  private checkLength(): void {
    if (this.received < HEAD_BYTES) return;
    const length = this.head.readUInt32BE(1);
    const { bodyBytesMax } = this.context.limits;
    if (length > bodyBytesMax) {
      throw new PermanentError(
        'payload_too_large',
        `the message has more than ${bodyBytesMax} bytes (limits.bodyBytesMax)`,
      );
    }
    if (this.received > HEAD_BYTES + length) throw new PermanentError('invalid_body', 'a call brings one message');
  }
}
