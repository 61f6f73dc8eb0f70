import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FilterOptions, filterParameters, withFilters } from '../filters.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import { linesOf } from '../line-stream.ts';
import { isColourTerminal, write } from '../output.ts';
import { EventRenderer } from '../render-event.ts';

const LIMIT_DEFAULT = 100;
/** Events asked for at a time. */
const PAGE_EVENTS_MAX = 1000;

interface LogsOptions extends ConnectionOptions {
  since?: string;
  from?: string;
  to?: string;
  order?: string;
  limit: number;
  all?: boolean;
  json?: boolean;
}

export function addLogsCommand(program: Command): void {
  const command = program.command('logs').description('find events');
  withConnection(withFilters(command))
    .option('--since <duration>', 'from so long ago: 90s, 15m, 2h, 7d')
    .addOption(new Option('--from <time>', 'ISO 8601, epoch, or relative like -15m').conflicts('since'))
    .option('--to <time>', 'ISO 8601, epoch, or relative')
    .addOption(new Option('--order <order>', 'newest or oldest first').choices(['desc', 'asc']))
    .addOption(new Option('--limit <count>', 'most events').argParser(readCount).default(LIMIT_DEFAULT))
    .addOption(new Option('--all', 'every event that matches, as a stream').conflicts('limit'))
    .option('--json', 'one JSON object a line, with every field')
    .action((options: LogsOptions & FilterOptions) => printLogs(connect(options), options, process.stdout));
}

/** Prints the events that match, page by page or (with `all`) from one stream. @throws CliError */
export async function printLogs(
  client: ApiClient,
  options: LogsOptions & FilterOptions,
  stdout: NodeJS.WritableStream,
): Promise<void> {
  const query = filterParameters(options);
  const from = options.since === undefined ? options.from : relativeTime(options.since);
  for (const [name, value] of Object.entries({ from, to: options.to, order: options.order })) {
    if (value !== undefined) query.set(name, value);
  }
  const renderer = new EventRenderer(isColourTerminal(stdout));
  const events = options.all ? streamEvents(client, query) : pagedEvents(client, query, options.limit);
  for await (const event of events) {
    await write(stdout, `${options.json ? JSON.stringify(event) : renderer.render(event)}\n`);
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

/** `15m` to `-15m`. */
function relativeTime(since: string): string {
  if (/^(\d+(ns|us|ms|s|m|h|d|w))+$/.test(since)) return `-${since}`;
  throw new CliError(EXIT.usage, `--since: expected a duration such as 90s, 15m, 2h or 7d, got \`${since}\``);
}

function readCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError('Expected a whole number from 1; --all has no limit.');
  return Number(text);
}
