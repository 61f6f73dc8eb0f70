import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext } from '../receiver.ts';
import type { MessageSender } from './message-sender.ts';
import { untilQuiet } from './quiet.ts';
import type { Connection } from './tcp-listener.ts';

/** Told of a message. The bytes are good until it returns. */
export type OnFrame = (bytes: Buffer, isCut: boolean) => void;

/** Finds the messages in a stream of bytes. */
export interface Framer {
  push(chunk: Buffer): void;
  /** Nothing came for a while. */
  flushIdle(): void;
  /** The connection ends: what is there is all there will be. */
  flush(): void;
  /** Memory that a message which is not whole takes. */
  readonly keptBytes: number;
}

export interface FramedConnectionOptions {
  context: ListenerContext;
  socket: Socket;
  /** The sender's address, as events are to have it. */
  peer: string;
  sender: MessageSender;
  framer(onFrame: OnFrame): Framer;
}

const TLS_ON_PLAIN = 'the client speaks TLS, this port does not';
/** https://www.rfc-editor.org/rfc/rfc8446#section-5.1: a record of the type handshake, version 3.x. */
const isTlsHandshake = (bytes: Buffer): boolean => bytes[0] === 0x16 && bytes[1] === 3;

/** What a connection may be silent for before what it left unended is a message. */
const IDLE_MS = 1000;

/**
 * A connection whose messages nobody acknowledges. What is kept of one that is not whole counts as under way; beyond the
 * limit the connection is closed, its message lost, counted and noted.
 */
export function framedConnection({ context, socket, peer, sender, framer }: FramedConnectionOptions): Connection {
  // Who speaks TLS to a port without it would wait for an answer as long as it likes.
  const isPlain = !(socket instanceof TLSSocket);
  let lastAt = 0;
  let held = 0;
  let isRefused = false;
  let sinceMs: number | null = null;
  const frames = framer((bytes, isCut) => {
    sinceMs = null;
    sender.push({ bytes, peer, isCut });
  });
  const hold = (bytes: number) => {
    if (bytes > held) context.hold(bytes - held);
    else context.release(held - bytes);
    held = bytes;
  };
  const refuse = ({ code, message: reason }: PermanentError | RetryableError) => {
    isRefused = true;
    hold(0);
    context.count(code);
    context.note({ remoteAddress: peer, code, reason });
    socket.destroy();
  };
  const act = (action: () => void) => {
    if (isRefused) return;
    action();
    const { keptBytes } = frames;
    sinceMs = keptBytes === 0 ? null : (sinceMs ?? performance.now());
    try {
      hold(keptBytes);
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      refuse(error);
    }
  };
  socket.on('data', (chunk: Buffer) => {
    if (lastAt === 0 && isPlain && isTlsHandshake(chunk)) refuse(new PermanentError('invalid_body', TLS_ON_PLAIN));
    lastAt = performance.now();
    act(() => frames.push(chunk));
    sender.throttle(socket);
  });
  socket.once('close', () => act(() => frames.flush()));
  socket.setTimeout(IDLE_MS, () => act(() => frames.flushIdle()));
  return {
    partialSinceMs: () => {
      // It is us who do not read on.
      if (socket.isPaused() && sinceMs !== null) sinceMs = performance.now();
      return sinceMs;
    },
    finish: async () => {
      await untilQuiet(() => lastAt);
      act(() => frames.flush());
    },
  };
}
