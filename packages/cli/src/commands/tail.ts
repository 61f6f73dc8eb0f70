import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type ApiClient, ApiError } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FilterOptions, filterParameters, withFilters } from '../filters.ts';
import { eventLines, type FormatOptions, type Printer, printerOf, withLineFormat } from '../format.ts';
import { isObject, type JsonObject, textOf } from '../json.ts';
import { write } from '../output.ts';
import { type ServerSentEvent, serverSentEvents } from '../server-sent-events.ts';

const RECONNECT_FIRST_MS = 500;
const RECONNECT_MAX_MS = 10_000;
/** Without a byte for so long the connection counts as dead: the server pings every few seconds. */
const SILENCE_MAX_MS = 60_000;
/** Ids of printed events that are remembered, so that the backfill after a reconnect prints none twice. */
const REMEMBERED_IDS_MAX = 10_000;

interface TailOptions extends ConnectionOptions, FormatOptions {}

interface TailOutput {
  printer: Printer;
  /** For what is about the tail and not of it. */
  stderr: NodeJS.WritableStream;
}

interface TailLife {
  signal?: AbortSignal;
  /** Wait before the first try to connect again; each further wait is twice as long. */
  reconnectFirstMs?: number;
}

export function addTail(command: Command): void {
  withLineFormat(withConnection(withFilters(command))).action(({ json, ...options }: TailOptions & FilterOptions) => {
    const printer = printerOf(json === true ? { ...options, ndjson: true } : options, process.stdout);
    return tail(connect(options), options, { printer, stderr: process.stderr });
  });
}

/**
 * Prints what comes until `signal` aborts, across lost connections.
 * @throws CliError when the first connection fails, or the server refuses a later one for good (4xx).
 */
export async function tail(
  client: ApiClient,
  options: FilterOptions,
  output: TailOutput,
  { signal = new AbortController().signal, reconnectFirstMs = RECONNECT_FIRST_MS }: TailLife = {},
): Promise<void> {
  const printer = new TailPrinter(output);
  const query = filterParameters(options);
  let waitMs = 0;
  const onConnected = async (): Promise<void> => {
    if (waitMs > 0) await printer.note('connected again; events of the time between may be missing');
    waitMs = reconnectFirstMs;
  };
  while (!signal.aborted) {
    try {
      for await (const event of eventsOf(client, query, signal, onConnected)) await printer.print(event);
    } catch (error) {
      if (signal.aborted) return;
      const neverConnected = waitMs === 0;
      if (neverConnected || (error instanceof ApiError && error.status < 500)) throw error;
    }
    if (signal.aborted) return;
    await printer.note(`the connection was lost; trying again in ${waitMs / 1000} s`);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, RECONNECT_MAX_MS);
  }
}

/** Events of one connection. Ends or throws when it is lost, or silent for too long. */
async function* eventsOf(
  client: ApiClient,
  query: URLSearchParams,
  signal: AbortSignal,
  onConnected: () => Promise<void>,
): AsyncGenerator<ServerSentEvent> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
  const chunksOf = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      timer.refresh();
      yield chunk;
    }
  };
  try {
    const either = AbortSignal.any([signal, silence.signal]);
    const { body } = await client.open('/api/logs/tail', { query, accept: 'text/event-stream', signal: either });
    await onConnected();
    if (body) yield* serverSentEvents(chunksOf(body));
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

class TailPrinter {
  readonly #output: TailOutput;
  readonly #lineOf: (event: JsonObject) => string;
  readonly #printedIds = new Set<string>();

  constructor(output: TailOutput) {
    this.#output = output;
    this.#lineOf = eventLines(output.printer);
  }

  /** Says something about the tail itself, beside the events. */
  async note(message: string): Promise<void> {
    await write(this.#output.stderr, `tailwater: ${message}\n`);
  }

  async print({ type, data }: ServerSentEvent): Promise<void> {
    if (type !== 'log' && type !== 'missed') return;
    const parsed: unknown = JSON.parse(data);
    if (!isObject(parsed)) throw new CliError(EXIT.failed, 'the server sent an event that is no JSON object');
    if (type === 'missed') await this.note(missedNote(parsed));
    else if (this.#isNew(textOf(parsed, 'event_id'))) {
      await write(this.#output.printer.stdout, this.#lineOf(parsed));
    }
  }

  #isNew(eventId: string): boolean {
    if (eventId === '') return true;
    if (this.#printedIds.has(eventId)) return false;
    this.#printedIds.add(eventId);
    if (this.#printedIds.size > REMEMBERED_IDS_MAX) {
      const [oldest] = this.#printedIds;
      this.#printedIds.delete(oldest!);
    }
    return true;
  }
}

/** `count` is null where the server cannot know it, `at_most` says that it is an upper bound. */
function missedNote({ count, at_most }: Record<string, unknown>): string {
  const number = typeof count === 'number' ? `${at_most === true ? 'at most ' : ''}${count}` : 'an unknown number of';
  return `${number} ${count === 1 && at_most !== true ? 'event was' : 'events were'} missed: they came faster than they could be read, or while nobody was connected`;
}
