import { DATABASE, STATS_TABLE } from '../../../stores/clickhouse/schema.ts';
import type { EventStore } from '../../../stores/store.ts';
import { SqlParams, time } from '../../sql.ts';
import { labelsJson } from '../encode.ts';
import { selector as parseSelector } from '../parse.ts';
import { fieldSql } from '../plan/label-sql.ts';
import { type Selection, selectStreams, streamsCondition, streamsOf } from '../plan/selection.ts';
import { clamp, readStreams, type Span, STREAMS, type StreamRow, spanCondition } from '../plan/universe.ts';
import type { DetectedLabelsTask, LabelsTask, LabelValuesTask, LogqlTask, SeriesTask } from '../tasks.ts';

export interface Context {
  store: EventStore;
  signal: AbortSignal;
}

/** The event's own fields that are listed among the labels: those of few values, which the store counts by the hour. */
const LISTED_FIELDS = ['event_type', 'host', 'log_type', 'severity'] as const;
type CountedField = (typeof LISTED_FIELDS)[number] | 'detected_level';

export async function selectionOf(
  task: Extract<LogqlTask, { startNs: bigint }>,
  selector: string,
  { store, signal }: Context,
): Promise<Selection> {
  const matchers = selector === '' ? [] : parseSelector(selector);
  return selectStreams(await readStreams(store, task.orgId, task, signal), matchers, task.settings);
}

/** The answer of `/loki/api/v1/labels`. */
export async function runLabels(task: LabelsTask, context: Context): Promise<string> {
  const selection = await selectionOf(task, task.selector, context);
  const names = new Set(streamsOf(selection).flatMap(({ stream }) => [...stream.labels.keys()]));
  if (task.settings.eventFields) {
    const lists = await Promise.all(LISTED_FIELDS.map((field) => fieldValues(field, task, selection, context)));
    for (const [i, values] of lists.entries()) if (values.length > 0) names.add(LISTED_FIELDS[i]!);
  }
  return listJson([...names].sort().map((name) => JSON.stringify(name)));
}

/** The answer of `/loki/api/v1/label/{name}/values`. */
export async function runLabelValues(task: LabelValuesTask, context: Context): Promise<string> {
  const selection = await selectionOf(task, task.selector, context);
  const values = new Set<string>();
  for (const { stream } of streamsOf(selection)) {
    const value = stream.labels.get(task.name);
    if (value !== undefined) values.add(value);
  }
  if (task.settings.eventFields && isCounted(task.name)) {
    for (const value of await fieldValues(task.name, task, selection, context)) values.add(value);
  }
  return listJson([...values].sort().map((value) => JSON.stringify(value)));
}

function isCounted(name: string): name is CountedField {
  return name === 'detected_level' || (LISTED_FIELDS as readonly string[]).includes(name);
}

/**
 * Values of an own field in the hours of the span. `host` is counted by stream, the others by service: theirs are the
 * values of all events of the services that the selector matches.
 */
async function fieldValues(
  field: CountedField,
  { orgId, startNs, endNs }: Span & { orgId: string },
  selection: Selection,
  { store, signal }: Context,
): Promise<string[]> {
  const params = new SqlParams();
  const streams = streamsOf(selection);
  if (streams.length === 0) return [];
  const isHost = field === 'host';
  const where = isHost
    ? [spanCondition(orgId, { startNs, endNs }, params), streamsCondition(streams, selection.universe, params) ?? '1']
    : countedWhere(
        orgId,
        { startNs, endNs },
        servicesOf(
          streams.map(({ row }) => row),
          selection,
        ),
        params,
      );
  const table = isHost ? STREAMS : COUNTS;
  const value = field === 'detected_level' ? 'toString(severity)' : fieldSql(field);
  const sql = `SELECT DISTINCT ${value} AS value FROM ${table} WHERE ${where.join(' AND ')} LIMIT ${VALUES_MAX}`;
  const values: string[] = [];
  for await (const rows of store.select<{ value: string }>({ sql, params: params.values }, { signal })) {
    for (const row of rows) if (row.value !== '') values.push(row.value);
  }
  return values;
}

const VALUES_MAX = 10_000;
export const COUNTS = `${DATABASE}.${STATS_TABLE}`;

/** The services of the streams; null when they are all that there are. */
export function servicesOf(streams: readonly StreamRow[], { universe }: Selection): string[] | null {
  const services = new Set(streams.map(({ service }) => service));
  return services.size === new Set(universe.map(({ service }) => service)).size ? null : [...services];
}

/** The condition on `events_hourly`: its hours have no first and last time, so those that the span touches count whole. */
export function countedWhere(
  orgId: string,
  { startNs, endNs }: Span,
  services: readonly string[] | null,
  params: SqlParams,
): string[] {
  const start = clamp(startNs);
  const hour = start - (((start % HOUR_NS) + HOUR_NS) % HOUR_NS);
  const where = [
    `org = ${params.add('String', orgId)}`,
    `hour >= ${time(hour, params)}`,
    `hour < ${time(clamp(endNs), params)}`,
  ];
  if (services !== null) where.push(`service IN ${params.add('Array(String)', services)}`);
  return where;
}

const HOUR_NS = 3_600_000_000_000n;

/** The answer of `/loki/api/v1/series`. */
export async function runSeries(task: SeriesTask, context: Context): Promise<string> {
  const universe = await readStreams(context.store, task.orgId, task, context.signal);
  const series = new Set<string>();
  for (const text of task.selectors.length === 0 ? [''] : task.selectors) {
    const matchers = text === '' ? [] : parseSelector(text);
    const selection = selectStreams(universe, matchers, task.settings);
    for (const { stream } of streamsOf(selection)) series.add(labelsJson(stream.sorted));
  }
  return listJson([...series].sort());
}

/** The labels of the streams that a selector matches, for `/loki/api/v1/detected_labels`. */
export async function streamLabels(task: DetectedLabelsTask, context: Context) {
  return streamsOf(await selectionOf(task, task.selector, context)).map(({ stream }) => ({ labels: stream.labels }));
}

/** `data` stands also where it is empty: Loki leaves it out then, and clients read both. */
function listJson(items: readonly string[]): string {
  return `{"status":"success","data":[${items.join(',')}]}\n`;
}
