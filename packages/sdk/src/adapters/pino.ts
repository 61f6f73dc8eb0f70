import { Writable } from 'node:stream';
import { createTailwater } from '../tailwater.ts';
import type { EmitEvent, Metadata, Severity, Tailwater, TailwaterOptions } from '../types.ts';
import { eventOf } from './foreign.ts';

/** What pino takes as destination: called with one line at a time. */
export interface PinoDestination {
  write(line: string): void;
}

/** Options for `transport: { target: '@tailwater/sdk/pino', options }`: what can be sent to a thread. */
export type PinoTransportOptions = Omit<TailwaterOptions, 'beforeEmit' | 'onTrouble'>;

/** `pino({}, tailwaterStream(tailwater))`: events have the context of where they are logged. */
export function tailwaterStream(tailwater: Tailwater): PinoDestination {
  return { write: (line) => emitLine(tailwater, line) };
}

/** For pino's option `mixin` when the transport runs in a thread, where no context is: the ids of where it is logged. */
export function tailwaterMixin(tailwater: Tailwater): () => Record<string, unknown> {
  return () => {
    const { metadata, orgId, ...ids } = tailwater.context() ?? {};
    return { ...metadata, ...(orgId !== undefined && { org_id: orgId }), ...ids };
  };
}

/** pino calls this in its worker thread. Stdout is off unless the options say otherwise. */
export default function transport(options: PinoTransportOptions = {}): Writable {
  const tailwater = createTailwater({ stdout: 'off', ...options, handleExit: false });
  let rest = '';
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, callback) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) emitLine(tailwater, line);
      callback();
    },
    final(callback) {
      if (rest !== '') emitLine(tailwater, rest);
      void tailwater.close().then(() => callback(), callback);
    },
  });
  // Of `logger.flush(done)`.
  return Object.assign(stream, { flush: () => tailwater.flush() });
}

function emitLine(tailwater: Tailwater, line: string): void {
  const event = readLine(line);
  if (event === undefined) return;
  const { reqId, ...metadata } = event.metadata ?? {};
  // Fastify numbers requests itself; the id that middleware gave the request is the one that others know.
  if (typeof reqId !== 'string') tailwater.emit(event);
  else if (event.requestId !== undefined || tailwater.context()?.requestId !== undefined) tailwater.emit(event);
  else tailwater.emit({ ...event, requestId: reqId, metadata });
}

/** Undefined for an empty line; one that is not pino's JSON is a message. */
function readLine(line: string): EmitEvent | undefined {
  const text = line.trim();
  if (text === '') return undefined;
  try {
    const members: unknown = JSON.parse(text);
    if (typeof members === 'object' && members !== null) return eventOfPino(members as Record<string, unknown>);
  } catch {
    // Somebody else writes to the stream, too.
  }
  return { message: text };
}

function eventOfPino({ level, time, msg, err, hostname: _host, name, ...members }: Record<string, unknown>): EmitEvent {
  const event = eventOf(Object.entries(members));
  event.severity = severityOf(level);
  if (typeof msg === 'string') event.message = msg;
  else if (msg !== undefined) event.metadata.msg = msg;
  if (typeof name === 'string') event.logger ??= name;
  if (typeof time === 'number' || typeof time === 'string') event.timestamp = new Date(time);
  if (err !== undefined) event.metadata.exception = exceptionOf(err);
  return event;
}

/** pino's serialised error, in the names of an Error that is emitted. */
function exceptionOf(err: unknown): unknown {
  if (typeof err !== 'object' || err === null) return err;
  const { stack, ...facts } = err as Metadata;
  return stack === undefined ? facts : { ...facts, stacktrace: stack };
}

/** By number as pino has them (20, 30 … 60) and those between, or by name when a formatter wrote one. */
function severityOf(level: unknown): Severity {
  if (typeof level === 'string') return NAMES[level.toLowerCase()] ?? 'info';
  if (typeof level !== 'number') return 'info';
  if (level < 30) return 'debug';
  if (level < 40) return 'info';
  if (level < 50) return 'warn';
  return level < 60 ? 'error' : 'critical';
}

const NAMES: Readonly<Record<string, Severity>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'critical',
  critical: 'critical',
};
