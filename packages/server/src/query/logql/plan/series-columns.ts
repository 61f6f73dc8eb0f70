import type { SqlParams } from '../../sql.ts';
import type { StoredRow } from '../events/fields.ts';
import { rowMapper } from '../events/row-mapper.ts';
import { StreamCache, type StreamSettings } from '../events/streams.ts';
import type { Series } from '../range/index.ts';
import type { Labels } from '../row.ts';
import type { CompiledLog } from './compile.ts';
import { metadataSql } from './label-sql.ts';
import { COLUMN_SQL, fixNumbers } from './read-rows.ts';
import { type SelectedStream, streamsCondition, streamsOf } from './selection.ts';

/** The columns that an aggregation groups by, and the series that a row of its answer stands for. */
export interface SeriesColumns {
  columns: readonly string[];
  keys: readonly string[];
  /** One object for the same labels. Several rows can be of one series. */
  seriesOf(row: SeriesRow): Series;
}

export interface SeriesRow extends Partial<StoredRow> {
  class?: number;
  [group: `g${number}`]: string;
}

/**
 * Series by these labels. Streams are told apart by the values that they have of them, as a number, or where there are too
 * many by the columns `labels` and `service`; any other label is one column, `=value`, or '' where the event has none.
 * Null when a label cannot be told in SQL.
 */
export function columnsOfLabels(
  names: readonly string[],
  compiled: CompiledLog,
  settings: StreamSettings,
  params: SqlParams,
): SeriesColumns | null {
  const streams = streamsOf(compiled.selection);
  const columns: string[] = [];
  const keys: string[] = [];
  for (const [i, name] of names.entries()) {
    if (name.startsWith('__') || name.endsWith('_extracted')) return null;
    const lacking = streams.filter(({ stream }) => !stream.labels.has(name));
    if (lacking.length === 0) continue;
    const metadata = metadataSql(name, lacking, compiled.selection, settings, params);
    if (metadata === null) return null;
    columns.push(`if(${metadata.has}, concat('=', ${metadata.value}), '') AS g${i}`);
    keys.push(`g${i}`);
  }
  const ofStreams = columnsOfStreams(names, compiled, settings, params);
  const seriesOf = seriesTable();
  const sortedNames = [...new Set(names)].sort();
  return {
    columns: [...columns, ...ofStreams.columns],
    keys: [...keys, ...ofStreams.keys],
    seriesOf: (row) => {
      const ofStream = ofStreams.labelsOf(row);
      const labels: [string, string][] = [];
      for (const name of sortedNames) {
        const text = ofStream.get(name) ?? metadataText(row[`g${names.indexOf(name)}`]);
        if (text !== undefined) labels.push([name, text]);
      }
      return seriesOf(labels);
    },
  };
}

interface StreamColumns {
  columns: readonly string[];
  keys: readonly string[];
  labelsOf(row: SeriesRow): ReadonlyMap<string, string>;
}

/** Conditions in one query, and characters of labels that they name. */
const CLASSES_MAX = 64;
const CLASSES_CHARACTERS_MAX = 128 << 10;

function columnsOfStreams(
  names: readonly string[],
  { selection }: CompiledLog,
  settings: StreamSettings,
  params: SqlParams,
): StreamColumns {
  const streams = streamsOf(selection);
  const classes = new Map<string, SelectedStream[]>();
  for (const stream of streams) {
    const key = JSON.stringify(names.map((name) => stream.stream.labels.get(name) ?? null));
    const known = classes.get(key);
    if (known === undefined) classes.set(key, [stream]);
    else known.push(stream);
  }
  const all = [...classes.values()];
  if (all.length === 1) return { columns: [], keys: [], labelsOf: () => all[0]![0]!.stream.labels };
  const cache = new StreamCache(settings);
  const byText = {
    columns: ['labels', 'service'],
    keys: ['labels', 'service'],
    labelsOf: (row: SeriesRow) => cache.get(row.labels!, row.service!).stream.labels,
  };
  const characters = streams.reduce((sum, { row }) => sum + row.labels.length, 0);
  if (all.length > CLASSES_MAX || all.length === streams.length || characters > CLASSES_CHARACTERS_MAX) return byText;
  const conditions = all.map((each) => streamsCondition(each, selection.universe, params));
  if (conditions.includes(null)) return byText;
  const number = `multiIf(${conditions.map((condition, i) => `${condition}, ${i}`).join(', ')}, ${all.length})`;
  return {
    columns: [`${number} AS class`],
    keys: ['class'],
    // The last stands for streams that came after the query had begun.
    labelsOf: (row) => all[row.class ?? all.length]?.[0]?.stream.labels ?? new Map(),
  };
}

function metadataText(column: string | undefined): string | undefined {
  return column === undefined || column === '' ? undefined : column.slice(1);
}

/** Series by all labels that the events have. */
export function columnsOfAllLabels(settings: StreamSettings): SeriesColumns {
  const mapper = rowMapper(settings, { line: false, metadata: 'all' });
  const keys = ['labels', 'service', ...mapper.columns.map((column) => ALIAS_OF[column] ?? column)];
  const columns = ['labels', 'service', ...mapper.columns.map((column) => COLUMN_SQL[column] ?? column)];
  const seriesOf = seriesTable();
  return {
    columns,
    keys,
    seriesOf: (row) => {
      const { stream, metadata } = mapper.map({ ...fixNumbers(row as StoredRow), ts_ns: '0' });
      return seriesOf([...stream.sorted, ...metadata].sort(([a], [b]) => (a < b ? -1 : 1)));
    },
  };
}

const ALIAS_OF: Record<string, string> = { duration_ms: 'duration_text', cost: 'cost_text' };

function seriesTable(): (labels: Labels) => Series {
  const series = new Map<string, Series>();
  return (labels) => {
    const key = JSON.stringify(labels);
    let known = series.get(key);
    if (known === undefined) {
      known = { key, labels, error: null };
      series.set(key, known);
    }
    return known;
  };
}
