import type { EventBatch } from './event-batch.ts';
import type { U32Column } from './growable.ts';
import { BLOCK_COLUMNS, type NativeColumn, POSITION_COLUMNS } from './native-columns.ts';
import { varintBytes, writeVarint } from './string-column.ts';
import type { SymbolTable } from './symbol-table.ts';

/**
 * ClickHouse's Native format, one block: column count, row count, then per column its name, its type and its values.
 * https://clickhouse.com/docs/interfaces/formats/Native
 * A LowCardinality column is a dictionary and one index a row. Its layout is only in the server's source
 * (src/DataTypes/Serializations/SerializationLowCardinality.cpp): UInt64 1 (the key version) once per column, then
 * UInt64 flags, UInt64 dictionary size, the dictionary's strings, UInt64 row count, the indexes. A column with no
 * values has only the version.
 */
const KEY_VERSION = 1;
/** Has additional keys (1 << 9) and needs to update the dictionary (1 << 10); the low bits hold the index width. */
const DICTIONARY_FLAGS = 0x600;

/** A Native block and how many bytes each column's values take, in the order of the columns. */
export interface EncodedBlock {
  parts: Uint8Array[];
  columnBytes: number[];
  bytes: number;
}

/**
 * Encodes all rows of the batch. Parts may be views into the batch: use them before it changes.
 * `attributeTypes` must be filled (fillAttributeTypes). With `position`, the block also has each event's place in the journal, as the table `events` wants it.
 */
export function encodeNative(batch: EventBatch, options: { position: boolean }): EncodedBlock {
  const columns = options.position ? [...BLOCK_COLUMNS, ...POSITION_COLUMNS] : BLOCK_COLUMNS;
  const header = Buffer.allocUnsafe(varintBytes(columns.length) + varintBytes(batch.rows));
  writeVarint(header, writeVarint(header, 0, columns.length), batch.rows);
  const parts: Uint8Array[] = [header];
  const columnBytes: number[] = [];
  let bytes = header.length;
  for (const column of columns) {
    const head = columnHeader(column);
    parts.push(head);
    const values = encodeColumn(batch, column);
    let size = 0;
    for (const part of values) size += part.length;
    for (const part of values) if (part.length > 0) parts.push(part);
    columnBytes.push(size);
    bytes += head.length + size;
  }
  return { parts, columnBytes, bytes };
}

const headers = new Map<string, Buffer>();

/** A column's name and type as they stand before its values. */
export function columnHeader({ name, type }: NativeColumn): Buffer {
  let header = headers.get(name);
  if (header === undefined) {
    header = Buffer.concat([Buffer.of(name.length), Buffer.from(name), Buffer.of(type.length), Buffer.from(type)]);
    headers.set(name, header);
  }
  return header;
}

function encodeColumn(batch: EventBatch, column: NativeColumn): Uint8Array[] {
  switch (column.kind) {
    case 'symbol':
      return [keyVersion, ...encodeDictionary(batch.symbols, column.of(batch))];
    case 'text':
      return [column.of(batch).used()];
    case 'int64':
      return [column.of(batch).bytes()];
    case 'uint8':
      return [column.of(batch).data.subarray(0, batch.rows)];
    case 'uint16':
      return [bytesOf(new Uint16Array(column.of(batch).data.subarray(0, batch.rows)))];
    case 'uint32':
      return [bytesOf(column.of(batch).data.subarray(0, batch.rows))];
    case 'float64':
      return [column.of(batch).nulls.data.subarray(0, batch.rows), column.of(batch).valueBytes()];
    case 'attributes':
      return encodeAttributes(batch);
  }
}

const keyVersion = uint64(KEY_VERSION);

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

function bytesOf(values: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Position of each symbol in the dictionary being made, valid where `dictionarySerial` holds the present serial. */
let dictionaryIndex = new Uint32Array(4096);
let dictionarySerial = new Uint32Array(4096);
let serial = 0;

/** Dictionary and indexes of a column of symbols. Nothing at all when it has no values. */
function encodeDictionary(symbols: SymbolTable, column: U32Column): Uint8Array[] {
  const count = column.length;
  if (count === 0) return [];
  if (dictionaryIndex.length < symbols.size) {
    dictionaryIndex = new Uint32Array(symbols.size * 2);
    dictionarySerial = new Uint32Array(symbols.size * 2);
  }
  serial = (serial + 1) >>> 0;
  const ids: number[] = [];
  const indexes = new Uint32Array(count);
  const { data } = column;
  for (let i = 0; i < count; i++) {
    const id = data[i];
    if (dictionarySerial[id] !== serial) {
      dictionarySerial[id] = serial;
      dictionaryIndex[id] = ids.length;
      ids.push(id);
    }
    indexes[i] = dictionaryIndex[id];
  }
  const width = ids.length <= 0x100 ? 0 : ids.length <= 0x10000 ? 1 : 2;
  // Not TypedArray.from: that goes through a list of all values.
  const narrow = width === 0 ? new Uint8Array(indexes) : width === 1 ? new Uint16Array(indexes) : indexes;
  return [
    uint64(DICTIONARY_FLAGS | width),
    uint64(ids.length),
    dictionaryStrings(symbols, ids),
    uint64(count),
    bytesOf(narrow),
  ];
}

function dictionaryStrings(symbols: SymbolTable, ids: readonly number[]): Buffer {
  let size = 0;
  for (const id of ids) size += symbols.bytes(id).length + 5;
  const strings = Buffer.allocUnsafe(size);
  let p = 0;
  for (const id of ids) {
    const value = symbols.bytes(id);
    p = writeVarint(strings, p, value.length);
    strings.set(value, p);
    p += value.length;
  }
  return strings.subarray(0, p);
}

/** Map(LowCardinality(String), String): key version, the rows' end offsets, the keys, the values. */
function encodeAttributes(batch: EventBatch): Uint8Array[] {
  const offsets = new Uint32Array(batch.rows * 2);
  const ends = batch.attributeEnds.data;
  for (let row = 0; row < batch.rows; row++) offsets[row * 2] = ends[row];
  return [
    keyVersion,
    bytesOf(offsets),
    ...encodeDictionary(batch.symbols, batch.attributeKeys),
    batch.attributeValues.used(),
  ];
}
