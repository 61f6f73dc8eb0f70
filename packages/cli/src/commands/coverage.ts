import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { type RangeOptions, rangeParameters, withRange } from '../time-range.ts';
import { timeText } from '../time-zone.ts';

interface CoverageOptions extends ConnectionOptions, FormatOptions, RangeOptions {
  service?: string;
}

export function addCoverage(command: Command): void {
  withFormat(withRange(withConnection(command), '24h'))
    .option('--service <name>', 'only events of this service')
    .action((options: CoverageOptions) => printCoverage(connect(options), options, printerOf(options, process.stdout)));
}

const PARTS = ['seen', 'never_seen', 'undeclared', 'violations'] as const;
type Part = (typeof PARTS)[number];

const TITLES: Record<Part, string> = {
  seen: 'Declared and seen',
  never_seen: 'Declared, never seen',
  undeclared: 'Seen, not declared',
  violations: 'Seen, not as declared',
};

async function printCoverage(client: ApiClient, options: CoverageOptions, printer: Printer): Promise<void> {
  const query = new URLSearchParams(rangeParameters(options, printer.zone));
  if (options.service !== undefined) query.set('service', options.service);
  const answer = await client.json('/api/coverage', { query });
  const { stdout, format } = printer;
  if (format === 'json') return write(stdout, `${JSON.stringify(answer, null, 2)}\n`);
  for (const [i, part] of PARTS.entries()) {
    if (i > 0 && format !== 'ndjson') await write(stdout, '\n');
    const rows = objectsOf(answer[part]).map((row) => (format === 'ndjson' ? { coverage: part, ...row } : row));
    if (format !== 'ndjson')
      await write(stdout, format === 'md' ? `## ${TITLES[part]}\n\n` : `${TITLES[part]}: ${rows.length}\n`);
    if (format !== 'ndjson' && rows.length === 0 && format === 'text') continue;
    await printTable(printer, { rows, columns: columnsOf(part, printer), answer, empty: 'None.' });
  }
}

function columnsOf(part: Part, { zone }: Printer): Column[] {
  const column = (heading: string, field: string): Column => ({ heading, of: (row) => textOf(row, field) });
  const number = (heading: string, field: string): Column => ({ ...column(heading, field), isNumber: true });
  const name: Column = { heading: 'EVENT', of: eventName };
  const owner = column('OWNER', 'owner');
  const last: Column = { heading: 'LAST SEEN', of: (row) => timeText(textOf(row, 'last_seen'), zone) };
  const services: Column = { heading: 'SERVICES', of: servicesText };
  const counts = [number('EVENTS', 'events'), number('PER HOUR', 'per_hour'), last, services];
  if (part === 'seen') return [name, owner, ...counts];
  if (part === 'never_seen') return [name, owner];
  if (part === 'undeclared') return [name, ...counts];
  const what = [column('SERVICE', 'service'), column('ATTRIBUTE', 'attribute'), column('PROBLEM', 'problem')];
  return [name, owner, ...what, number('EVENTS', 'events'), column('EXAMPLE', 'example_event_id')];
}

/** `auth.login_failed`, or the log type alone of events without a type. */
const eventName = (row: JsonObject): string =>
  [textOf(row, 'log_type'), textOf(row, 'event_type')].filter((part) => part !== '').join('.');

const servicesText = (row: JsonObject): string =>
  objectsOf(row.services)
    .map((service) => textOf(service, 'service') || '(none)')
    .join(', ');
