import { FIELD, type Field, fieldOfName } from '../../../batch/fields.ts';
import type { SymbolTable } from '../../../batch/symbol-table.ts';
import { CHAR } from '../json-scanner.ts';
import { looseName } from '../loose-name.ts';

/**
 * What the decoder does with a name, as a small integer: 0 for an attribute, otherwise one of the codes below, or a
 * field's code (its number in FIELD plus one) with flags.
 */
export const CODE = {
  attribute: 0,
  /** 1 to this: a field that holds a string, without flags. */
  stringMax: FIELD.clientEventId + 1,
  /** Low bits: the field's number plus one. */
  fieldMask: 31,
  /** OpenTelemetry's `severity_number`, which sets the severity whatever the word says. */
  severityNumber: 31,
  /** Another logger's name for the field. The platform's own name wins over it, wherever it stands in the event. */
  alias: 32,
  /** An alias that often means something else. All other aliases win over it. Set together with `alias`. */
  weak: 64,
  /** An object whose members are attributes, without a prefix. */
  container: 128,
  /** A value of the protocol's own kind, which JsonEventRules.own takes; an object is flattened. */
  own: 129,
} as const;

/** Aliases, as `looseName` writes them, of the names in FIELD_OF_NAME. */
const ALIASES: Partial<Record<Field, string>> = {
  [FIELD.logType]: 'logtype category',
  [FIELD.eventType]: 'eventtype eventname event.name',
  [FIELD.severity]: 'severity severitytext level lvl loglevel levelname log.level @l',
  [FIELD.message]: 'message msg @m',
  [FIELD.service]: 'service servicename service.name',
  [FIELD.host]: 'host hostname host.name host.hostname',
  [FIELD.logger]: 'logger loggername log.logger',
  [FIELD.userId]: 'userid user.id enduser.id',
  [FIELD.resourceId]: 'resourceid',
  [FIELD.resourceType]: 'resourcetype',
  [FIELD.action]: 'action',
  [FIELD.traceId]: 'traceid trace.id',
  [FIELD.spanId]: 'spanid span.id',
  [FIELD.requestId]: 'requestid reqid request.id req.id http.request.id',
  [FIELD.clientEventId]: 'eventid',
  [FIELD.timestamp]: 'timestamp time ts datetime @timestamp @t timemillis',
  [FIELD.durationMs]: 'durationms',
  [FIELD.cost]: 'cost',
};

/** structlog prints `event`, Docker `log`, OpenTelemetry `body`, Bunyan and Python `name`. */
const WEAK_ALIASES: Partial<Record<Field, string>> = {
  [FIELD.message]: 'event log body',
  [FIELD.logger]: 'name',
};

const CONTAINERS = new Set(['metadata', 'meta', 'extra', 'attributes', 'context', 'fields']);

const CODE_OF_ALIAS = new Map<string, number>();
for (const [flags, aliases] of [
  [CODE.alias, ALIASES],
  [CODE.alias | CODE.weak, WEAK_ALIASES],
] as const) {
  for (const [field, names] of Object.entries(aliases)) {
    for (const name of names.split(' ')) CODE_OF_ALIAS.set(name, (Number(field) + 1) | flags);
  }
}

/** What the decoder does with a name at the top of an event, dots included. */
export function codeOfName(name: string): number {
  const field = fieldOfName(name);
  if (field !== undefined) return field + 1;
  const normal = looseName(name);
  if (normal === 'severitynumber') return CODE.severityNumber;
  if (CONTAINERS.has(normal)) return CODE.container;
  return CODE_OF_ALIAS.get(normal) ?? CODE.attribute;
}

const JOIN_SLOTS = 1024;

/** The dotted names of nested members as symbols of one table, each put together once. */
export class DottedNames {
  private readonly symbols: SymbolTable;
  private generation = -1;
  /** Per slot: prefix + 1, name, dotted name. */
  private readonly joins = new Int32Array(JOIN_SLOTS * 3);

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  /** Call before each body: the table may have forgotten its symbols since. */
  refresh(): void {
    if (this.generation === this.symbols.generation) return;
    this.generation = this.symbols.generation;
    this.joins.fill(0);
  }

  /** The symbol of `prefix.name`. */
  join(prefix: number, name: number): number {
    const slot = ((Math.imul(prefix, 0x9e3779b1) + Math.imul(name, 0x85ebca6b)) >>> 22) * 3;
    const { joins } = this;
    if (joins[slot] === prefix + 1 && joins[slot + 1] === name) return joins[slot + 2];
    const joined = this.symbols.internText(`${this.symbols.text(prefix)}.${this.symbols.text(name)}`);
    joins[slot] = prefix + 1;
    joins[slot + 1] = name;
    joins[slot + 2] = joined;
    return joined;
  }
}

/** The place behind a name. */
export function behind(name: number): number {
  return name * 2;
}

/** The place at the beginning of the object of that name; 0 stands for the event itself. */
export function firstIn(name: number): number {
  return name * 2 + 1;
}

/** Integers of a guess before its words: name, bytes with the closing quote. */
const GUESS_HEAD = 2;

/**
 * Guesses which name comes in a place (behind a name, or first in an object): the one that came there last. Comparing
 * with a guess, four bytes at a time, is cheaper than finding a name's end and looking it up.
 */
export class NameGuesses {
  private readonly symbols: SymbolTable;
  private generation = -1;
  /** By place and by name, where the guess begins in `words`; 0 for none. */
  private ofPlace = new Int32Array(1 << 13);
  private ofName = new Int32Array(1 << 12);
  /** Per guess GUESS_HEAD integers, then the bytes of the name and its closing quote, padded with zeros. */
  private words = new Int32Array(1 << 14);
  private used = 1;
  /** The name that `match` found. */
  name = 0;

  constructor(symbols: SymbolTable) {
    this.symbols = symbols;
  }

  /** Call before each body: the table may have forgotten its symbols since. */
  refresh(): void {
    if (this.generation === this.symbols.generation) return;
    this.generation = this.symbols.generation;
    this.ofPlace.fill(0);
    this.ofName.fill(0);
    this.used = 1;
  }

  /**
   * Compares the guess for the place with the name whose content begins at the position of a body that ends at
   * `bodyEnd`. Returns the position behind its closing quote and sets `name`, or returns -1.
   */
  match(place: number, view: DataView, position: number, bodyEnd: number): number {
    const guess = place < this.ofPlace.length ? this.ofPlace[place] : 0;
    if (guess === 0) return -1;
    const { words } = this;
    const length = words[guess + 1];
    if (position + length + 4 > bodyEnd) return -1;
    let w = guess + GUESS_HEAD;
    let p = position;
    const end = position + length;
    for (; p + 4 <= end; p += 4) if (view.getInt32(p, true) !== words[w++]) return -1;
    const rest = (1 << ((end - p) << 3)) - 1;
    if (p < end && (view.getInt32(p, true) & rest) !== words[w]) return -1;
    this.name = words[guess];
    return end;
  }

  /** Makes the name, which stood in the body as the symbol's bytes, the guess for the place. */
  set(place: number, name: number): void {
    if (place >= this.ofPlace.length) this.ofPlace = grown(this.ofPlace, place);
    if (name >= this.ofName.length) this.ofName = grown(this.ofName, name);
    if (this.ofName[name] === 0) this.ofName[name] = this.add(name);
    this.ofPlace[place] = this.ofName[name];
  }

  private add(name: number): number {
    const bytes = this.symbols.bytes(name);
    const guess = this.used;
    this.used += GUESS_HEAD + ((bytes.length + 4) >> 2);
    if (this.used > this.words.length) this.words = grown(this.words, this.used);
    const { words } = this;
    words[guess] = name;
    words[guess + 1] = bytes.length + 1;
    words.fill(0, guess + GUESS_HEAD, this.used);
    for (let i = 0; i <= bytes.length; i++) {
      const byte = i < bytes.length ? bytes[i] : CHAR.quote;
      words[guess + GUESS_HEAD + (i >> 2)] |= byte << ((i & 3) << 3);
    }
    return guess;
  }
}

function grown(array: Int32Array<ArrayBuffer>, index: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(array.length * 2, index + 1));
  larger.set(array);
  return larger;
}
