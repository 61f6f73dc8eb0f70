import type { SequenceMark } from '../batch/sequence-mark.ts';
import { PermanentError } from '../runtime/errors.ts';

/** What a producer says about itself, with every batch and when it checks in. */
export interface ProducerReport {
  /** For people: `api-7`. */
  name: string;
  service: string;
  host: string;
  /** `node/0.1.0`. */
  sdk: string;
  /** One after the last event that was emitted. */
  next: number;
  /** Events that will never come, by reason: `ring_overflow`. */
  lost: Readonly<Record<string, number>>;
  /** Every event below this number was emitted no later than `completeAtMs`. */
  completeNext: number;
  completeAtMs: number;
  /** It has closed and will not come back. */
  hasEnded: boolean;
}

/** The events of one request, numbered by who made them. */
export interface SequencedBatch extends SequenceMark {
  report: ProducerReport;
}

const HEADER = 'X-Tailwater-Producer';
const ID = /^[\w.:@-]{1,100}$/;
const REASON = /^[a-z_]{1,40}$/;
const COUNT_MAX = 1_000_000;
const LOST_REASONS_MAX = 10;
const TEXT_BYTES_MAX = 200;

/**
 * Reads `id=3f2c; first=1041; count=100`, and optionally `next`, `at` (ms, when the last of them was emitted), `name`,
 * `service`, `host`, `sdk` and `lost.<reason>`. Values are percent-encoded. Undefined without the header.
 * Throws PermanentError `invalid_field`.
 */
export function parseSequence(header: string | undefined): SequencedBatch | undefined {
  if (header === undefined) return undefined;
  const values = valuesOf(header);
  const producer = values.get('id') ?? '';
  if (!ID.test(producer)) throw invalid(`id must match ${ID.source}`);
  const first = numberOf(values, 'first');
  const count = numberOf(values, 'count');
  if (count < 1 || count > COUNT_MAX) throw invalid(`count must be 1 to ${COUNT_MAX}`);
  const next = first + count;
  const report: ProducerReport = {
    name: textOf(values, 'name', producer),
    service: textOf(values, 'service', ''),
    host: textOf(values, 'host', ''),
    sdk: textOf(values, 'sdk', ''),
    next: values.has('next') ? numberOf(values, 'next') : next,
    lost: lostOf(values),
    completeNext: next,
    completeAtMs: values.has('at') ? numberOf(values, 'at') : 0,
    hasEnded: false,
  };
  return { producer, first, next, report };
}

function valuesOf(header: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals < 0) throw invalid('it is a list of name=value, divided by semicolons');
    try {
      values.set(part.slice(0, equals).trim(), decodeURIComponent(part.slice(equals + 1).trim()));
    } catch {
      throw invalid('a value is not percent-encoded as it should be');
    }
  }
  return values;
}

function numberOf(values: ReadonlyMap<string, string>, name: string): number {
  const value = Number(values.get(name));
  if (!values.has(name) || !Number.isSafeInteger(value) || value < 0) throw invalid(`${name} must be a whole number`);
  return value;
}

function textOf(values: ReadonlyMap<string, string>, name: string, otherwise: string): string {
  const value = values.get(name) ?? otherwise;
  if (Buffer.byteLength(value) > TEXT_BYTES_MAX) throw invalid(`${name} may have ${TEXT_BYTES_MAX} bytes`);
  return value;
}

function lostOf(values: ReadonlyMap<string, string>): Record<string, number> {
  const lost: Record<string, number> = {};
  for (const name of values.keys()) {
    if (!name.startsWith('lost.')) continue;
    const reason = name.slice('lost.'.length);
    if (!REASON.test(reason)) throw invalid(`a reason must match ${REASON.source}`);
    lost[reason] = numberOf(values, name);
  }
  if (Object.keys(lost).length > LOST_REASONS_MAX) throw invalid(`there may be ${LOST_REASONS_MAX} reasons`);
  return lost;
}

function invalid(message: string): PermanentError {
  return new PermanentError('invalid_field', message, HEADER);
}
