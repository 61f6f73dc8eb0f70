import { badQuery } from '../../../../query/logql/errors.ts';
import type { Direction, LogqlSettings } from '../../../../query/logql/tasks.ts';
import { formatGoDuration, formatPrometheusDuration } from '../../../../query/logql/values/index.ts';
import { PermanentError } from '../../../../runtime/errors.ts';
import { parseSecondsOrDuration } from './durations.ts';
import { parseGoInteger, parseLimit } from './go-numbers.ts';
import { parseSyntax } from './syntax.ts';
import { type Span, spanOf, timeOf } from './times.ts';

const NS_PER_MS = 1_000_000n;
const ENTRIES_DEFAULT = 100;
const FIELDS_DEFAULT = 1000;
const VOLUMES_DEFAULT = 100;
/** Steps of one series. */
const POINTS_MAX = 11_000n;
/** Steps of a range for which none is given. */
const STEPS_DEFAULT = 250n;
const NS_PER_SECOND = 1_000_000_000n;

const BEFORE_START = 'end timestamp must not be before or equal to start time';
const NO_STEP = 'zero or negative query resolution step widths are not accepted. Try a positive integer';
const TOO_MANY_POINTS =
  'exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter';

const refuse = (message: string, name: string) => new PermanentError('invalid_parameter', message, name);

export interface RangeRequest extends Span {
  query: string;
  limit: number;
  direction: Direction;
  stepMs: number;
  intervalMs: number;
}

/**
 * `query_range`, and what takes the same parameters. Checks come in Loki's order, so that of two faults the same one is
 * told.
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function rangeRequest(form: URLSearchParams, nowNs: bigint): RangeRequest {
  const span = orderedSpan(form, nowNs);
  const limit = parseLimit(form.get('limit') ?? '', ENTRIES_DEFAULT, 'limit');
  const direction = directionOf(form);
  const stepMs = stepOf(form, span);
  const intervalText = form.get('interval') ?? '';
  const intervalNs = intervalText === '' ? 0n : parseSecondsOrDuration(intervalText, 'interval');
  if (intervalNs < 0n) throw refuse('interval must be >= 0', 'interval');
  const query = form.get('query') ?? '';
  return { query, ...span, limit, direction, stepMs, intervalMs: Number(intervalNs / NS_PER_MS) };
}

export interface InstantRequest {
  query: string;
  limit: number;
  timeNs: bigint;
  direction: Direction;
}

/** @throws PermanentError `invalid_parameter` in Loki's words. */
export function instantRequest(form: URLSearchParams, nowNs: bigint): InstantRequest {
  const limit = parseLimit(form.get('limit') ?? '', ENTRIES_DEFAULT, 'limit');
  const timeNs = timeOf(form, nowNs);
  return { query: form.get('query') ?? '', limit, timeNs, direction: directionOf(form) };
}

export interface VolumeRequest extends Span {
  selector: string;
  limit: number;
  targetLabels: string[];
  aggregateBy: 'series' | 'labels';
  stepMs: number | null;
}

/** @throws PermanentError `invalid_parameter` in Loki's words. */
export function volumeRequest(form: URLSearchParams, nowNs: bigint, isRange: boolean): VolumeRequest {
  const limit = volumeLimit(form.get('limit') ?? '');
  if (isRange) rangeRequest(withoutLimit(form), nowNs);
  else instantRequest(withoutLimit(form), nowNs);
  const aggregateBy = form.get('aggregateBy') || 'series';
  if (aggregateBy !== 'series' && aggregateBy !== 'labels') {
    throw refuse('invalid aggregation option', 'aggregateBy');
  }
  const span = orderedSpan(form, nowNs);
  const targetLabels = (form.get('targetLabels') ?? '') === '' ? [] : form.get('targetLabels')!.split(',');
  const stepMs = isRange ? stepOf(form, span) : null;
  return { selector: form.get('query') ?? '', ...span, limit, targetLabels, aggregateBy, stepMs };
}

/** Of volumes 0 is the default too. */
function volumeLimit(text: string): number {
  const value = parseGoInteger(text);
  return value === 0n ? VOLUMES_DEFAULT : parseLimit(text, VOLUMES_DEFAULT, 'limit');
}

function withoutLimit(form: URLSearchParams): URLSearchParams {
  const rest = new URLSearchParams(form);
  rest.delete('limit');
  return rest;
}

export interface FieldsRequest extends Span {
  query: string;
  lineLimit: number;
  limit: number;
}

/** @throws PermanentError `invalid_parameter` in Loki's words. */
export function fieldsRequest(form: URLSearchParams, nowNs: bigint): FieldsRequest {
  const span = orderedSpan(form, nowNs);
  const lineLimit = parseLimit(form.get('line_limit') ?? '', ENTRIES_DEFAULT, 'line_limit');
  const limit = parseLimit(form.get('limit') || (form.get('field_limit') ?? ''), FIELDS_DEFAULT, 'limit');
  stepOf(form, span);
  return { query: form.get('query') ?? '', ...span, lineLimit, limit };
}

/** `start` and `end`. @throws PermanentError `invalid_parameter` when they are the wrong way round. */
export function orderedSpan(form: URLSearchParams, nowNs: bigint): Span {
  const span = spanOf(form, nowNs);
  if (span.endNs < span.startNs) throw refuse(BEFORE_START, 'end');
  return span;
}

/**
 * `step` in ms, at least one; by default the range in 250 parts of whole seconds.
 * @throws PermanentError `invalid_parameter` in Loki's words.
 */
export function stepOf(form: URLSearchParams, { startNs, endNs }: Span): number {
  const text = form.get('step') ?? '';
  const stepNs = text === '' ? defaultStepNs(endNs - startNs) : parseSecondsOrDuration(text, 'step');
  if (stepNs <= 0n) throw refuse(NO_STEP, 'step');
  if ((endNs - startNs) / stepNs > POINTS_MAX) throw refuse(TOO_MANY_POINTS, 'step');
  return Math.max(1, Number(stepNs / NS_PER_MS));
}

function defaultStepNs(lengthNs: bigint): bigint {
  const seconds = lengthNs / STEPS_DEFAULT / NS_PER_SECOND;
  return (seconds > 1n ? seconds : 1n) * NS_PER_SECOND;
}

function directionOf(form: URLSearchParams): Direction {
  const text = form.get('direction') ?? '';
  if (text === '') return 'backward';
  const direction = text.toLowerCase();
  if (direction === 'forward' || direction === 'backward') return direction;
  throw refuse(`invalid direction '${text}'`, 'direction');
}

/**
 * `match[]` and `match`, each once, sorted; none for all streams, which a single `{}` means too.
 * @throws PermanentError `invalid_query` for `{}` among others.
 */
export function seriesSelectors(form: URLSearchParams): string[] {
  const selectors = [...new Set([...form.getAll('match'), ...form.getAll('match[]')])].sort();
  const empty = selectors.find((selector) => selector.replaceAll(' ', '') === '{}');
  if (empty === undefined) return selectors;
  if (selectors.length === 1) return [];
  throw badQuery(`0 matchers in group: ${empty}`);
}

/** @throws PermanentError `invalid_query` when the range is longer than the org's limit. */
export function checkLength({ startNs, endNs }: Span, { queryLengthMaxMs }: LogqlSettings): void {
  const lengthMs = Number(endNs / NS_PER_MS - startNs / NS_PER_MS);
  if (queryLengthMaxMs === 0 || lengthMs <= queryLengthMaxMs) return;
  const [length, limit] = [formatGoDuration(lengthMs * 1e6), formatPrometheusDuration(queryLengthMaxMs)];
  throw badQuery(`the query time range exceeds the limit (query length: ${length}, limit: ${limit})`);
}

/** @throws PermanentError `invalid_query`. Of log queries alone: metric queries have no entries. */
export function checkEntries({ query, limit }: { query: string; limit: number }, { entriesMax }: LogqlSettings): void {
  if (limit <= entriesMax || parseSyntax(query).kind !== 'log') return;
  const shown = `limit > max_entries_limit_per_query (${limit} > ${entriesMax})`;
  throw badQuery(`max entries limit per query exceeded, ${shown}`);
}
