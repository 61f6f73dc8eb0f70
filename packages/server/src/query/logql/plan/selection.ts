import type { Matcher } from '@tailwater/schema/logql';
import { paramSearch } from '../../../stores/clickhouse/params.ts';
import type { SqlParams } from '../../sql.ts';
import { type EventField, isEventField } from '../events/fields.ts';
import { type EventStream, StreamCache, type StreamSettings } from '../events/streams.ts';
import { compileRegex } from '../regex/index.ts';
import type { AttributeNames } from './attribute-names.ts';
import type { StreamRow } from './universe.ts';

/** A test of a label's value; an absent label is ''. */
export type ValueTest = (value: string) => boolean;

/** `dotAll`: of stream matchers `.` matches line ends too, of label filters it does not. */
export function matcherTest({ op, value }: Pick<Matcher, 'op' | 'value'>, dotAll = true): ValueTest {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const regex = compileRegex(value, { anchored: true, dotAll });
  return op === '=~' ? (text) => regex.test(text) : (text) => !regex.test(text);
}

/** A stream that a selector may match. */
export interface SelectedStream extends EventStream {
  row: StreamRow;
}

/**
 * Streams that a selector matches, in groups: those of a group still need the same conditions on the event's own
 * fields. A selector's matcher looks at the stream's label, and where the stream has none of that name, at the field.
 */
export interface Selection {
  groups: { streams: SelectedStream[]; conditions: { field: EventField; matcher: Matcher }[] }[];
  /** All streams of the time, for the shortest condition. */
  universe: readonly StreamRow[];
  attributes: AttributeNames;
}

const UNKNOWN_NAMES: AttributeNames = { of: () => null };

export function selectStreams(
  universe: readonly StreamRow[],
  matchers: readonly Matcher[],
  settings: StreamSettings,
  attributes: AttributeNames = UNKNOWN_NAMES,
): Selection {
  const cache = new StreamCache(settings);
  const tests = matchers.map((matcher) => matcherTest(matcher));
  const groups = new Map<string, Selection['groups'][number]>();
  for (const row of universe) {
    const { stream, metadata } = cache.get(row.labels, row.service);
    const open: number[] = [];
    const isOut = matchers.some(({ name }, i) => {
      const value = stream.labels.get(name);
      if (value === undefined && settings.eventFields && isEventField(name)) {
        open.push(i);
        return false;
      }
      return !tests[i]!(value ?? '');
    });
    if (isOut) continue;
    const key = open.join();
    let group = groups.get(key);
    if (group === undefined) {
      const conditions = open.map((i) => ({ field: matchers[i]!.name as EventField, matcher: matchers[i]! }));
      group = { streams: [], conditions };
      groups.set(key, group);
    }
    group.streams.push({ stream, metadata, row });
  }
  return { groups: [...groups.values()], universe, attributes };
}

export function streamsOf({ groups }: Selection): SelectedStream[] {
  return groups.flatMap(({ streams }) => streams);
}

/** ClickHouse takes this much as the value of a parameter (http_max_field_value_size), counted as the URL has it. */
export const PARAM_BYTES_MAX = 128 << 10;
/** Characters of labels that a condition may hold as they are, where they fit; longer lists go by hash. */
const LABELS_CHARACTERS_MAX = 64 << 10;
const HASHES_MAX = 12_000;
/** A hash is up to 20 digits; with its quotes and comma, 29 bytes of URL. */
const HASHES_PER_PARAM = 4_000;
/** Of one query, which may name streams more than once: ClickHouse takes 1 MiB of URL (http_max_uri_size). */
const LISTED_MAX = 24_000;

/**
 * The SQL condition for exactly these streams of the universe; null when it would be too long to send.
 * What was stored since the universe was read may pass it where all streams of the universe do.
 */
export function streamsCondition(
  streams: readonly Pick<SelectedStream, 'row'>[],
  universe: readonly StreamRow[],
  params: SqlParams,
): string | null {
  if (streams.length === universe.length) return '1';
  if (streams.length === 0) return '0';
  const all = servicesByLabels(universe);
  const byServices = new Map<string, { labels: StreamRow[]; services: string[] | null }>();
  for (const [labels, rows] of servicesByLabels(streams.map(({ row }) => row))) {
    const services = rows.map(({ service }) => service).sort();
    const isFull = rows.length === all.get(labels)!.length;
    const key = isFull ? '' : JSON.stringify(services);
    const group = byServices.get(key) ?? { labels: [], services: isFull ? null : services };
    group.labels.push(rows[0]!);
    byServices.set(key, group);
  }
  const parts: string[] = [];
  for (const { labels, services } of byServices.values()) {
    const condition = labelsCondition(labels, params);
    if (condition === null) return null;
    if (services === null) parts.push(condition);
    else parts.push(`(${condition} AND service IN ${params.add('Array(String)', services)})`);
  }
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
}

function labelsCondition(rows: readonly StreamRow[], params: SqlParams): string | null {
  const characters = rows.reduce((sum, { labels }) => sum + labels.length, 0);
  const values = characters <= LABELS_CHARACTERS_MAX ? rows.map(({ labels }) => labels) : [];
  if (values.length === 1) return `labels = ${params.add('String', values[0]!)}`;
  if (values.length > 0 && urlBytes(values) < PARAM_BYTES_MAX)
    return `labels IN ${params.add('Array(String)', values)}`;
  if (rows.length > HASHES_MAX || params.listed + rows.length > LISTED_MAX) return null;
  const parts: string[] = [];
  for (let i = 0; i < rows.length; i += HASHES_PER_PARAM) {
    const hashes = rows.slice(i, i + HASHES_PER_PARAM).map(({ hash }) => hash);
    parts.push(`toString(sipHash64(labels)) IN ${params.add('Array(String)', hashes)}`);
  }
  return parts.length === 1 ? parts[0]! : `(${parts.join(' OR ')})`;
}

const urlBytes = (labels: readonly string[]) => new URLSearchParams(paramSearch({ labels })).toString().length;

function servicesByLabels(rows: readonly StreamRow[]): Map<string, StreamRow[]> {
  const services = new Map<string, StreamRow[]>();
  for (const row of rows) {
    const known = services.get(row.labels);
    if (known === undefined) services.set(row.labels, [row]);
    else known.push(row);
  }
  return services;
}
