import { KIND, type Kind } from '../../batch/event-batch.ts';
import { PermanentError } from '../../runtime/errors.ts';

/**
 * OpenTelemetry's AnyValue as a tree, for where columns are no help: arrays, structured bodies, resources and scopes.
 * Both decoders build it, so what is made of it is the same for both.
 */
export type AnyValue =
  | { type: 'scalar'; kind: Kind; text: string }
  | { type: 'array'; values: AnyValue[] }
  | { type: 'map'; entries: AnyEntry[] };
export type AnyEntry = [name: string, value: AnyValue];

const NO_BYTES: Buffer = Buffer.alloc(0);

/** What one AnyValue turned out to be, as the decoders' readers report it. */
export const VALUE = { empty: 0, utf8: 1, text: 2, number: 3, integer: 4, bool: 5, array: 6, map: 7 } as const;
export type ValueType = (typeof VALUE)[keyof typeof VALUE];

/**
 * The AnyValue read last. One is used again and again, so that a value costs no object:
 * `utf8` is source[start, end); `text` is a string in `text`; `integer` is one beyond 2^53 as its digits in `text`;
 * `number` and `bool` (0 or 1) are in `number`; of `array` and `map` a decoder knows where they are.
 */
export class ValueRegister {
  type: ValueType = VALUE.empty;
  source = NO_BYTES;
  /** Over the same bytes as `source`. */
  view: DataView = new DataView(NO_BYTES.buffer, 0, 0);
  start = 0;
  end = 0;
  number = 0;
  text = '';
}

/** Levels of arrays and maps in one value. Deeper data is a program's dump; Elasticsearch stops at 20. */
export const VALUE_DEPTH_MAX = 32;

export function tooDeep(field: string): PermanentError {
  return new PermanentError('invalid_field', `${field} is nested deeper than ${VALUE_DEPTH_MAX} levels`, field);
}

/** A tree takes many times the memory of its bytes, so the bytes are looked at first. */
export function tooLong(field: string, eventBytesMax: number): PermanentError {
  const problem = `${field} has more bytes than limits.eventBytesMax (${eventBytesMax})`;
  return new PermanentError('event_too_large', problem, field);
}

/** The shortest text that reads back as the same number. NaN and the infinities give their JavaScript names. */
export function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? '-0' : String(value);
}

/** The kind that a number is kept as: JSON has no NaN and no infinities, so those are strings. */
export function numberKind(value: number): Kind {
  return Number.isFinite(value) ? KIND.number : KIND.string;
}

/** A scalar (or empty) register as a tree. */
export function scalarOf(value: ValueRegister): AnyValue {
  switch (value.type) {
    case VALUE.utf8:
      return { type: 'scalar', kind: KIND.string, text: value.source.toString('utf8', value.start, value.end) };
    case VALUE.text:
      return { type: 'scalar', kind: KIND.string, text: value.text };
    case VALUE.number:
      return { type: 'scalar', kind: numberKind(value.number), text: numberText(value.number) };
    case VALUE.integer:
      return { type: 'scalar', kind: KIND.number, text: value.text };
    case VALUE.bool:
      return { type: 'scalar', kind: KIND.bool, text: value.number === 0 ? 'false' : 'true' };
    default:
      return { type: 'scalar', kind: KIND.json, text: 'null' };
  }
}

/** The value as JSON text. Of names given twice in one map, the first is taken. */
export function renderJson(value: AnyValue): string {
  if (value.type === 'scalar') return value.kind === KIND.string ? JSON.stringify(value.text) : value.text;
  if (value.type === 'array') return `[${value.values.map(renderJson).join(',')}]`;
  const members = new Map<string, AnyValue>();
  for (const [name, member] of value.entries) if (!members.has(name)) members.set(name, member);
  return `{${[...members].map(([name, member]) => `${JSON.stringify(name)}:${renderJson(member)}`).join(',')}}`;
}

/** A value that stays in one piece: its kind and text. Strings stand as they are, arrays and maps as JSON. */
export function leafOf(value: AnyValue): { kind: Kind; text: string } {
  return value.type === 'scalar' ? value : { kind: KIND.json, text: renderJson(value) };
}

/** Entries with maps flattened: `{a: {b: 1}}` is `a.b` = 1. An empty map stays a value. */
export function* flatten(entries: readonly AnyEntry[], prefix = ''): Generator<AnyEntry> {
  for (const [name, value] of entries) {
    if (value.type === 'map' && value.entries.length > 0) yield* flatten(value.entries, `${prefix}${name}.`);
    else yield [prefix + name, value];
  }
}
