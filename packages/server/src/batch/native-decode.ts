import type { EventBatch } from './event-batch.ts';
import type { U32Column } from './growable.ts';
import { BLOCK_COLUMNS, type NativeColumn } from './native-columns.ts';
import { columnHeader } from './native-encode.ts';

/**
 * Appends the rows of a block made by encodeNative (without positions) to the batch: columns are copied whole,
 * symbols are mapped to the batch's own table. `columnBytes` comes from the frame. Attribute kinds stay packed in
 * `attributeTypes`. Throws a plain Error when the block is not one of ours: frames are checksummed, so that is a bug.
 */
export function decodeNative(block: Buffer, columnBytes: readonly number[], batch: EventBatch): void {
  let p = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = block[p++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const columns = varint();
  const rows = varint();
  if (columns !== BLOCK_COLUMNS.length || columnBytes.length !== columns) {
    throw new Error(`block of ${columns} columns, expected ${BLOCK_COLUMNS.length}`);
  }
  for (let i = 0; i < columns; i++) {
    const column = BLOCK_COLUMNS[i];
    p += columnHeader(column).length;
    const end = p + columnBytes[i];
    if (end > block.length) throw new Error(`column ${column.name} ends behind the block`);
    decodeColumn(block.subarray(p, end), rows, column, batch);
    p = end;
  }
  if (p !== block.length) throw new Error('bytes behind the last column');
  batch.rows += rows;
}

function decodeColumn(bytes: Buffer, rows: number, column: NativeColumn, batch: EventBatch): void {
  switch (column.kind) {
    case 'symbol':
      decodeDictionary(bytes, 8, column.of(batch), batch);
      return;
    case 'text':
      column.of(batch).appendColumn(bytes);
      return;
    case 'int64':
      column.of(batch).appendBytes(bytes);
      return;
    case 'uint8':
      column.of(batch).append(bytes);
      return;
    case 'uint16': {
      const target = column.of(batch);
      target.reserve(rows);
      for (let i = 0; i < rows; i++) target.push(bytes.readUInt16LE(i * 2));
      return;
    }
    case 'float64':
      column.of(batch).appendBytes(bytes.subarray(0, rows), bytes.subarray(rows));
      return;
    case 'attributes':
      decodeAttributes(bytes, rows, batch);
      return;
    case 'uint32':
      throw new Error('a journaled block has no positions');
  }
}

/** Reads dictionary and indexes at `start`, if any, into symbol ids; returns the position behind them. */
function decodeDictionary(bytes: Buffer, start: number, target: U32Column, batch: EventBatch): number {
  let p = start;
  if (p === bytes.length) return p;
  const width = bytes[p];
  const size = bytes.readUInt32LE(p + 8);
  p += 16;
  const ids = new Uint32Array(size);
  for (let i = 0; i < size; i++) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[p++];
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    ids[i] = batch.symbols.internBytes(bytes, p, p + length);
    p += length;
  }
  const count = bytes.readUInt32LE(p);
  p += 8;
  target.reserve(count);
  const { data } = target;
  let out = target.length;
  if (width === 0) for (let i = 0; i < count; i++) data[out++] = ids[bytes[p + i]];
  else if (width === 1) for (let i = 0; i < count; i++) data[out++] = ids[bytes.readUInt16LE(p + i * 2)];
  else for (let i = 0; i < count; i++) data[out++] = ids[bytes.readUInt32LE(p + i * 4)];
  target.length = out;
  return p + (count << width);
}

function decodeAttributes(bytes: Buffer, rows: number, batch: EventBatch): void {
  const { attributeEnds, attributeKeys, attributeValues } = batch;
  const base = attributeKeys.length;
  attributeEnds.reserve(rows);
  let p = 8;
  for (let row = 0; row < rows; row++, p += 8) attributeEnds.push(base + bytes.readUInt32LE(p));
  if (attributeEnds.length > 0 && attributeEnds.data[attributeEnds.length - 1] > base) {
    p = decodeDictionary(bytes, p, attributeKeys, batch);
  }
  attributeValues.appendColumn(bytes.subarray(p));
}
