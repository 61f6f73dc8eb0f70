/** Reads an ExportLogsServiceRequest for strict receivers, from the .proto files alone, apart from what encodes it. */
export interface ReadRecord {
  resource: Record<string, unknown>;
  scope: string;
  timeUnixNano: bigint;
  observedUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body: unknown;
  attributes: Record<string, unknown>;
  traceId: string;
  spanId: string;
  eventName: string;
}

interface Part {
  field: number;
  wire: number;
  bytes: Buffer;
  value: bigint;
}

function parts(message: Buffer): Part[] {
  const found: Part[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const part: Part = { field: key >> 3, wire: key & 7, bytes: Buffer.alloc(0), value: 0n };
    if (part.wire === 0) part.value = varint();
    else if (part.wire === 1) {
      part.bytes = message.subarray(at, at + 8);
      part.value = message.readBigUInt64LE(at);
      at += 8;
    } else if (part.wire === 2) {
      const length = Number(varint());
      if (at + length > message.length) throw new RangeError('cut off');
      part.bytes = message.subarray(at, at + length);
      at += length;
    } else throw new RangeError(`wire type ${part.wire}`);
    found.push(part);
  }
  return found;
}

const of = (all: readonly Part[], field: number) => all.filter((part) => part.field === field);
const text = (all: readonly Part[], field: number) => of(all, field).at(-1)?.bytes.toString() ?? '';

function anyValue(message: Buffer): unknown {
  const part = parts(message).at(-1);
  if (part === undefined) return null;
  switch (part.field) {
    case 1:
      return part.bytes.toString();
    case 2:
      return part.value === 1n;
    case 3:
      return BigInt.asIntN(64, part.value);
    case 4:
      return part.bytes.readDoubleLE();
    case 5:
      return of(parts(part.bytes), 1).map(({ bytes }) => anyValue(bytes));
    case 6:
      return keyValues(of(parts(part.bytes), 1));
    default:
      throw new RangeError(`AnyValue ${part.field}`);
  }
}

function keyValues(pairs: readonly Part[]): Record<string, unknown> {
  const entries = pairs.map(({ bytes }): [string, unknown] => {
    const pair = parts(bytes);
    return [text(pair, 1), anyValue(of(pair, 2).at(-1)?.bytes ?? Buffer.alloc(0))];
  });
  if (new Set(entries.map(([name]) => name)).size < entries.length) throw new RangeError('an attribute given twice');
  return Object.fromEntries(entries);
}

export function readRequest(request: Buffer): ReadRecord[] {
  return of(parts(request), 1).flatMap(({ bytes }) => {
    const ofResource = parts(bytes);
    const resource = keyValues(of(parts(of(ofResource, 1)[0]?.bytes ?? Buffer.alloc(0)), 1));
    return of(ofResource, 2).flatMap((scopeLogs) => {
      const ofScope = parts(scopeLogs.bytes);
      const scope = text(parts(of(ofScope, 1)[0]?.bytes ?? Buffer.alloc(0)), 1);
      return of(ofScope, 2).map((logRecord) => ({ resource, scope, ...readRecord(logRecord.bytes) }));
    });
  });
}

function readRecord(message: Buffer): Omit<ReadRecord, 'resource' | 'scope'> {
  const all = parts(message);
  const value = (field: number) => of(all, field).at(-1)?.value ?? 0n;
  const hex = (field: number) => of(all, field).at(-1)?.bytes.toString('hex') ?? '';
  return {
    timeUnixNano: value(1),
    severityNumber: Number(value(2)),
    severityText: text(all, 3),
    body: anyValue(of(all, 5).at(-1)?.bytes ?? Buffer.alloc(0)),
    attributes: keyValues(of(all, 6)),
    traceId: hex(9),
    spanId: hex(10),
    observedUnixNano: value(11),
    eventName: text(all, 12),
  };
}

const tagged = (field: number, content: Buffer): Buffer => {
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), content]);
};

/** ExportLogsServiceResponse with `partial_success`; for counts below 128. */
export function partialSuccess(rejected: number, message: string): Buffer {
  return tagged(1, Buffer.concat([Buffer.from([0x08, rejected]), tagged(2, Buffer.from(message))]));
}

/** google.rpc.Status with RetryInfo. */
export function statusWithRetry(code: number, message: string, seconds: number): Buffer {
  const info = tagged(1, Buffer.from([0x08, seconds]));
  const any = Buffer.concat([tagged(1, Buffer.from('type.googleapis.com/google.rpc.RetryInfo')), tagged(2, info)]);
  return Buffer.concat([Buffer.from([0x08, code]), tagged(2, Buffer.from(message)), tagged(3, any)]);
}
