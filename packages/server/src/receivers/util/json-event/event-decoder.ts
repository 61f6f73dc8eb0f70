import type { ErrorCode } from '@tailwater/schema';
import { type EventBatch, KIND } from '../../../batch/event-batch.ts';
import { FIELD, type Field, type SymbolField, type TextField } from '../../../batch/fields.ts';
import type { SymbolTable } from '../../../batch/symbol-table.ts';
import { CHAR, JSON_SYNTAX_ERROR, type JsonScanner, VALUE, type ValueKind } from '../json-scanner.ts';
import { JsonUnescaper } from '../json-string.ts';
import { SymbolMemo } from '../symbol-memo.ts';
import { FieldSetter } from './field-setter.ts';
import { behind, CODE, DottedNames, firstIn, NameGuesses } from './names.ts';

/** Which names of an object are looked up as fields. */
const LOOKUP = {
  none: 0,
  all: 1,
  /** `fields` of Rust's tracing holds the message, and attributes. */
  message: 2,
} as const;
type Lookup = (typeof LOOKUP)[keyof typeof LOOKUP];

const NO_PREFIX = -1;
/** Aliases of one event that wait for its end; more become attributes. */
const WAITING_MAX = 64;
/** Integers per waiting alias: name, code, kind, start, end, escaped. */
const WAITING_SIZE = 6;

/** Longer strings are not put into fields without a look at the limits. */
const PLAIN_BYTES_MAX = 1 << 16;

/** How a protocol's JSON becomes events. One object a protocol: decoders remember what they worked out under it. */
export interface JsonEventRules {
  /** What a name at the top of an event means, dots of nested names included: see CODE in names.ts. */
  codeOf(name: string): number;
  /**
   * A value that its field cannot take stays an attribute, instead of rejecting the event: for protocols whose senders
   * know nothing of the platform's names.
   */
  lenient: boolean;
  /** Called when a row has been begun: what it sets wins over what the event says. */
  begin?(batch: EventBatch): void;
  /**
   * Called with a value under a name (a symbol) of CODE.own, which lies at [start, end) of the body: a string without its quotes.
   * False leaves it an attribute.
   */
  own?(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): boolean;
  /** Called before a row ends: what it sets is for what the event did not say. */
  end?(batch: EventBatch): void;
}

/**
 * Writes one JSON object as a row of the batch. Values go from the body's bytes into the columns; no string or object
 * is made of an event whose names were seen before.
 *
 * Aliases are put aside and set when the object has ended, so that the platform's own name wins wherever it stands.
 * What finds its field taken stays an attribute under the name it came with.
 */
export class EventDecoder {
  private readonly scanner: JsonScanner;
  private readonly symbols: SymbolTable;
  private readonly codes: SymbolMemo;
  private readonly dotted: DottedNames;
  private readonly guesses: NameGuesses;
  private readonly unescaper = new JsonUnescaper();
  private readonly setter: FieldSetter;
  private readonly rules: JsonEventRules;
  private batch: EventBatch;

  private readonly waiting = new Int32Array(WAITING_MAX * WAITING_SIZE);
  private waitingCount = 0;
  private failure: { code: ErrorCode; field: string; error: string } | null = null;

  constructor(batch: EventBatch, scanner: JsonScanner, rules: JsonEventRules) {
    this.batch = batch;
    this.rules = rules;
    this.scanner = scanner;
    this.symbols = batch.symbols;
    this.codes = new SymbolMemo(batch.symbols, rules.lenient ? leniently(rules.codeOf) : rules.codeOf);
    this.dotted = new DottedNames(batch.symbols);
    this.guesses = new NameGuesses(batch.symbols);
    this.setter = new FieldSetter(batch, scanner, this.unescaper, rules.lenient);
  }

  /** Call before each body, with a batch of the same symbol table. */
  reset(batch: EventBatch): void {
    this.batch = batch;
    this.setter.reset(batch);
    this.codes.refresh();
    this.dotted.refresh();
    this.guesses.refresh();
  }

  /**
   * Reads the object at the position and returns the position behind it, also when the event was rejected for a value.
   * -1 when its syntax is wrong: the scanner says where, and nothing of it is left. Throws PermanentError
   * too_many_events.
   */
  event(position: number): number {
    this.begin();
    let end: number;
    try {
      end = this.read(position);
    } catch (error) {
      this.batch.rollbackRow();
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return -1;
    }
    this.finish();
    return end;
  }

  /** Begins a row, for callers that fill it from several places. Throws PermanentError too_many_events. */
  begin(): void {
    this.batch.beginRow();
    this.waitingCount = 0;
    this.failure = null;
    this.rules.begin?.(this.batch);
  }

  /**
   * Puts the members of the object at the position into the row that was begun, and returns the position behind it.
   * Throws JSON_SYNTAX_ERROR: the caller rolls the row back.
   */
  read(position: number): number {
    return this.members(position, 0, NO_PREFIX, LOOKUP.all, 1);
  }

  /** The same without looking at names: every member becomes an attribute of its name. */
  readAttributes(position: number): number {
    return this.members(position, 0, NO_PREFIX, LOOKUP.none, 1);
  }

  /** Ends the row that was begun, or rejects it for its first fault. False when it was rejected. */
  finish(): boolean {
    if (this.waitingCount > 0) this.setWaiting();
    if (this.failure !== null) {
      const { code, field, error } = this.failure;
      this.batch.rejectRow(code, field, error);
      return false;
    }
    this.rules.end?.(this.batch);
    return this.batch.endRow();
  }

  /**
   * Reads the members of the object at the position and returns the position behind it. `object` is its name, 0 for the
   * event; `prefix` is that or NO_PREFIX. `depth` counts this object.
   */
  private members(position: number, object: number, prefix: number, lookup: Lookup, depth: number): number {
    const { scanner, guesses } = this;
    const { source, view, end } = scanner;
    scanner.checkDepth(depth, position);
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBrace) return p + 1;
    let place = firstIn(object);
    do {
      const nameStart = scanner.nameStart(p);
      p = guesses.match(place, view, nameStart, end);
      if (p < 0) p = this.readName(nameStart, place);
      let name = guesses.name;
      place = behind(name);
      if (prefix !== NO_PREFIX) name = this.dotted.join(prefix, name);
      const code = lookup === LOOKUP.none ? CODE.attribute : this.codeIn(name, lookup);
      p = this.member(scanner.valueStart(p), name, code, lookup, depth);
      p = scanner.memberEnd(p);
    } while (source[p - 1] === CHAR.comma);
    return p;
  }

  /** Reads a name that was not guessed into `guesses.name`. Returns the position behind its closing quote. */
  private readName(position: number, place: number): number {
    const { scanner, unescaper, symbols, guesses } = this;
    const { source } = scanner;
    const end = scanner.stringEnd(position);
    const { attributeNameBytesMax } = this.batch.limits;
    if (end - position > attributeNameBytesMax) {
      const field = source.toString('utf8', position, position + 100);
      const error = `the name has more bytes than limits.attributeNameBytesMax (${attributeNameBytesMax})`;
      this.fail('event_too_large', field, error);
      guesses.name = 0;
    } else if (scanner.escaped) {
      unescaper.unescape(source, position, end);
      guesses.name = symbols.internBytes(unescaper.bytes, 0, unescaper.length);
    } else {
      guesses.name = symbols.internBytes(source, position, end);
      guesses.set(place, guesses.name);
    }
    return end + 1;
  }

  private codeIn(name: number, lookup: Lookup): number {
    const code = this.codes.get(name);
    if (lookup === LOOKUP.all) return code;
    return (code & CODE.fieldMask) === FIELD.message + 1 ? code | CODE.alias | CODE.weak : CODE.attribute;
  }

  /** Reads the value at the position as what `code` says. Returns the position behind it. */
  private member(position: number, name: number, code: number, lookup: Lookup, depth: number): number {
    const { scanner } = this;
    let start = position;
    let end: number;
    let next: number;
    let escaped = false;
    const kind = scanner.kindAt(position);
    switch (kind) {
      case VALUE.string:
        start = position + 1;
        end = scanner.stringEnd(start);
        next = end + 1;
        escaped = scanner.escaped;
        break;
      case VALUE.number:
        end = scanner.numberEnd(position);
        next = end;
        break;
      case VALUE.object:
        return this.object(position, name, code, lookup, depth);
      default:
        end = scanner.valueEnd(position, depth);
        next = end;
    }
    this.put(name, code, kind, start, end, escaped);
    return next;
  }

  /** Puts a value that is no object where its name's code says. */
  private put(name: number, code: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const { batch, scanner } = this;
    if (code === CODE.attribute) {
      this.keep(name, kind, start, end, escaped);
    } else if (
      code <= CODE.stringMax &&
      kind === VALUE.string &&
      !escaped &&
      end - start <= PLAIN_BYTES_MAX &&
      !batch.has((code - 1) as Field)
    ) {
      // set() would do the same; most values are this, and go past all its cases.
      batch.setBytes((code - 1) as SymbolField | TextField, scanner.source, scanner.view, start, end);
    } else if (kind !== VALUE.null) {
      // A field that is null is one that was not given.
      if (code === CODE.own) this.ownOrKeep(name, kind, start, end, escaped);
      else if (code === CODE.container) this.keep(name, kind, start, end, escaped);
      else if ((code & CODE.alias) !== 0) this.wait(name, code, kind, start, end, escaped);
      else this.set(name, code, kind, start, end, escaped);
    }
  }

  private ownOrKeep(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    if (this.rules.own?.(name, kind, start, end, escaped) !== true) this.keep(name, kind, start, end, escaped);
  }

  private object(position: number, name: number, code: number, lookup: Lookup, depth: number): number {
    if (code === CODE.attribute || code === CODE.own) return this.flatten(position, name, lookup, depth);
    if (code === CODE.container) {
      const inside = this.symbols.text(name) === 'fields' ? LOOKUP.message : LOOKUP.none;
      return this.members(position, name, NO_PREFIX, inside, depth + 1);
    }
    // Elastic's schema nests service.name and host.name; `log` and `event` are objects there too.
    const isOther = (code & CODE.alias) !== 0 || code === CODE.severityNumber;
    if (isOther || code === FIELD.service + 1 || code === FIELD.host + 1) {
      return this.flatten(position, name, lookup, depth);
    }
    this.fail('invalid_field', this.symbols.text(name), this.setter.expected(code, 'an object'));
    return this.scanner.valueEnd(position, depth);
  }

  /** The members of a nested object become attributes `name.member`; an empty one is kept as it is. */
  private flatten(position: number, name: number, lookup: Lookup, depth: number): number {
    const { batch, scanner } = this;
    const first = scanner.skip(position + 1);
    if (scanner.source[first] === CHAR.closeBrace && batch.beginAttribute(name, KIND.json)) {
      batch.attributeValues.appendText('{}');
    }
    return this.members(position, name, name, lookup, depth + 1);
  }

  private set(name: number, code: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const error = this.setter.set(code, kind, start, end, escaped);
    if (error === null) return;
    if (error === '') this.keep(name, kind, start, end, escaped);
    else this.fail('invalid_field', this.symbols.text(name), error);
  }

  private wait(name: number, code: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    if (this.waitingCount === WAITING_MAX) {
      this.keep(name, kind, start, end, escaped);
      return;
    }
    const { waiting } = this;
    const slot = this.waitingCount++ * WAITING_SIZE;
    waiting[slot] = name;
    waiting[slot + 1] = code;
    waiting[slot + 2] = kind;
    waiting[slot + 3] = start;
    waiting[slot + 4] = end;
    waiting[slot + 5] = escaped ? 1 : 0;
  }

  private setWaiting(): void {
    const { waiting } = this;
    const end = this.waitingCount * WAITING_SIZE;
    for (let weak = 0; weak <= CODE.weak; weak += CODE.weak) {
      for (let slot = 0; slot < end; slot += WAITING_SIZE) {
        const code = waiting[slot + 1];
        if ((code & CODE.weak) !== weak) continue;
        const kind = waiting[slot + 2] as ValueKind;
        this.set(waiting[slot], code, kind, waiting[slot + 3], waiting[slot + 4], waiting[slot + 5] === 1);
      }
    }
  }

  /** Adds a value that is no object as an attribute. */
  private keep(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): void {
    const { batch, scanner, unescaper } = this;
    if (!batch.beginAttribute(name, ATTRIBUTE_KIND[kind])) return;
    if (escaped) {
      unescaper.unescape(scanner.source, start, end);
      batch.attributeValues.appendUtf8(unescaper.bytes, unescaper.view, 0, unescaper.length);
    } else {
      batch.attributeValues.appendUtf8(scanner.source, scanner.view, start, end);
    }
  }

  /** The event is refused for its first fault; the rest is still read, to find where it ends. */
  fail(code: ErrorCode, field: string, error: string): void {
    this.failure ??= { code, field, error };
  }
}

/** An attribute's kind by the value's: null and arrays are kept as JSON text. */
const ATTRIBUTE_KIND = [KIND.string, KIND.number, KIND.bool, KIND.json, KIND.json, KIND.json, KIND.json] as const;

/** Every name as an alias: one whose value does not fit stays an attribute. */
function leniently(codeOf: (name: string) => number): (name: string) => number {
  return (name) => {
    const code = codeOf(name);
    return code === CODE.attribute || code >= CODE.container ? code : code | CODE.alias;
  };
}
