/**
 * Encodes an OTLP logs request as protobuf and as JSON: for tests and benchmarks only. The decoders are checked against
 * what this writes, and this was written from the .proto files and the JSON mapping alone.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export type OtlpValue =
  | { stringValue: string }
  | { boolValue: boolean }
  | { intValue: bigint }
  | { doubleValue: number }
  | { bytesValue: Uint8Array }
  | { arrayValue: { values: OtlpValue[] } }
  | { kvlistValue: { values: OtlpKeyValue[] } }
  | Record<string, never>;

export interface OtlpKeyValue {
  key: string;
  /** Absent is legal on the wire and reads as the empty value. */
  value?: OtlpValue;
}

export interface OtlpLogRecord {
  timeUnixNano?: bigint;
  observedTimeUnixNano?: bigint;
  severityNumber?: number;
  severityText?: string;
  body?: OtlpValue;
  attributes?: OtlpKeyValue[];
  droppedAttributesCount?: number;
  flags?: number;
  traceId?: Uint8Array;
  spanId?: Uint8Array;
  eventName?: string;
}

export interface OtlpScope {
  name?: string;
  version?: string;
  attributes?: OtlpKeyValue[];
  droppedAttributesCount?: number;
}

export interface OtlpRequest {
  resourceLogs: {
    resource?: { attributes?: OtlpKeyValue[]; droppedAttributesCount?: number };
    scopeLogs: { scope?: OtlpScope; logRecords: OtlpLogRecord[]; schemaUrl?: string }[];
    schemaUrl?: string;
  }[];
}

/** The request as `application/x-protobuf`. */
export function encodeProtobuf(request: OtlpRequest): Buffer {
  return Buffer.concat(
    request.resourceLogs.map(({ resource, scopeLogs, schemaUrl }) =>
      message(
        1,
        optional(resource, ({ attributes, droppedAttributesCount }) =>
          message(1, ...keyValues(1, attributes), varintField(2, droppedAttributesCount)),
        ),
        ...scopeLogs.map((logs) =>
          message(
            2,
            optional(logs.scope, protobufScope),
            ...logs.logRecords.map(protobufLogRecord),
            text(3, logs.schemaUrl),
          ),
        ),
        text(3, schemaUrl),
      ),
    ),
  );
}

function protobufScope({ name, version, attributes, droppedAttributesCount }: OtlpScope): Buffer {
  return message(
    1,
    text(1, name),
    text(2, version),
    ...keyValues(3, attributes),
    varintField(4, droppedAttributesCount),
  );
}

function protobufLogRecord(record: OtlpLogRecord): Buffer {
  return message(
    2,
    optional(record.timeUnixNano, (time) => fixed64(1, time)),
    varintField(2, record.severityNumber),
    text(3, record.severityText),
    optional(record.body, (body) => message(5, value(body))),
    ...keyValues(6, record.attributes),
    varintField(7, record.droppedAttributesCount),
    optional(record.flags, (flags) => fixed32(8, flags)),
    optional(record.traceId, (id) => message(9, id)),
    optional(record.spanId, (id) => message(10, id)),
    optional(record.observedTimeUnixNano, (time) => fixed64(11, time)),
    text(12, record.eventName),
  );
}

function keyValues(field: number, pairs: readonly OtlpKeyValue[] = []): Buffer[] {
  return pairs.map((pair) =>
    message(
      field,
      text(1, pair.key),
      optional(pair.value, (v) => message(2, value(v))),
    ),
  );
}

function value(any: OtlpValue): Buffer {
  if ('stringValue' in any) return text(1, any.stringValue);
  if ('boolValue' in any) return Buffer.from([0x10, any.boolValue ? 1 : 0]);
  if ('intValue' in any) return Buffer.concat([Buffer.of(0x18), varint(BigInt.asUintN(64, any.intValue))]);
  if ('doubleValue' in any) {
    const bytes = Buffer.alloc(9, 0x21);
    bytes.writeDoubleLE(any.doubleValue, 1);
    return bytes;
  }
  if ('arrayValue' in any) return message(5, ...any.arrayValue.values.map((item) => message(1, value(item))));
  if ('kvlistValue' in any) return message(6, ...keyValues(1, any.kvlistValue.values));
  if ('bytesValue' in any) return message(7, any.bytesValue);
  return EMPTY;
}

const EMPTY = Buffer.alloc(0);

function optional<T>(part: T | undefined, encode: (part: T) => Buffer): Buffer {
  return part === undefined ? EMPTY : encode(part);
}

/** A length-delimited field. */
export function message(field: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(content.length)), content]);
}

function text(field: number, content: string | undefined): Buffer {
  return content === undefined ? EMPTY : message(field, Buffer.from(content));
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function varintField(field: number, number: number | undefined): Buffer {
  return number === undefined
    ? EMPTY
    : Buffer.concat([Buffer.of(field << 3), varint(BigInt.asUintN(64, BigInt(number)))]);
}

function fixed64(field: number, number: bigint): Buffer {
  const bytes = Buffer.alloc(9, (field << 3) | 1);
  bytes.writeBigUInt64LE(number, 1);
  return bytes;
}

function fixed32(field: number, number: number): Buffer {
  const bytes = Buffer.alloc(5, (field << 3) | 5);
  bytes.writeUInt32LE(number, 1);
  return bytes;
}

/** How the JSON writes 64-bit integers: the mapping allows both. */
export interface JsonStyle {
  integers: 'strings' | 'numbers';
}

const INTEGER_MARK = '\u0000integer:';

/** The request as `application/json`. */
export function encodeJson(request: OtlpRequest, style: JsonStyle = { integers: 'strings' }): Buffer {
  const json = JSON.stringify(request, (key, part: unknown) => {
    if (typeof part === 'bigint') return style.integers === 'strings' ? String(part) : INTEGER_MARK + part;
    if (key === 'traceId' || key === 'spanId') return part === undefined ? undefined : hex(part as Uint8Array);
    if (key === 'bytesValue') return Buffer.from(part as Uint8Array).toString('base64');
    if (key === 'doubleValue') return jsonDouble(part as number);
    return part;
  });
  return Buffer.from(json.replace(/"\\u0000integer:(-?\d+)"/g, '$1'));
}

/** JSON.stringify calls toJSON of a Buffer before the replacer sees it. */
function hex(bytes: Uint8Array | { data: number[] }): string {
  return Buffer.from('data' in bytes ? bytes.data : bytes).toString('hex');
}

function jsonDouble(number: number): number | string {
  if (Object.is(number, -0)) return '-0';
  return Number.isFinite(number) ? number : String(number);
}
