import { type Command, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type FilterOptions, filterParameters, withFilters } from '../filters.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { barText, bytesText, counted, countText, shareText, sparkText } from '../quantity.ts';
import { escapeMarkdown } from '../render-table.ts';
import { type RangeOptions, rangeParameters, withRange } from '../time-range.ts';
import { timeText } from '../time-zone.ts';

const INTERVAL_MS = { minute: 60_000, hourly: 3_600_000, daily: 86_400_000 } as const;
/** Lines of the picture over time; more intervals than these are put together. */
const BARS_MAX = 24;
const BAR_CHARACTERS = 40;
/** Characters of a group's small picture. */
const SPARK_INTERVALS_MAX = 48;
const GROUPS_MAX = 30;

interface StatsOptions extends ConnectionOptions, FormatOptions, RangeOptions {
  groupBy?: string;
  granularity?: string;
}

export function addStats(command: Command): void {
  withFormat(withConnection(withRange(withFilters(command), '24h')))
    .option(
      '--group-by <names>',
      'log_type, event_type, severity, service, host, logger, receiver, with commas between',
    )
    .addOption(new Option('--granularity <length>', 'of an interval').choices(Object.keys(INTERVAL_MS)))
    .action((options: StatsOptions & FilterOptions) =>
      printStats(connect(options), options, printerOf(options, process.stdout)),
    );
}

interface Sum {
  startMs: number;
  events: number;
}

interface Point extends Sum {
  group: string;
}

async function printStats(client: ApiClient, options: StatsOptions & FilterOptions, printer: Printer): Promise<void> {
  const query = filterParameters(options);
  const range = rangeParameters(options, printer.zone);
  const wanted = { ...range, granularity: options.granularity, group_by: options.groupBy };
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) query.set(name, value);
  const answer = await client.json('/api/logs/stats', { query });
  const { stdout, format } = printer;
  if (format === 'json') return write(stdout, `${JSON.stringify(answer, null, 2)}\n`);
  if (format === 'ndjson') {
    return write(
      stdout,
      objectsOf(answer.series)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
  }
  const total = answer.total as { events: number; bytes: number };
  const end = textOf(answer, 'to') === '' ? 'now' : timeText(textOf(answer, 'to'), printer.zone);
  const title = `${counted(total.events, 'event')}, ${bytesText(total.bytes)} of text, from ${timeText(textOf(answer, 'from'), printer.zone)} to ${end}`;
  await write(stdout, `${format === 'md' ? escapeMarkdown(title) : title}\n`);
  if (total.events === 0) return;
  const groupBy = Array.isArray(answer.group_by) ? answer.group_by.map(String) : [];
  await section(printer, 'Over time', barTable(answer, printer));
  if (groupBy.length > 0) await section(printer, `By ${groupBy.join(', ')}`, groupTable(answer, groupBy));
  await section(printer, 'By severity', shareTable(answer.by_severity, 'severity', total.events));
  await section(printer, 'By log type', shareTable(answer.by_log_type, 'log_type', total.events));
  await section(printer, 'Most frequent errors', errorTable(answer, printer));
}

interface Table {
  rows: JsonObject[];
  columns: Column[];
}

async function section(printer: Printer, title: string, { rows, columns }: Table): Promise<void> {
  await write(printer.stdout, printer.format === 'md' ? `\n## ${title}\n\n` : `\n${title}\n`);
  await printTable(printer, { rows, columns, answer: rows, empty: 'None.' });
}

function pointsOf(answer: JsonObject, groupBy: readonly string[]): Point[] {
  return objectsOf(answer.series).map((row) => ({
    startMs: Date.parse(textOf(row, 'time')),
    events: Number(row.events),
    group: groupBy.map((name) => textOf(row, name) || '(none)').join(' · '),
  }));
}

/** Lengths that people count in. */
const FOLD_MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080, 43_200, 525_600];

/** Sums over equal intervals from the first event to the last, at most `max` of them. */
export function folded(points: readonly Point[], stepMs: number, max: number): Sum[] {
  const times = points.map(({ startMs }) => startMs);
  const lastMs = times.reduce((a, b) => Math.max(a, b));
  const firstMs = times.reduce((a, b) => Math.min(a, b));
  const lengths = FOLD_MINUTES.map((minutes) => minutes * 60_000).filter((ms) => ms >= stepMs);
  const countOf = (ms: number) => Math.floor(lastMs / ms) - Math.floor(firstMs / ms) + 1;
  const foldMs = lengths.find((ms) => countOf(ms) <= max) ?? lengths.at(-1)!;
  const first = Math.floor(firstMs / foldMs);
  const sums = Array.from({ length: countOf(foldMs) }, (_, i) => ({ startMs: (first + i) * foldMs, events: 0 }));
  for (const { startMs, events } of points) sums[Math.floor(startMs / foldMs) - first]!.events += events;
  return sums;
}

const stepOf = (answer: JsonObject): number => INTERVAL_MS[answer.granularity as keyof typeof INTERVAL_MS];

function barTable(answer: JsonObject, { zone }: Printer): Table {
  const sums = folded(pointsOf(answer, []), stepOf(answer), BARS_MAX);
  const most = Math.max(...sums.map(({ events }) => events));
  const rows = sums.map(({ startMs, events }) => ({ time: new Date(startMs).toISOString(), events }));
  return {
    rows,
    columns: [
      { heading: 'FROM', of: (row) => timeText(textOf(row, 'time'), zone).replace(':00.000', '') },
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      { heading: '', of: (row) => barText(Number(row.events), most, BAR_CHARACTERS) },
    ],
  };
}

function groupTable(answer: JsonObject, groupBy: readonly string[]): Table {
  const points = pointsOf(answer, groupBy);
  const groups = Map.groupBy(points, ({ group }) => group);
  const none = points.map((point) => ({ ...point, events: 0 }));
  const rows = [...groups].map(([group, own]) => ({
    group,
    events: own.reduce((sum, { events }) => sum + events, 0),
    // With all the others' times, so that the pictures of all groups are of the same time.
    picture: sparkText(folded([...none, ...own], stepOf(answer), SPARK_INTERVALS_MAX).map(({ events }) => events)),
  }));
  const most = rows.toSorted((a, b) => b.events - a.events || (a.group < b.group ? -1 : 1)).slice(0, GROUPS_MAX);
  return {
    rows: most,
    columns: [
      { heading: groupBy.join(' · ').toUpperCase().replaceAll('_', ' '), of: (row) => textOf(row, 'group') },
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      { heading: 'OVER TIME', of: (row) => textOf(row, 'picture') },
    ],
  };
}

function shareTable(values: unknown, name: string, total: number): Table {
  const rows = objectsOf(values).toSorted((a, b) => Number(b.events) - Number(a.events));
  return {
    rows,
    columns: [
      { heading: name.toUpperCase().replace('_', ' '), of: (row) => textOf(row, name) },
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      { heading: 'SHARE', of: (row) => shareText(Number(row.events), total), isNumber: true },
      { heading: 'TEXT', of: (row) => bytesText(Number(row.bytes)), isNumber: true },
    ],
  };
}

function errorTable(answer: JsonObject, { zone }: Printer): Table {
  const services = (row: JsonObject) => (Array.isArray(row.services) ? row.services.join(', ') : '');
  return {
    rows: objectsOf(answer.top_errors),
    columns: [
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      { heading: 'LAST', of: (row) => timeText(textOf(row, 'last'), zone) },
      { heading: 'SERVICES', of: services },
      { heading: 'MESSAGE', of: (row) => textOf(row, 'message') },
      { heading: 'EXAMPLE', of: (row) => textOf(row, 'example_event_id') },
    ],
  };
}
