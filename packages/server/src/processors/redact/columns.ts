import {
  freeName,
  type Hits,
  isSecretValue,
  redactText,
  replacementOf,
  ruleIndex,
  scan,
  TEXT_BYTES_MIN,
} from '@tailwater/schema/redaction';
import { type EventBatch, KIND, type Kind } from '../../batch/event-batch.ts';
import { StringColumn, StringCursor } from '../../batch/string-column.ts';
import type { SymbolMemo } from './symbols.ts';

/** A number has only digits to offer: fewer than a card's are none. */
const NUMBER_BYTES_MIN = 14;
const ATTRIBUTE_RULE = ruleIndex('attribute');

/** What a batch is redacted with. */
export interface Redaction {
  /** Bits of FORM. */
  forms: number;
  memo: SymbolMemo;
  hits: Hits;
  rewriter: ColumnRewriter;
}

/**
 * Writes a column anew where values change. Nothing is written for a clean column; in others the stretches between
 * changed values are copied whole.
 */
export class ColumnRewriter {
  private scratch = new StringColumn(1 << 12);
  private copied = 0;

  /** Puts `text` in the place of the value whose length and bytes are column.bytes[start, end). In rising order. */
  replace(column: StringColumn, start: number, end: number, text: string): void {
    this.scratch.appendColumn(column.bytes.subarray(this.copied, start));
    this.scratch.appendText(text);
    this.copied = end;
  }

  /** Ends the column: it gets the new bytes, and its old ones serve for the next. */
  finish(column: StringColumn): void {
    if (this.copied === 0) return;
    const { scratch } = this;
    scratch.appendColumn(column.bytes.subarray(this.copied, column.position));
    const { bytes, view } = column;
    column.bytes = scratch.bytes;
    column.view = scratch.view;
    column.position = scratch.position;
    scratch.bytes = bytes;
    scratch.view = view;
    scratch.position = 0;
    this.copied = 0;
  }
}

const IS_HEX = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdef')) IS_HEX[byte] = 1;

/** Trace and span ids as OpenTelemetry has them: nothing in them but hexadecimal digits. Without a branch a byte. */
function isHexId(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 32 && end - start !== 16) return false;
  let all = 1;
  for (let i = start; i < end; i++) all &= IS_HEX[bytes[i]];
  return all === 1;
}

/** Redacts a column of texts. With `hexIds`, values that are trace or span ids are passed over. */
export function redactTexts(column: StringColumn, rows: number, hexIds: boolean, redaction: Redaction): void {
  // An empty value takes one byte.
  if (column.position === rows) return;
  const { forms, hits, rewriter } = redaction;
  const cursor = new StringCursor(column);
  for (let row = 0; row < rows; row++) {
    const valueStart = cursor.end;
    cursor.next();
    const { start, end } = cursor;
    if (end - start < TEXT_BYTES_MIN || (hexIds && isHexId(column.bytes, start, end))) continue;
    const found = scan(column.bytes, column.view, start, end) & forms;
    if (found === 0) continue;
    const text = cursor.text();
    const redacted = redactText(text, found, hits);
    if (redacted !== text) rewriter.replace(column, valueStart, end, redacted);
  }
  rewriter.finish(column);
}

/** Redacts attributes: values by their names and by what they hold, and names. A changed value is a string then. */
export function redactAttributes(batch: EventBatch, redaction: Redaction): void {
  const telling = redaction.memo.anyTellingName(batch.attributeKeys.data, batch.attributeKeys.length);
  // Values before names: once a name is replaced it does not announce anything any more.
  redactAttributeValues(batch, telling, redaction);
  if (telling) redactAttributeNames(batch, redaction);
}

function redactAttributeValues(batch: EventBatch, telling: boolean, redaction: Redaction): void {
  const { attributeKeys, attributeKinds, attributeValues: column } = batch;
  const { forms, memo, hits, rewriter } = redaction;
  const cursor = new StringCursor(column);
  for (let i = 0; i < attributeKeys.length; i++) {
    const valueStart = cursor.end;
    cursor.next();
    const { start, end } = cursor;
    const kind = attributeKinds.data[i];
    if (kind === KIND.bool || end === start) continue;
    if (telling && isNamedSecret(memo, attributeKeys.data[i], cursor, kind === KIND.number)) {
      hits[ATTRIBUTE_RULE]++;
      attributeKinds.data[i] = KIND.string;
      rewriter.replace(column, valueStart, end, replacementOf(ATTRIBUTE_RULE));
      continue;
    }
    if (end - start < (kind === KIND.number ? NUMBER_BYTES_MIN : TEXT_BYTES_MIN)) continue;
    const found = scan(column.bytes, column.view, start, end) & forms;
    if (found === 0) continue;
    const text = cursor.text();
    const redacted = redactText(text, found, hits);
    if (redacted === text) continue;
    attributeKinds.data[i] = kindAfter(kind as Kind, redacted);
    rewriter.replace(column, valueStart, end, redacted);
  }
  rewriter.finish(column);
}

function isNamedSecret(memo: SymbolMemo, name: number, value: StringCursor, isNumber: boolean): boolean {
  const kind = memo.nameKind(name);
  return kind !== 'none' && isSecretValue(kind, value.text(), isNumber);
}

/** JSON stays JSON when only strings in it changed. */
function kindAfter(kind: Kind, redacted: string): Kind {
  if (kind !== KIND.json) return KIND.string;
  try {
    JSON.parse(redacted);
    return KIND.json;
  } catch {
    return KIND.string;
  }
}

/** Redacts attribute names that hold a secret themselves: maps keyed by data. */
function redactAttributeNames(batch: EventBatch, { memo, hits }: Redaction): void {
  const keys = batch.attributeKeys.data;
  const ends = batch.attributeEnds.data;
  let i = 0;
  for (let row = 0; row < batch.rows; row++) {
    const rowStart = i;
    const end = ends[row];
    for (; i < end; i++) {
      const id = memo.redactedName(keys[i], hits);
      if (id === keys[i]) continue;
      const name = freeName(memo.symbols.text(id), (taken) => {
        const takenId = memo.symbols.internText(taken);
        for (let other = rowStart; other < end; other++) if (other !== i && keys[other] === takenId) return true;
        return false;
      });
      keys[i] = memo.symbols.internText(name);
    }
  }
}
