import { LINE_BYTES_EXPRESSION } from '../../../stores/clickhouse/schema.ts';
import { EVENTS } from '../../events-sql.ts';
import { SqlParams } from '../../sql.ts';
import { labelsJson, sampleJson, vectorSample } from '../encode.ts';
import { StreamCache } from '../events/streams.ts';
import { selector as parseSelector } from '../parse.ts';
import { compileLog, scopeSql } from '../plan/compile.ts';
import { fieldSql } from '../plan/label-sql.ts';
import { type Selection, streamsCondition, streamsOf } from '../plan/selection.ts';
import { STREAMS, shareSql, spanCondition } from '../plan/universe.ts';
import type { Labels } from '../row.ts';
import type { IndexStatsTask, VolumeTask } from '../tasks.ts';
import { COUNTS, type Context, countedWhere, selectionOf, servicesOf } from './labels.ts';

/** The answer of `/loki/api/v1/index/stats`. There are no chunks here; each stream counts as one. */
export async function runIndexStats(task: IndexStatsTask, context: Context): Promise<string> {
  const streams = streamsOf(await selectionOf(task, task.selector, context));
  const sum = (of: 'bytes' | 'events') => Math.round(streams.reduce((total, { row }) => total + row[of], 0));
  const names = new Set(streams.map(({ stream }) => stream));
  const stats = { streams: names.size, chunks: names.size, bytes: sum('bytes'), entries: sum('events') };
  return `${JSON.stringify(stats)}\n`;
}

/** Bytes of one stream, in one step of a range. */
interface Bytes {
  labels: Labels;
  step: number;
  bytes: number;
}

/** Own fields of few values whose bytes are counted by the hour and service. */
const COUNTED_FIELDS = ['log_type', 'event_type', 'severity', 'detected_level'];

/** The answer of `/loki/api/v1/index/volume`, and of `volume_range` where the task has a step. */
export async function runVolume(task: VolumeTask, context: Context): Promise<string> {
  const matchers = task.selector === '' ? [] : parseSelector(task.selector);
  // By label, all labels of the streams are told where none is named.
  const ofMatchers = task.aggregateBy === 'series' ? [...new Set(matchers.map(({ name }) => name))] : [];
  const named = task.targetLabels.length > 0 ? task.targetLabels : ofMatchers;
  const selection = await selectionOf(task, task.selector, context);
  const all = await bytesOf(task, named, selection, context);
  const volumes = new Map<string, { labels: Labels; total: number; steps: Map<number, number> }>();
  const add = (labels: Labels, { step, bytes }: Bytes): void => {
    const key = labelsJson(labels);
    const volume = volumes.get(key) ?? { labels, total: 0, steps: new Map<number, number>() };
    volume.total += bytes;
    volume.steps.set(step, (volume.steps.get(step) ?? 0) + bytes);
    volumes.set(key, volume);
  };
  for (const bytes of all) {
    const wanted = named.length === 0 ? bytes.labels : bytes.labels.filter(([name]) => named.includes(name));
    if (task.targetLabels.length > 0 && wanted.length < new Set(named).size) continue;
    if (task.aggregateBy === 'series') add(wanted, bytes);
    else for (const [name] of wanted) add([[name, '']], bytes);
  }
  const sorted = [...volumes].sort(([a, one], [b, other]) => other.total - one.total || (a < b ? -1 : 1));
  const first = sorted.slice(0, Math.min(task.limit, task.settings.volumeSeriesMax)).map(([, volume]) => volume);
  return volumeJson(task, first);
}

function volumeJson(
  task: VolumeTask,
  volumes: { labels: Labels; total: number; steps: Map<number, number> }[],
): string {
  const endMs = Number(task.endNs / 1_000_000n);
  const startMs = Number(task.startNs / 1_000_000n);
  const { stepMs } = task;
  const isVector = stepMs === null || volumes.every(({ steps }) => steps.size <= 1);
  // The last millisecond of the step, and of the last one its end, as Loki has it.
  const stepEnd = (step: number) => {
    const next = startMs + (step + 1) * stepMs!;
    return next < endMs ? next - 1 : endMs;
  };
  const results = volumes.map(({ labels, total, steps }) => {
    if (isVector) return vectorSample(labels, endMs, Math.round(total));
    const points = [...steps]
      .sort(([a], [b]) => a - b)
      .map(([step, bytes]) => sampleJson(stepEnd(step), Math.round(bytes)));
    return `{"metric":${labelsJson(labels)},"values":[${points.join(',')}]}`;
  });
  const kind = isVector ? 'vector' : 'matrix';
  return `{"status":"success","data":{"resultType":"${kind}","result":[${results.join(',')}]}}\n`;
}

const HOUR_MS = 3_600_000;

async function bytesOf(
  task: VolumeTask,
  named: readonly string[],
  selection: Selection,
  context: Context,
): Promise<Bytes[]> {
  const streams = streamsOf(selection);
  if (streams.length === 0) return [];
  const isCounted = task.settings.eventFields && named.some((name) => COUNTED_FIELDS.includes(name));
  const ofStreams = new Set(streams.map(({ row }) => streamKey(row)));
  const isSelected = (row: Pick<VolumeRow, 'labels' | 'service'>) => ofStreams.has(streamKey(row));
  if (task.stepMs !== null && task.stepMs < HOUR_MS)
    return readBytes(task, eventsSql(task, named, selection), isSelected, context);
  if (isCounted) return readBytes(task, countedSql(task, selection), () => true, context);
  if (task.stepMs !== null) return readBytes(task, hoursSql(task, selection), isSelected, context);
  return streams.map(({ stream, row }) => ({ labels: stream.sorted, step: 0, bytes: row.bytes }));
}

const streamKey = ({ labels, service }: Pick<VolumeRow, 'labels' | 'service'>) => `${service}\n${labels}`;

interface VolumeQuery {
  sql: string;
  params: SqlParams;
}

/** By the hour of `streams_hourly`; hours go to the step in which they, or the span, begin. */
function hoursSql(task: VolumeTask, selection: Selection): VolumeQuery {
  const params = new SqlParams();
  const where = spanCondition(task.orgId, task, params);
  const condition = streamsCondition(streamsOf(selection), selection.universe, params) ?? '1';
  const at = `greatest(toUnixTimestamp64Second(hour) * 1000, ${startMs(task, params)})`;
  const bytes = `sum(bytes * ${shareSql(task, params)})`;
  const sql =
    `SELECT labels, service, ${stepSql(task, at, params)} AS step, ${bytes} AS volume FROM ${STREAMS}` +
    ` WHERE ${where} AND ${condition} GROUP BY labels, service, step`;
  return { sql, params };
}

/** By the hour, service and own fields. */
function countedSql(task: VolumeTask, selection: Selection): VolumeQuery {
  const params = new SqlParams();
  const services = servicesOf(
    streamsOf(selection).map(({ row }) => row),
    selection,
  );
  const where = countedWhere(task.orgId, task, services, params).join(' AND ');
  const at = `greatest(toUnixTimestamp64Second(hour) * 1000, ${startMs(task, params)})`;
  const step = task.stepMs === null ? '0' : stepSql(task, at, params);
  const sql =
    `SELECT '' AS labels, service, log_type, event_type, toString(severity) AS level, ${step} AS step,` +
    ` sum(bytes) AS volume FROM ${COUNTS} WHERE ${where} GROUP BY service, log_type, event_type, level, step`;
  return { sql, params };
}

/** Steps shorter than the hours that are counted: from the events of the span. */
function eventsSql(task: VolumeTask, named: readonly string[], selection: Selection): VolumeQuery {
  const selector = { kind: 'log' as const, selector: [], stages: [] };
  const { params, conditions } = compileLog(selector, selection, { settings: task.settings, pushDown: true });
  const fields = COUNTED_FIELDS.filter((name) => task.settings.eventFields && named.includes(name));
  const columns = fields.map((name) =>
    name === 'log_type' || name === 'event_type' ? name : `${fieldSql('severity')} AS level`,
  );
  const keys = [
    'labels',
    'service',
    ...new Set(fields.map((name) => (name.endsWith('_type') ? name : 'level'))),
    'step',
  ];
  const where = [scopeSql(task.orgId, task.startNs, task.endNs, params), ...conditions].join(' AND ');
  const sql =
    `SELECT ${['labels', 'service', ...new Set(columns)].join(', ')},` +
    ` ${stepSql(task, 'toUnixTimestamp64Milli(ts)', params)} AS step, sum(${LINE_BYTES_EXPRESSION}) AS volume` +
    ` FROM ${EVENTS} WHERE ${where} GROUP BY ${keys.join(', ')}`;
  return { sql, params };
}

function startMs(task: VolumeTask, params: SqlParams): string {
  return params.add('Int64', (task.startNs / 1_000_000n).toString());
}

function stepSql(task: VolumeTask, atMs: string, params: SqlParams): string {
  return `intDiv(${atMs} - ${startMs(task, params)}, ${params.add('Int64', String(task.stepMs))})`;
}

interface VolumeRow {
  labels: string;
  service: string;
  log_type?: string;
  event_type?: string;
  level?: string;
  step: string | number;
  volume: string | number;
}

/** Streams that are too many to be named in SQL are told apart here. */
async function readBytes(
  task: VolumeTask,
  { sql, params }: VolumeQuery,
  isSelected: (row: VolumeRow) => boolean,
  { store, signal }: Context,
): Promise<Bytes[]> {
  const streams = new StreamCache(task.settings);
  const result: Bytes[] = [];
  for await (const rows of store.select<VolumeRow>({ sql, params: params.values }, { signal })) {
    for (const row of rows) {
      if (!isSelected(row)) continue;
      const { labels, service, log_type, event_type, level, step, volume } = row;
      const { stream } = streams.get(labels, service);
      const own = { log_type, event_type, severity: level, detected_level: level };
      const fields = Object.entries(own).filter(([name, value]) => value && !stream.labels.has(name)) as [
        string,
        string,
      ][];
      const all = [...stream.sorted, ...fields].sort(([a], [b]) => (a < b ? -1 : 1));
      result.push({ labels: all, step: Number(step), bytes: Number(volume) });
    }
  }
  return result;
}
