import type { RangeAggregation } from '@tailwater/schema/logql';
import type { EventStore, SqlQuery } from '../../../stores/store.ts';
import { EVENTS } from '../../events-sql.ts';
import { SELECT_SETTINGS, type SqlParams } from '../../sql.ts';
import { badQuery } from '../errors.ts';
import type { StreamSettings } from '../events/streams.ts';
import {
  type BucketRow,
  bucketBaseMs,
  bucketWidthMs,
  RangeWindows,
  type Series,
  slideBuckets,
} from '../range/index.ts';
import { type StepGrid, type StepSeries, stepCount } from '../series.ts';
import { type CompiledLog, scopeSql } from './compile.ts';
import { metadataSql, numberOf } from './label-sql.ts';
import { streamsOf } from './selection.ts';
import { columnsOfAllLabels, columnsOfLabels, type SeriesRow } from './series-columns.ts';
import type { Span } from './universe.ts';

/** Buckets of one answer: more are not aggregated in the store but streamed as rows. */
const BUCKETS_MAX = 100_000;
/** Rows that one aggregation may answer, some 200 MB here. */
const ROWS_MAX = 2_000_000;

/** A range aggregation that the store works out, one row a series and bucket. */
export interface PushedAggregation {
  query: SqlQuery;
  /** The series over the grid; null when events turned up of which only the pipeline knows the answer. */
  run(store: EventStore, options: { signal: AbortSignal; timeoutMs: number }): Promise<StepSeries[] | null>;
  /** Whether it would give more series, as far as the first events tell: that is cheap to know where it is so. */
  exceeds(store: EventStore, seriesMax: number, options: { signal: AbortSignal; timeoutMs: number }): Promise<boolean>;
}

interface Row extends SeriesRow {
  bucket: string;
  n: string;
  /** Of a quantile over several buckets all values. */
  v: number | string | null | (number | string | null)[];
  m2: number | string | null;
  at: string | number;
  tie: string;
  odd: number | string;
}

/**
 * The plan of a range aggregation in SQL, null where that would not be exact. It is for pipelines that SQL answers
 * whole and series that a `by (…)`, its own or that of the sum around it, makes from labels that SQL can tell.
 */
export function pushAggregation(
  leaf: RangeAggregation,
  grid: StepGrid,
  sumGrouping: readonly string[] | null,
  compiled: CompiledLog,
  { orgId, span, settings }: { orgId: string; span: Span; settings: StreamSettings },
): PushedAggregation | null {
  if (!compiled.isExact || leaf.grouping?.kind === 'without') return null;
  const names = leaf.grouping?.labels ?? (leaf.op === 'absent_over_time' ? [] : sumGrouping);
  // The unwrapped label is none of the series, so all labels as they are do not do.
  if (names === null && leaf.range.unwrap !== null) return null;
  const params = compiled.params.copy();
  const groups = names === null ? columnsOfAllLabels(settings) : columnsOfLabels(names, compiled, settings, params);
  const values = valueColumns(leaf, grid, compiled, settings, params);
  // Buckets of values are those of sums.
  const ofSums = leaf.op === 'quantile_over_time' ? { ...leaf, op: 'sum_over_time' as const } : leaf;
  const widthMs = bucketWidthMs(ofSums, grid);
  if (groups === null || values === null || widthMs === null) return null;
  const baseMs = bucketBaseMs(leaf, grid);
  const buckets = Math.ceil((grid.endMs - leaf.range.offsetMs - baseMs) / widthMs);
  if (buckets > BUCKETS_MAX) return null;

  const base = params.add('Int64', (BigInt(baseMs) * 1_000_000n + 1n).toString());
  const width = params.add('Int64', (BigInt(widthMs) * 1_000_000n).toString());
  const bucket = `intDiv(toUnixTimestamp64Nano(ts) - ${base}, ${width})`;
  const where = [scopeSql(orgId, span.startNs, span.endNs, params), ...compiled.conditions, ...values.conditions];
  if (grid.stepMs > leaf.range.rangeMs) {
    // Of the time between two windows nothing is wanted.
    where.push(`${bucket} % ${grid.stepMs / widthMs} < ${leaf.range.rangeMs / widthMs}`);
  }
  const odd = [...compiled.odd, ...values.odd];
  const columns = [
    ...groups.columns,
    `${bucket} + 1 AS bucket`,
    'count() AS n',
    `${values.value} AS v`,
    `${values.m2} AS m2`,
    `${placeSql(leaf, base)} AS at`,
    `${tieSql(leaf)} AS tie`,
    `${odd.length === 0 ? '0' : `countIf(${odd.join(' OR ')})`} AS odd`,
  ];
  const keys = [...groups.keys, 'bucket'];
  const sql =
    `SELECT ${columns.join(', ')} FROM ${EVENTS} WHERE ${where.join(' AND ')}` +
    ` GROUP BY ${keys.join(', ')} LIMIT ${ROWS_MAX + 1} ${SELECT_SETTINGS}`;
  const query = { sql, params: params.values };
  const distinct = `SELECT DISTINCT ${groups.columns.join(', ')} FROM ${EVENTS} WHERE ${where.join(' AND ')}`;

  async function run(store: EventStore, options: { signal: AbortSignal; timeoutMs: number }) {
    const rows: PlacedBucket[] = [];
    for await (const chunk of store.select<Row>(query, options)) {
      for (const row of chunk) {
        if (Number(row.odd) !== 0) return null;
        const bucketRow = {
          bucket: Number(row.bucket),
          count: Number(row.n),
          value: numberOfRow(row.v as Exclude<Row['v'], unknown[]>),
        };
        const place = { order: Number(row.at), tie: row.tie };
        rows.push({ ...bucketRow, ...place, series: groups!.seriesOf(row), m2: numberOfRow(row.m2) });
      }
      if (rows.length > ROWS_MAX) throw badQuery(`the query would read too many series (limit: ${ROWS_MAX} points)`);
    }
    if (leaf.op === 'quantile_over_time') return mergesSeries(rows) ? null : quantileSteps(rows, stepCount(grid));
    return slideBuckets(leaf, grid, widthMs!, isPlaced(leaf) ? rows.sort(inOrder) : rows);
  }

  /** Each bucket's values themselves, for windows of several buckets. */
  async function runValues(store: EventStore, options: { signal: AbortSignal; timeoutMs: number }) {
    const windows = new RangeWindows(leaf, grid);
    for await (const chunk of store.select<Row>(query, options)) {
      for (const row of chunk) {
        if (Number(row.odd) !== 0) return null;
        const series = groups!.seriesOf(row);
        const endMs = baseMs + Number(row.bucket) * widthMs!;
        for (const value of row.v as (number | string | null)[]) windows.add(series, endMs, 0, numberOfRow(value));
      }
    }
    return windows.finish();
  }

  async function exceeds(store: EventStore, seriesMax: number, options: { signal: AbortSignal; timeoutMs: number }) {
    if (names !== null) return false;
    const sql = `${distinct} LIMIT ${DISTINCT_FACTOR * (seriesMax + 1)} ${SELECT_SETTINGS}`;
    const series = new Set<Series>();
    for await (const chunk of store.select<Row>({ sql, params: params.values }, options)) {
      for (const row of chunk) series.add(groups!.seriesOf(row));
      if (series.size > seriesMax) return true;
    }
    return false;
  }
  const isValues = leaf.op === 'quantile_over_time' && !isOneBucket(leaf, grid);
  return { query, run: isValues ? runValues : run, exceeds };
}

/** Attributes in another order are another group and the same series. */
const DISTINCT_FACTOR = 4;

/** As the store writes them: text for NaN and infinities, and for integers of 64 bits. */
function numberOfRow(value: number | string | null): number {
  return typeof value === 'string' ? Number(value.replace('inf', 'Infinity')) : (value ?? Number.NaN);
}

/** Of events of one time the place in the journal decides, as where rows are read. */
interface PlacedBucket extends BucketRow {
  order: number;
  tie: string;
}

function inOrder(left: PlacedBucket, right: PlacedBucket): number {
  if (left.bucket !== right.bucket) return left.bucket - right.bucket;
  if (left.order !== right.order) return left.order - right.order;
  return left.tie < right.tie ? -1 : left.tie > right.tie ? 1 : 0;
}

function isPlaced({ op }: RangeAggregation): boolean {
  return op === 'first_over_time' || op === 'last_over_time';
}

/** The place of the first or last event of a bucket as text that sorts like it. */
function tieSql(leaf: RangeAggregation): string {
  if (!isPlaced(leaf)) return "''";
  const aggregate = leaf.op === 'first_over_time' ? 'argMin' : 'argMax';
  const text = "concat(leftPad(toString(frame), 20, '0'), leftPad(toString(frame_index), 10, '0'))";
  return `${aggregate}(${text}, (ts, frame, frame_index))`;
}

/** When the first or last event of a bucket was, in ns behind the base: several streams can be one series. */
function placeSql({ op }: RangeAggregation, base: string): string {
  if (op === 'first_over_time') return `toUnixTimestamp64Nano(min(ts)) - ${base}`;
  return op === 'last_over_time' ? `toUnixTimestamp64Nano(max(ts)) - ${base}` : '0';
}

interface ValueColumns {
  value: string;
  m2: string;
  conditions: string[];
  odd: string[];
}

function valueColumns(
  leaf: RangeAggregation,
  grid: StepGrid,
  compiled: CompiledLog,
  settings: StreamSettings,
  params: SqlParams,
): ValueColumns | null {
  const { unwrap } = leaf.range;
  if (unwrap === null) {
    const isBytes = leaf.op === 'bytes_over_time' || leaf.op === 'bytes_rate';
    return { value: isBytes ? 'sum(length(message))' : '0', m2: '0', conditions: [], odd: [] };
  }
  const areFiltersVoid = unwrap.filters.every(
    (filter) =>
      filter.kind === 'matcher' &&
      filter.matcher.name === '__error__' &&
      filter.matcher.op === '=' &&
      filter.matcher.value === '',
  );
  const streams = streamsOf(compiled.selection);
  if (unwrap.conversion !== null || !areFiltersVoid) return null;
  if (streams.some(({ stream }) => stream.labels.has(unwrap.label))) return null;
  const metadata = metadataSql(unwrap.label, streams, compiled.selection, settings, params);
  if (metadata === null) return null;
  const { number, odd } = numberOf(metadata);
  const aggregate = aggregateOf(leaf, grid, number, params);
  if (aggregate === null) return null;
  // Interpolation multiplies infinities by 0; the store's does not.
  const isQuantile = leaf.op === 'quantile_over_time' && isOneBucket(leaf, grid);
  // An absent or empty label is no sample; text that is no number is an error, which is the pipeline's to tell.
  return {
    ...aggregate,
    conditions: [metadata.number === null ? `${metadata.value} != ''` : metadata.has],
    odd: [odd, isQuantile ? `NOT ifNull(isFinite(${number}), 1)` : null].filter((part) => part !== null),
  };
}

function aggregateOf(
  leaf: RangeAggregation,
  grid: StepGrid,
  x: string,
  params: SqlParams,
): { value: string; m2: string } | null {
  const place = '(ts, frame, frame_index)';
  switch (leaf.op) {
    case 'sum_over_time':
    case 'rate':
      return { value: `sum(${x})`, m2: '0' };
    case 'avg_over_time':
      return { value: `avg(${x})`, m2: '0' };
    case 'min_over_time':
      return { value: `min(${x})`, m2: '0' };
    case 'max_over_time':
      return { value: `max(${x})`, m2: '0' };
    case 'stddev_over_time':
    case 'stdvar_over_time':
      // The store gives 0 for a single infinity.
      return { value: `avg(${x})`, m2: `if(min(isFinite(${x})) = 1, varPopStable(${x}) * count(${x}), nan)` };
    case 'first_over_time':
      return { value: `argMin(${x}, ${place})`, m2: '0' };
    case 'last_over_time':
      return { value: `argMax(${x}, ${place})`, m2: '0' };
    case 'quantile_over_time': {
      if (!isOneBucket(leaf, grid)) return { value: `groupArray(${x})`, m2: '0' };
      const q = leaf.parameter ?? 0;
      if (!(q >= 0 && q <= 1)) return null;
      return { value: `quantileExactInclusive(${params.add('Float64', q)})(${x})`, m2: '0' };
    }
    case 'absent_over_time':
      return { value: '0', m2: '0' };
    default:
      return null;
  }
}

/** Windows neither overlap nor leave gaps, so that each is one bucket: then the store works the quantile out. */
function isOneBucket({ range }: RangeAggregation, { stepMs }: StepGrid): boolean {
  return stepMs === 0 || stepMs === range.rangeMs;
}

/** Several streams can give one series, and quantiles of parts do not make the whole. */
function mergesSeries(rows: readonly BucketRow[]): boolean {
  return new Set(rows.map(({ series, bucket }) => `${bucket} ${series.key}`)).size < rows.length;
}

function quantileSteps(rows: readonly BucketRow[], steps: number): StepSeries[] {
  const bySeries = new Map<Series, { steps: number[]; values: number[] }>();
  for (const { series, bucket, value } of [...rows].sort((a, b) => a.bucket - b.bucket)) {
    if (bucket < 1 || bucket > steps) continue;
    const points = bySeries.get(series) ?? { steps: [], values: [] };
    points.steps.push(bucket - 1);
    points.values.push(value);
    bySeries.set(series, points);
  }
  return [...bySeries].map(([{ labels }, points]) => ({ labels, ...points }));
}
