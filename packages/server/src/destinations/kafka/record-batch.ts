import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { int8, int16, int32, int64, varint } from './wire.ts';

/** https://kafka.apache.org/documentation/#recordbatch */
const MAGIC = 2;
const GZIP = 1;

export interface KafkaRecord {
  timestampMs: number;
  /** Null: none. */
  key: Buffer | null;
  /** Value and headers, as they are in a record. */
  tail: Buffer;
}

const gzipAsync = promisify(gzip);

/** A batch without producer id: what is sent again after a restart could not have the numbers that it had. */
export async function recordBatch(records: readonly KafkaRecord[], compression: 'gzip' | 'none'): Promise<Buffer> {
  const times = records.map(({ timestampMs }) => timestampMs);
  const first = times[0]!;
  const body = Buffer.concat(records.map((record, i) => recordBytes(record, i, record.timestampMs - first)));
  const isCompressed = compression === 'gzip';
  const content = Buffer.concat([
    int16(isCompressed ? GZIP : 0),
    int32(records.length - 1),
    int64(BigInt(first)),
    int64(BigInt(times.reduce((most, time) => Math.max(most, time), first))),
    int64(-1n),
    int16(-1),
    int32(-1),
    int32(records.length),
    isCompressed ? await gzipAsync(body, { level: 3 }) : body,
  ]);
  const head = [int64(0n), int32(content.length + 9), int32(-1), int8(MAGIC), int32(crc32c(content) | 0)];
  return Buffer.concat([...head, content]);
}

function recordBytes({ key, tail }: KafkaRecord, offset: number, timeDelta: number): Buffer {
  const parts = [int8(0), varint(timeDelta), varint(offset), key === null ? varint(-1) : varint(key.length)];
  const record = Buffer.concat([...parts, ...(key === null ? [] : [key]), tail]);
  return Buffer.concat([varint(record.length), record]);
}

/** Value and headers of a record. */
export function recordTail(value: Buffer, headers: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(headers).map(([name, text]) => {
    const [key, content] = [Buffer.from(name), Buffer.from(text)];
    return Buffer.concat([varint(key.length), key, varint(content.length), content]);
  });
  return Buffer.concat([varint(value.length), value, varint(pairs.length), ...pairs]);
}

/** CRC-32C (Castagnoli), which zlib does not have. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

export function crc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < data.length; i++) crc = TABLE[(crc ^ data[i]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
