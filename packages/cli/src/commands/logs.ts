import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FilterOptions, filterParameters, withFilters } from '../filters.ts';
import { type FormatOptions, type Printer, printEvents, printerOf, withFormat } from '../format.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import { linesOf } from '../line-stream.ts';
import { isTerminal } from '../output.ts';
import { Progress } from '../progress.ts';
import { type RangeOptions, rangeParameters, withRange } from '../time-range.ts';

const LIMIT_DEFAULT = 100;
/** Events asked for at a time. */
const PAGE_EVENTS_MAX = 1000;

interface LogsOptions extends ConnectionOptions, FormatOptions, RangeOptions {
  order?: string;
  limit: number;
  all?: boolean;
}

export function addLogs(command: Command): void {
  withFormat(withConnection(withRange(withFilters(command), '24h')))
    .addOption(new Option('--order <order>', 'newest or oldest first').choices(['desc', 'asc']))
    .addOption(new Option('--limit <count>', 'most events').argParser(readCount).default(LIMIT_DEFAULT))
    .addOption(new Option('--all', 'every event that matches, as a stream').conflicts('limit'))
    .action((options: LogsOptions & FilterOptions) =>
      printLogs(connect(options), options, printerOf(options, process.stdout)),
    );
}

/** Prints the events that match, page by page or (with `all`) from one stream. @throws CliError */
export async function printLogs(
  client: ApiClient,
  options: LogsOptions & FilterOptions,
  printer: Printer,
): Promise<void> {
  const query = filterParameters(options);
  const range = { ...rangeParameters(options, printer.zone), order: options.order };
  for (const [name, value] of Object.entries(range)) if (value !== undefined) query.set(name, value);
  if (!options.all) {
    const events = pagedEvents(client, query, options.limit);
    // One page is here as a whole before the first line is printed.
    await printEvents(printer, options.limit > PAGE_EVENTS_MAX ? events : await allOf(events));
    return;
  }
  const progress = await progressOf(client, query, printer);
  await printEvents(printer, watched(streamEvents(client, query), progress)).finally(() => progress?.end());
}

async function allOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** Where events go into a file or another program, and the terminal is free to show how far they are. */
async function progressOf(client: ApiClient, query: URLSearchParams, { stdout }: Printer): Promise<Progress | null> {
  if (isTerminal(stdout) || !isTerminal(process.stderr)) return null;
  const counted = new URLSearchParams(query);
  counted.set('count', 'true');
  counted.set('page_size', '1');
  const { total } = await client.json('/api/logs', { query: counted });
  return new Progress(process.stderr, 'events', typeof total === 'number' ? total : null);
}

async function* watched(events: AsyncIterable<JsonObject>, progress: Progress | null): AsyncGenerator<JsonObject> {
  let count = 0;
  for await (const event of events) {
    yield event;
    progress?.update(++count);
  }
}

async function* pagedEvents(client: ApiClient, query: URLSearchParams, limit: number): AsyncGenerator<JsonObject> {
  let left = limit;
  while (left > 0) {
    query.set('page_size', String(Math.min(left, PAGE_EVENTS_MAX)));
    const answer = await client.json('/api/logs', { query });
    const events = objectsOf(answer.events).slice(0, left);
    yield* events;
    left -= events.length;
    if (typeof answer.next_cursor !== 'string' || events.length === 0) return;
    query.set('cursor', answer.next_cursor);
  }
}

async function* streamEvents(client: ApiClient, query: URLSearchParams): AsyncGenerator<JsonObject> {
  const stopping = new AbortController();
  try {
    const response = await client.open('/api/logs', { query, accept: 'application/x-ndjson', signal: stopping.signal });
    if (response.body) for await (const line of linesOf(response.body)) if (line !== '') yield eventOf(line);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failed, `the answer broke off: ${error instanceof Error ? error.message : error}`);
  } finally {
    stopping.abort();
  }
}

/** An error in the midst of a stream comes as a line of its own, since the status is long sent. */
function eventOf(line: string): JsonObject {
  const parsed: unknown = JSON.parse(line);
  if (!isObject(parsed)) throw new CliError(EXIT.failed, 'the server sent a line that is no JSON object');
  if (isObject(parsed.error) && parsed.event_id === undefined) {
    throw new CliError(EXIT.failed, `the search stopped: ${parsed.error.message ?? 'no reason given'}`);
  }
  return parsed;
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('Expected a whole number from 1; --all has no limit.');
  return Number(text);
}
