import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FormatOptions, type Printer, printEvents, printerOf, withFormat } from '../format.ts';
import { isObject, type JsonObject, objectsOf } from '../json.ts';
import { write } from '../output.ts';

const MINUTES_DEFAULT = 60;
const LIMIT_DEFAULT = 200;
const LIMIT_MAX = 1000;

interface FindOptions extends ConnectionOptions, FormatOptions {
  limit: number;
}

/** What to look for, as GET /api/logs takes it. */
type Filters = Readonly<Record<string, string>>;

/** `recent`, `errors`, `user` and `search`: the newest events of the last minutes, the newest at the bottom. */
export function addFindCommands(program: Command): void {
  const add = (name: string, description: string) => {
    const command = withFormat(withConnection(program.command(name).description(description)));
    return command.addOption(
      new Option('--limit <count>', 'most events, the newest').argParser(readLimit).default(LIMIT_DEFAULT),
    );
  };
  const minutes = ['[minutes]', `of so many minutes (default: ${MINUTES_DEFAULT})`] as const;
  add('recent', 'the newest events')
    .argument(...minutes, readMinutes)
    .action((ago: number | undefined, options: FindOptions) => find({}, ago, options));
  add('errors', 'the newest errors, and worse')
    .argument(...minutes, readMinutes)
    .action((ago: number | undefined, options: FindOptions) => find({ min_severity: 'error' }, ago, options));
  add('user', 'what a user did')
    .argument('<user>', 'a user id')
    .argument(...minutes, readMinutes)
    .action((user: string, ago: number | undefined, options: FindOptions) => find({ user_id: user }, ago, options));
  add('search', 'events that hold words')
    .argument('<pattern>', 'words (all must be there), "a phrase", -not, field:value')
    .argument(...minutes, readMinutes)
    .action((q: string, ago: number | undefined, options: FindOptions) => find({ q }, ago, options));
}

function find(filters: Filters, minutes: number = MINUTES_DEFAULT, options: FindOptions): Promise<void> {
  return printNewest(
    connect(options),
    { ...filters, from: `-${minutes}m` },
    options.limit,
    printerOf(options, process.stdout),
  );
}

/** Prints the newest events that match, oldest of them first. Says so where there are more. @throws CliError */
export async function printNewest(client: ApiClient, filters: Filters, limit: number, printer: Printer): Promise<void> {
  const query = new URLSearchParams({ ...filters, order: 'desc', page_size: String(limit) });
  const answer = await client.json('/api/logs', { query });
  const count = await printEvents(printer, oldestFirst(objectsOf(answer.events)));
  if (printer.format !== 'text') return;
  if (count === 0) await write(process.stderr, `No events since ${filters.from?.slice(1)} ago match.\n`);
  else if (typeof answer.next_cursor === 'string') {
    await write(process.stderr, `The newest ${count}; there are more: --limit, or \`tailwater logs --all\`.\n`);
  }
}

async function* oldestFirst(events: JsonObject[]): AsyncGenerator<JsonObject> {
  yield* events.toReversed();
}

/** `trace` and `context`: events that belong together. */
export function addRelatedCommands(program: Command): void {
  withFormat(withConnection(program.command('trace').description('all events of a trace, in their order')))
    .argument('<id>', 'a trace id')
    .action((id: string, options: ConnectionOptions & FormatOptions) =>
      printTrace(connect(options), id, printerOf(options, process.stdout)),
    );
  withFormat(
    withConnection(program.command('context').description('an event among those of the same service and host')),
  )
    .argument('<id>', 'an event id')
    .addOption(new Option('--before <count>', 'events before it').argParser(readSide).default(10))
    .addOption(new Option('--after <count>', 'events after it').argParser(readSide).default(10))
    .action((id: string, options: ConnectionOptions & FormatOptions & { before: number; after: number }) =>
      printContext(connect(options), id, options, printerOf(options, process.stdout)),
    );
}

export async function printTrace(client: ApiClient, id: string, printer: Printer): Promise<void> {
  const answer = await client.json(`/api/traces/${encodeURIComponent(id)}`);
  if (printer.format === 'json') return write(printer.stdout, `${JSON.stringify(answer, null, 2)}\n`);
  await printEvents(printer, each(objectsOf(answer.events)));
  if (printer.format !== 'text') return;
  const services = objectsOf(answer.services).map(({ service }) => String(service));
  await write(
    process.stderr,
    `${objectsOf(answer.events).length} events of ${services.join(', ')}${answer.truncated === true ? '; there are more' : ''}\n`,
  );
}

export async function printContext(
  client: ApiClient,
  id: string,
  { before, after }: { before: number; after: number },
  printer: Printer,
): Promise<void> {
  const query = new URLSearchParams({ before: String(before), after: String(after) });
  const answer = await client.json(`/api/logs/${encodeURIComponent(id)}/context`, { query });
  if (printer.format === 'json') return write(printer.stdout, `${JSON.stringify(answer, null, 2)}\n`);
  const event = isObject(answer.event) ? [answer.event] : [];
  await printEvents(printer, each([...objectsOf(answer.before), ...event, ...objectsOf(answer.after)]));
}

async function* each(events: readonly JsonObject[]): AsyncGenerator<JsonObject> {
  yield* events;
}

function readMinutes(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of minutes from 1.');
  return Number(text);
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new InvalidArgumentError(`Expected 1 to ${LIMIT_MAX}; \`tailwater logs --all\` has no limit.`);
  }
  return limit;
}

function readSide(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count > 500) throw new InvalidArgumentError('Expected 0 to 500.');
  return count;
}
