import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectionOptions, connect, connectAs, withConnection } from '../connection.ts';
import { type Breakdown, type Estimate, estimateOf, type OrgVolume, type SampleRule } from '../estimate.ts';
import { type Column, type FormatOptions, type Printer, printerOf, printTable, withFormat } from '../format.ts';
import { isObject, type JsonObject, objectsOf, textOf } from '../json.ts';
import { write } from '../output.ts';
import { Progress } from '../progress.ts';
import { bytesText, counted, countText } from '../quantity.ts';
import { escapeMarkdown } from '../render-table.ts';

const DAYS_DEFAULT = 7;
/** Events whose size as JSON is measured. */
const MEASURED_EVENTS = 500;
const BREAKDOWN_ROWS_MAX = 20;
const SEVERITIES = ['debug', 'info', 'warn', 'error', 'critical'];

interface EstimateOptions extends ConnectionOptions, FormatOptions {
  days: number;
  retention: number;
  allOrgs?: boolean;
  sample: SampleRule[];
}

export function addEstimate(command: Command): void {
  withFormat(withConnection(command))
    .addOption(new Option('--days <days>', 'reckon from the last days').argParser(readDays).default(DAYS_DEFAULT))
    .addOption(new Option('--retention <days>', 'days that events are kept, for costs').argParser(readDays).default(30))
    .option('--all-orgs', 'all orgs, where the key may select orgs')
    .option(
      '--sample <rule>',
      'what a sampling rule would save, such as severity=debug:0.1; may be repeated',
      readRule,
      [],
    )
    .action((options: EstimateOptions) => estimate(options, printerOf(options, process.stdout)));
}

async function estimate(options: EstimateOptions, printer: Printer): Promise<void> {
  const client = connect(options);
  const volumes = await volumesOf(client, options);
  const storage = await client.json('/api/storage');
  const newest = await client.json('/api/logs', {
    query: new URLSearchParams({ from: `-${options.days}d`, page_size: String(MEASURED_EVENTS) }),
  });
  const result = estimateOf({
    volumes,
    days: options.days,
    retentionDays: options.retention,
    diskBytesPerEvent: typeof storage.bytes_per_event === 'number' ? storage.bytes_per_event : null,
    measured: objectsOf(newest.events),
    rules: options.sample,
  });
  await printEstimate(result, printer);
}

async function volumesOf(client: ApiClient, options: EstimateOptions): Promise<OrgVolume[]> {
  if (!options.allOrgs) return [await volumeOf(client, options.org ?? '', options.days)];
  const orgs = objectsOf((await client.json('/api/orgs')).orgs).map((org) => textOf(org, 'id'));
  const progress = new Progress(process.stderr, 'orgs', orgs.length);
  const volumes: OrgVolume[] = [];
  for (const org of orgs) {
    volumes.push(await volumeOf(connectAs(options, org), org, options.days));
    progress.update(volumes.length);
  }
  progress.end();
  return volumes;
}

async function volumeOf(client: ApiClient, org: string, days: number): Promise<OrgVolume> {
  const query = new URLSearchParams({ range: `${days}d`, granularity: 'daily', group_by: 'log_type,service,severity' });
  const answer = await client.json('/api/logs/stats', { query });
  const numbers = (row: JsonObject) => ({ events: Number(row.events), bytes: Number(row.bytes) });
  const from = Date.parse(textOf(answer, 'from'));
  return {
    org,
    fromMs: from,
    groups: objectsOf(answer.series).map((row) => ({
      startMs: Date.parse(textOf(row, 'time')),
      logType: textOf(row, 'log_type'),
      service: textOf(row, 'service'),
      severity: textOf(row, 'severity'),
      ...numbers(row),
    })),
  };
}

async function printEstimate(result: Estimate, printer: Printer): Promise<void> {
  const { stdout, format } = printer;
  if (format === 'json' || format === 'ndjson') {
    return write(stdout, `${JSON.stringify(result, null, format === 'json' ? 2 : 0)}\n`);
  }
  const say = (text: string) => write(stdout, `${format === 'md' ? escapeMarkdown(text) : text}\n`);
  const { per_day, json_bytes_per_event, disk_bytes_per_event } = result;
  if (per_day.events === 0) return say(`No events in the last ${counted(result.days, 'day')}: nothing to reckon with.`);
  await say(
    `A day: ${counted(per_day.events, 'event')}, ${bytesText(per_day.text_bytes)} of text, ${bytesText(per_day.json_bytes)} as JSON.`,
  );
  const disk = disk_bytes_per_event === null ? 'not known yet' : `${bytesText(disk_bytes_per_event)} on disk`;
  await say(`An event: ${bytesText(json_bytes_per_event)} as JSON, ${disk}.`);
  await section(printer, 'A day, by org, log type and service', breakdownTable(result.breakdown));
  await section(printer, 'Storage, once so many days are kept', {
    rows: result.storage,
    columns: [
      { heading: 'DAYS', of: (row) => textOf(row, 'retention_days'), isNumber: true },
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      {
        heading: 'ON DISK',
        of: (row) => (row.bytes === null ? 'not known' : bytesText(Number(row.bytes))),
        isNumber: true,
      },
      ...sampledColumn(result, (row) => (row.sampled_bytes === null ? '' : bytesText(Number(row.sampled_bytes)))),
    ],
  });
  await section(printer, `Cost a month, ${counted(result.retention_days, 'day')} kept`, costTable(result));
  for (const note of result.notes) await say(format === 'md' ? `- ${note}` : note);
}

function breakdownTable(breakdown: readonly Breakdown[]): Table {
  return {
    rows: breakdown.slice(0, BREAKDOWN_ROWS_MAX).map((row) => ({ ...row })),
    columns: [
      { heading: 'ORG', of: (row) => textOf(row, 'org') || 'own' },
      { heading: 'LOG TYPE', of: (row) => textOf(row, 'log_type') },
      { heading: 'SERVICE', of: (row) => textOf(row, 'service') || '(none)' },
      { heading: 'EVENTS', of: (row) => countText(Number(row.events)), isNumber: true },
      { heading: 'TEXT', of: (row) => bytesText(Number(row.text_bytes)), isNumber: true },
    ],
  };
}

function costTable(result: Estimate): Table {
  const money = (value: unknown) =>
    typeof value === 'number'
      ? `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
      : '';
  return {
    rows: result.costs.map((row) => ({ ...row })),
    columns: [
      { heading: 'WHERE', of: (row) => textOf(row, 'name') },
      { heading: 'PLAN', of: (row) => textOf(row, 'plan') },
      { heading: 'COST', of: (row) => money(row.usd_per_month), isNumber: true },
      ...sampledColumn(result, (row) => money(row.sampled_usd_per_month)),
      { heading: 'PRICE OF', of: (row) => textOf(row, 'as_of') },
    ],
  };
}

function sampledColumn(result: Estimate, of: Column['of']): Column[] {
  return result.sampled === null ? [] : [{ heading: 'SAMPLED', of, isNumber: true }];
}

interface Table {
  rows: readonly object[];
  columns: Column[];
}

async function section(printer: Printer, title: string, { rows, columns }: Table): Promise<void> {
  await write(printer.stdout, printer.format === 'md' ? `\n## ${title}\n\n` : `\n${title}\n`);
  const objects = rows.filter(isObject);
  await printTable(printer, { rows: objects, columns, answer: objects, empty: 'None.' });
  if (printer.format === 'text' || title.startsWith('Cost'))
    await write(printer.stdout, title.startsWith('Cost') ? '\n' : '');
}

function readDays(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Expected a number of days from 1.');
  return Number(text);
}

const NAMES: Readonly<Record<string, SampleRule['field']>> = {
  severity: 'severity',
  type: 'logType',
  log_type: 'logType',
  service: 'service',
};

/** `severity=debug:0.1` keeps a tenth of the debug events. */
function readRule(text: string, before: SampleRule[]): SampleRule[] {
  const match = /^(\w+)=(.+):(0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/.exec(text);
  const [, name = '', value = '', share = ''] = match ?? [];
  const field = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (field === undefined || (field === 'severity' && !SEVERITIES.includes(value))) {
    throw new InvalidArgumentError(
      'Expected severity=, type= or service=, a value, and what is kept: severity=debug:0.1',
    );
  }
  return [...before, { field, value, keep: Number(share) }];
}
