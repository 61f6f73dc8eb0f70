import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FieldSetter } from '../util/json-event/field-setter.ts';
import { CODE, codeOfName } from '../util/json-event/names.ts';
import { JSON_SYNTAX_ERROR, type JsonScanner, VALUE, type ValueKind } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';

const PAIRS_MAX = 128;
/** Integers a pair: name and its end, kind, value and its end, whether it has escapes. */
const PAIR_SIZE = 6;
const NAME_BYTES_MAX = 128;
const NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d{1,15})?$/;

const NAME_BYTE = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) NAME_BYTE[byte] = /[\w.@/-]/.test(String.fromCharCode(byte)) ? 1 : 0;

/** Names that often mean something else, and containers, are attributes here: logfmt does not nest. */
function codeOf(name: string): number {
  const code = codeOfName(name);
  if (code === CODE.attribute || (code & (CODE.weak | CODE.container)) !== 0) return CODE.attribute;
  return code | CODE.alias;
}

/** Reads lines of `name=value` pairs: https://brandur.org/logfmt. Nothing but pairs, and two at least. */
export class Logfmt {
  private batch: EventBatch;
  private readonly scanner: JsonScanner;
  private readonly unescaper = new JsonUnescaper();
  private readonly codes: SymbolMemo;
  private readonly setter: FieldSetter;
  private readonly pairs = new Int32Array(PAIRS_MAX * PAIR_SIZE);
  private count = 0;

  constructor(batch: EventBatch, scanner: JsonScanner) {
    this.batch = batch;
    this.scanner = scanner;
    this.codes = new SymbolMemo(batch.symbols, codeOf);
    this.setter = new FieldSetter(batch, scanner, this.unescaper, true);
  }

  /** Call before each body, with a batch of the same symbol table. */
  reset(batch: EventBatch): void {
    this.batch = batch;
    this.codes.refresh();
    this.setter.reset(batch);
  }

  /** Whether [start, end) of the scanner's source is logfmt; `put` then puts it into a row. */
  match(start: number, end: number): boolean {
    this.count = 0;
    try {
      return this.readPairs(start, end) && this.count >= 2;
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return false;
    }
  }

  private readPairs(start: number, end: number): boolean {
    const { source } = this.scanner;
    const first = source[start] | 0x20;
    if (!((first >= 0x61 && first <= 0x7a) || source[start] === 0x5f || source[start] === 0x40)) return false;
    let p = start;
    while (p < end) {
      const name = p;
      while (p < end && NAME_BYTE[source[p]] === 1) p++;
      if (p === name || p - name > NAME_BYTES_MAX || source[p] !== 0x3d || p >= end) return false;
      p = this.value(name, p, end);
      if (p < 0) return false;
      while (p < end && source[p] === 0x20) p++;
    }
    return true;
  }

  /** Notes the pair whose `=` is at `nameEnd`. Returns the position behind the value, -1 when there is none. */
  private value(name: number, nameEnd: number, end: number): number {
    const { source } = this.scanner;
    const start = nameEnd + 1;
    if (source[start] === 0x22 && start < end) {
      const quote = this.scanner.stringEnd(start + 1);
      const isEnd = quote + 1 === end || source[quote + 1] === 0x20;
      if (quote >= end || !isEnd || !this.add(name, nameEnd, VALUE.string, start + 1, quote, this.scanner.escaped)) {
        return -1;
      }
      return quote + 1;
    }
    let p = start;
    while (p < end && source[p] > 0x20 && source[p] !== 0x22) p++;
    if (p < end && source[p] !== 0x20) return -1;
    return this.add(name, nameEnd, kindOf(source, start, p), start, p, false) ? p : -1;
  }

  private add(name: number, nameEnd: number, kind: ValueKind, start: number, end: number, escaped: boolean): boolean {
    if (this.count === PAIRS_MAX) return false;
    const { pairs } = this;
    const slot = this.count++ * PAIR_SIZE;
    pairs[slot] = name;
    pairs[slot + 1] = nameEnd;
    pairs[slot + 2] = kind;
    pairs[slot + 3] = start;
    pairs[slot + 4] = end;
    pairs[slot + 5] = escaped ? 1 : 0;
    return true;
  }

  /** Puts the pairs that `match` found into the row that was begun. */
  put(): void {
    const { pairs, batch, scanner, codes, setter } = this;
    for (let slot = 0; slot < this.count * PAIR_SIZE; slot += PAIR_SIZE) {
      const name = batch.symbols.internBytes(scanner.source, pairs[slot], pairs[slot + 1]);
      const kind = pairs[slot + 2] as ValueKind;
      const start = pairs[slot + 3];
      const end = pairs[slot + 4];
      const escaped = pairs[slot + 5] === 1;
      const code = codes.get(name);
      if (code !== CODE.attribute && start < end && setter.set(code, kind, start, end, escaped) === null) continue;
      this.keep(name, kind, start, end, escaped);
    }
  }

  private keep(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const { batch, scanner, unescaper } = this;
    if (!batch.beginAttribute(name, kind === VALUE.number ? KIND.number : KIND.string)) return;
    if (escaped) {
      unescaper.unescape(scanner.source, start, end);
      batch.attributeValues.appendUtf8(unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.attributeValues.appendUtf8(scanner.source, scanner.view, start, end);
    }
  }
}

function kindOf(source: Buffer, start: number, end: number): ValueKind {
  const byte = source[start];
  const isNumber = end - start <= 32 && (byte === 0x2d || (byte >= 0x30 && byte <= 0x39));
  return isNumber && NUMBER.test(source.toString('latin1', start, end)) ? VALUE.number : VALUE.string;
}
