import { connect, type Socket } from 'node:net';
import { DEFAULT_LIMITS, type IngestLimits } from '../../batch/limits.ts';
import { receiversConfig } from '../config.ts';
import type { ListenerContext, ListenerMessage, Receipt, ReceiverListener } from '../receiver.ts';
import { newBatch, plainEvent, storedEvents } from './test-batch.ts';

/** For tests of listeners: what a listener is given, and what it did with it. */
export interface TestListener {
  context: ListenerContext;
  /** What was accepted, in order. */
  events: Record<string, unknown>[];
  messages: ListenerMessage[];
  notes: { code: string; reason: string }[];
  counts: Record<string, number>;
  /** Bytes held and not released. */
  held(): number;
}

export interface TestListenerOptions {
  limits?: Partial<IngestLimits>;
  openMode?: boolean;
  /** Called before a message is accepted; what it throws refuses it. */
  accept?(message: ListenerMessage): void | Promise<void>;
  hold?(bytes: number): void;
}

/** A context that decodes at once, with `receivers` configured as given. */
export function testListener(
  listener: ReceiverListener,
  receivers: Record<string, unknown>,
  options: TestListenerOptions = {},
): TestListener {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const events: Record<string, unknown>[] = [];
  const messages: ListenerMessage[] = [];
  const notes: { code: string; reason: string }[] = [];
  const counts: Record<string, number> = {};
  let held = 0;
  const context: ListenerContext = {
    config: receiversConfig.parse({ tls: {}, ...sectionDefaults(), ...receivers }),
    host: '127.0.0.1',
    limits,
    openMode: options.openMode ?? true,
    stateDir: '',
    async check() {},
    missing: async (_sender, { first, next }) => [first, next],
    async accept(message) {
      await options.accept?.(message);
      messages.push(message);
      const batch = newBatch(limits);
      const request = { format: message.format, query: message.query ?? '', params: {}, receivedAtMs: 0 };
      const reply = listener.decode(message.body, batch, request);
      events.push(...storedEvents(batch).map(plainEvent));
      const { rows: accepted, rejectedCount, rejections } = batch;
      const receipt: Receipt = { accepted, rejectedCount, rejections, position: null };
      return typeof reply === 'string' ? { ...receipt, reply } : receipt;
    },
    hold(bytes) {
      options.hold?.(bytes);
      held += bytes;
    },
    release: (bytes) => {
      held -= bytes;
    },
    count: (reason, by = 1) => {
      counts[reason] = (counts[reason] ?? 0) + by;
    },
    note: ({ code, reason }) => notes.push({ code, reason }),
    warn: () => {},
  };
  return { context, events, messages, notes, counts, held: () => held };
}

function sectionDefaults(): Record<string, unknown> {
  return Object.fromEntries(Object.keys(receiversConfig.shape).map((name) => [name, name === 'host' ? undefined : {}]));
}

/** A connection that keeps what it is sent. */
export interface TestConnection {
  socket: Socket;
  /** Everything that came so far, once it is `count` bytes or the other side has closed. */
  received(count: number): Promise<Buffer>;
  closed: Promise<void>;
}

export function connectTo(port: number): TestConnection {
  const socket = connect(port, '127.0.0.1');
  let bytes = Buffer.alloc(0);
  let isClosed = false;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    socket.emit('progress');
  });
  const closed = new Promise<void>((resolve) =>
    socket.once('close', () => {
      isClosed = true;
      socket.emit('progress');
      resolve();
    }),
  );
  const received = async (count: number) => {
    while (bytes.length < count && !isClosed) await new Promise((resolve) => socket.once('progress', resolve));
    return bytes;
  };
  return { socket, received, closed };
}
