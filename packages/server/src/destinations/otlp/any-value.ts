import type { Attribute } from '@tailwater/schema';
import { doubleField, lengthField, stringField, textField, varintField } from '../util/protobuf.ts';

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/common/v1/common.proto */
const INT64_MAX = 2n ** 63n;
const INTEGER = /^-?(?:0|[1-9]\d{0,18})$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/;
/** A double holds any decimal of this many digits. */
const DOUBLE_DIGITS = 15;
/** Receivers refuse what is nested deeper. */
const DEPTH_MAX = 32;

/** An AnyValue of the attribute's kind. A number that 64 bits cannot hold exactly goes out as text, with all its digits. */
export function anyValue({ kind, text }: Attribute): Buffer {
  if (kind === 'number') return numberValue(text);
  if (kind === 'bool' && (text === 'true' || text === 'false')) return boolValue(text === 'true');
  return kind === 'json' ? (jsonValue(text) ?? stringValue(text)) : stringValue(text);
}

/** Present though empty: a missing value is null. */
export function stringValue(text: string): Buffer {
  return stringField(1, text);
}

const boolValue = (value: boolean): Buffer => varintField(2, value ? 1 : 0);

export function numberValue(text: string): Buffer {
  if (INTEGER.test(text)) {
    const integer = BigInt(text);
    if (integer >= -INT64_MAX && integer < INT64_MAX && text !== '-0') return varintField(3, integer);
  }
  const digits = text
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  const isExact = DECIMAL.test(text) && digits.length <= DOUBLE_DIGITS && Number.isFinite(Number(text));
  return isExact ? doubleField(4, Number(text)) : stringValue(text);
}

/** A number of JSON with its digits, which JSON.parse would round. */
class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Null for what is no JSON, or nested too deep. */
function jsonValue(text: string): Buffer | null {
  try {
    const parsed: unknown = JSON.parse(text, (_, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value,
    );
    return plainValue(parsed, 0);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
}

function plainValue(value: unknown, depth: number): Buffer {
  if (depth > DEPTH_MAX) throw new RangeError('nested too deep');
  if (typeof value === 'string') return stringValue(value);
  if (typeof value === 'boolean') return boolValue(value);
  if (value instanceof Digits) return numberValue(value.text);
  if (Array.isArray(value)) return lengthField(5, ...value.map((item) => lengthField(1, plainValue(item, depth + 1))));
  if (typeof value !== 'object' || value === null) return Buffer.alloc(0);
  return lengthField(6, ...Object.entries(value).map(([key, item]) => keyValue(1, key, plainValue(item, depth + 1))));
}

export function keyValue(field: number, key: string, value: Buffer): Buffer {
  return lengthField(field, textField(1, key), lengthField(2, value));
}
