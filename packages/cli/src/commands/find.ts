import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FormatOptions, type Printer, printEvents, printerOf, withFormat } from '../format.ts';
import { objectsOf } from '../json.ts';
import { write } from '../output.ts';
import { countText } from '../quantity.ts';

const MINUTES_DEFAULT = 60;
const LIMIT_DEFAULT = 200;
const LIMIT_MAX = 1000;

interface FindOptions extends ConnectionOptions, FormatOptions {
  limit: number;
}

/** What to look for, as GET /api/logs takes it. */
type Filters = Readonly<Record<string, string>>;

const MINUTES = ['[minutes]', `of so many minutes (default: ${MINUTES_DEFAULT})`] as const;

/** `recent`, `errors`, `user` and `search`: the newest events of the last minutes, the newest at the bottom. */
export function addRecent(command: Command): void {
  withFinding(command)
    .argument(...MINUTES, readMinutes)
    .action((ago: number | undefined, options: FindOptions) => find({}, ago, options));
}

export function addErrors(command: Command): void {
  withFinding(command)
    .argument(...MINUTES, readMinutes)
    .action((ago: number | undefined, options: FindOptions) => find({ min_severity: 'error' }, ago, options));
}

export function addUser(command: Command): void {
  withFinding(command)
    .argument('<user>', 'a user id')
    .argument(...MINUTES, readMinutes)
    .action((user: string, ago: number | undefined, options: FindOptions) => find({ user_id: user }, ago, options));
}

export function addSearch(command: Command): void {
  withFinding(command)
    .argument('<pattern>', 'words (all must be there), "a phrase", -not, field:value')
    .argument(...MINUTES, readMinutes)
    .action((q: string, ago: number | undefined, options: FindOptions) => find({ q }, ago, options));
}

function withFinding(command: Command): Command {
  return withFormat(withConnection(command)).addOption(
    new Option('--limit <count>', 'most events, the newest').argParser(readLimit).default(LIMIT_DEFAULT),
  );
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
async function printNewest(client: ApiClient, filters: Filters, limit: number, printer: Printer): Promise<void> {
  const query = new URLSearchParams({ ...filters, order: 'desc', page_size: String(limit) });
  const answer = await client.json('/api/logs', { query });
  const count = await printEvents(printer, objectsOf(answer.events).toReversed());
  if (printer.format !== 'text') return;
  if (count === 0) await write(process.stderr, `No events since ${filters.from?.slice(1)} ago match.\n`);
  else if (typeof answer.next_cursor === 'string') {
    await write(
      process.stderr,
      `The newest ${countText(count)}; there are more: --limit, or \`tailwater logs --all\`.\n`,
    );
  }
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
