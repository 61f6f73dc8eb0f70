import type { SqlParams } from '../../sql.ts';
import type { StoredRow } from '../events/fields.ts';
import { rowMapper } from '../events/row-mapper.ts';
import { StreamCache, type StreamSettings } from '../events/streams.ts';
import type { Series } from '../range/index.ts';
import type { Labels } from '../row.ts';
import type { CompiledLog } from './compile.ts';
import { metadataSql } from './label-sql.ts';
import { COLUMN_SQL, fixNumbers } from './read-rows.ts';
import { streamsOf } from './selection.ts';

/** The columns that an aggregation groups by, and the series that a row of its answer stands for. */
export interface SeriesColumns {
  columns: readonly string[];
  keys: readonly string[];
  /** One object for the same labels. Several rows can be of one series. */
  seriesOf(row: SeriesRow): Series;
}

export interface SeriesRow extends Partial<StoredRow> {
  [group: `g${number}`]: string;
}

/**
 * Series by these labels. What a stream has as a label is read from the columns `labels` and `service`; any other label
 * is one column, `=value`, or '' where the event has none. Null when a label cannot be told in SQL.
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
  let needsStream = false;
  for (const [i, name] of names.entries()) {
    if (name.startsWith('__') || name.endsWith('_extracted')) return null;
    const lacking = streams.filter(({ stream }) => !stream.labels.has(name));
    if (lacking.length < streams.length) needsStream = true;
    if (lacking.length === 0) continue;
    const metadata = metadataSql(name, lacking, compiled.selection, settings, params);
    if (metadata === null) return null;
    columns.push(`if(${metadata.has}, concat('=', ${metadata.value}), '') AS g${i}`);
    keys.push(`g${i}`);
  }
  const ofStream = needsStream ? ['labels', 'service'] : [];
  return {
    columns: [...columns, ...ofStream],
    keys: [...keys, ...ofStream],
    seriesOf: labelReader(names, settings),
  };
}

function labelReader(names: readonly string[], settings: StreamSettings): (row: SeriesRow) => Series {
  const streams = new StreamCache(settings);
  const seriesOf = seriesTable();
  const sortedNames = [...new Set(names)].sort();
  return (row) => {
    const ofStream = row.labels === undefined ? undefined : streams.get(row.labels, row.service!).stream.labels;
    const labels: [string, string][] = [];
    for (const name of sortedNames) {
      const text = ofStream?.get(name) ?? metadataText(row[`g${names.indexOf(name)}`]);
      if (text !== undefined) labels.push([name, text]);
    }
    return seriesOf(labels);
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
