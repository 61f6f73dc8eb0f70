import { WriteStream } from 'node:tty';
import { type Command, Option } from 'commander';
import type { JsonObject } from './json.ts';
import { isColourTerminal, write } from './output.ts';
import { EventRenderer } from './render-event.ts';
import { escapeMarkdown, renderMarkdownTable, renderTable } from './render-table.ts';
import { readTimeZone, type TimeZone, timeText } from './time-zone.ts';

/** How a command prints: for people, the API's answer, one object a line, or Markdown. */
export type Format = 'text' | 'json' | 'ndjson' | 'md';

export interface FormatOptions {
  json?: boolean;
  ndjson?: boolean;
  md?: boolean;
  tz?: string;
  color?: 'auto' | 'always' | 'never';
}

/** Adds the options that say how to print. */
export function withFormat(command: Command): Command {
  return withLook(
    command
      .addOption(new Option('--json', 'JSON').conflicts(['ndjson', 'md']))
      .addOption(new Option('--ndjson', 'one JSON object a line').conflicts('md'))
      .option('--md', 'Markdown'),
  );
}

/** For what has no end: neither an array nor a table could be closed, so JSON is always one object a line. */
export function withLineFormat(command: Command): Command {
  return withLook(command.option('--json', 'one JSON object a line, with every field').option('--ndjson', 'the same'));
}

function withLook(command: Command): Command {
  return command
    .option('--tz <zone>', 'time zone of times shown: utc, local, or a name such as Europe/Vienna (default: utc)')
    .addOption(
      new Option('--color <when>', 'for a pager: `tailwater recent --color always | less -R`')
        .choices(['auto', 'always', 'never'])
        .default('auto'),
    );
}

/** Where and how one command prints. */
export interface Printer {
  stdout: NodeJS.WritableStream;
  format: Format;
  zone: TimeZone;
  isColoured: boolean;
  /** Columns of the terminal that tables must fit in; null where there is none: files and pipes get every cell whole. */
  width: number | null;
}

/** @throws CliError for a time zone that does not exist. */
export function printerOf(options: FormatOptions, stdout: NodeJS.WritableStream): Printer {
  const { json, ndjson, md, tz = 'utc', color = 'auto' } = options;
  const format = json ? 'json' : ndjson ? 'ndjson' : md ? 'md' : 'text';
  const isColoured = format === 'text' && (color === 'always' || (color === 'auto' && isColourTerminal(stdout)));
  const width = stdout instanceof WriteStream && color !== 'always' ? stdout.columns : null;
  return { stdout, format, zone: readTimeZone(tz), isColoured, width };
}

/** A column of a table: its heading, what a row shows in it, and whether that is a number, which stands on the right. */
export interface Column<Row = JsonObject> {
  heading: string;
  of(row: Row): string;
  isNumber?: boolean;
}

/**
 * Prints rows: a table for people or in Markdown, the rows themselves as NDJSON, and `answer` as JSON. Says `empty` where
 * a table would have no rows.
 */
export async function printTable<Row extends object>(
  printer: Printer,
  {
    rows,
    columns,
    answer,
    empty,
  }: { rows: readonly Row[]; columns: readonly Column<Row>[]; answer: unknown; empty: string },
): Promise<void> {
  const { stdout, format, isColoured, width } = printer;
  if (format === 'json') return write(stdout, `${JSON.stringify(answer, null, 2)}\n`);
  if (format === 'ndjson') return write(stdout, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  if (rows.length === 0) return write(stdout, `${empty}\n`);
  const headings = columns.map(({ heading }) => heading);
  const cells = rows.map((row) => columns.map((column) => column.of(row)));
  const numbers = columns.map(({ isNumber = false }) => isNumber);
  const render = format === 'md' ? renderMarkdownTable : renderTable;
  await write(stdout, render(headings, cells, { numbers, isColoured, width }));
}

/** Prints events, those that are not here yet as they come. JSON is one array. Answers how many there were. */
export async function printEvents(
  printer: Printer,
  events: AsyncIterable<JsonObject> | readonly JsonObject[],
): Promise<number> {
  const { stdout, format } = printer;
  const lineOf = eventLines(printer, Array.isArray(events) ? events : []);
  let count = 0;
  if (format === 'md') await write(stdout, '| time | severity | service | type | message |\n|---|---|---|---|---|\n');
  for await (const event of events) {
    if (format === 'json') await write(stdout, count === 0 ? '[\n' : ',\n');
    await write(stdout, lineOf(event));
    count += 1;
  }
  if (format === 'json') await write(stdout, count === 0 ? '[]\n' : '\n]\n');
  return count;
}

/** On a terminal one event does not push all others off the screen. */
const TERMINAL_TEXT_MAX = 1000;

/** What is printed of one event, with its line's end where the format has lines. Columns are as wide as `known` asks. */
export function eventLines(
  { format, zone, isColoured, width }: Printer,
  known: readonly JsonObject[] = [],
): (event: JsonObject) => string {
  if (format === 'json') return (event) => JSON.stringify(event);
  if (format === 'ndjson') return (event) => `${JSON.stringify(event)}\n`;
  if (format === 'md') return (event) => `${markdownRow(event, zone)}\n`;
  const renderer = new EventRenderer(isColoured, zone, width === null ? undefined : TERMINAL_TEXT_MAX);
  renderer.measure(known);
  return (event) => `${renderer.render(event)}\n`;
}

function markdownRow(event: JsonObject, zone: TimeZone): string {
  const text = (field: string): string => String(event[field] ?? '');
  const type = [text('log_type'), text('event_type')].filter((part) => part !== '').join('/');
  const cells = [timeText(text('timestamp'), zone), text('severity'), text('service'), type, text('message')];
  return `| ${cells.map(escapeMarkdown).join(' | ')} |`;
}
