import {
  freeName,
  isSecretValue,
  newHits,
  replacementOf,
  ruleIndex,
  rulesWithout,
  scanAndRedact,
  scanValues,
  secretKindOfAttribute,
  TEXT_BYTES_MIN,
} from '@tailwater/schema/redaction';
import { READ_ALL } from './ring.ts';

const ATTRIBUTE_RULE = ruleIndex('attribute');
/** A number has only digits to offer: fewer than a card's are none. */
const NUMBER_DIGITS_MIN = 14;
const HEX_ID = /^(?:[0-9a-f]{32}|[0-9a-f]{16})$/;
const BYTES_A_CHARACTER_MAX = 3;

/**
 * Replaces secrets in finished lines, as the server does it in events. Most lines have none: a glance over the bytes
 * (`scanValues`) says so, if no name announces a secret and nothing is escaped, which would hide something from the glance.
 * Others are read as JSON, and every value is looked at.
 */
export class Redactor {
  private readonly hits = newHits();
  private readonly rules: ReturnType<typeof rulesWithout>;
  /** The bytes of the last line that came back as it was, if `length` is more than 0. */
  scratch = Buffer.alloc(0);
  length = 0;
  private view = new DataView(new ArrayBuffer(0));

  constructor(rulesOff: readonly string[]) {
    this.rules = rulesWithout(rulesOff);
    this.resize(16 << 10);
  }

  /** Secrets replaced so far. */
  get count(): number {
    return this.hits.reduce((sum, count) => sum + count, 0);
  }

  /** The line without its secrets; the same string when it has none. `scanFrom` as the ring has it. */
  redact(line: string, scanFrom: number): string {
    this.length = 0;
    if (scanFrom === READ_ALL || line.includes('\\')) return this.rewrite(line);
    const bytesMax = line.length * BYTES_A_CHARACTER_MAX;
    if (bytesMax > this.scratch.length) this.resize(bytesMax);
    const { scratch, view } = this;
    const length = scratch.write(line, 0, 'utf8');
    if ((scanValues(scratch, view, scanFrom, length) & this.rules.forms) !== 0) return this.rewrite(line);
    this.length = length;
    return line;
  }

  private resize(bytes: number): void {
    // The view must span the same bytes: Buffer.alloc's pool would give both an offset.
    const memory = new ArrayBuffer(bytes);
    this.scratch = Buffer.from(memory);
    this.view = new DataView(memory);
  }

  private rewrite(line: string): string {
    const before = this.count;
    const event = JSON.parse(line) as Record<string, unknown>;
    const redacted: Record<string, unknown> = Object.create(null);
    for (const [name, value] of Object.entries(event)) {
      if (name === 'extra') redacted[name] = this.members(value as object, '');
      else if ((name === 'trace_id' || name === 'span_id') && HEX_ID.test(String(value))) redacted[name] = value;
      else redacted[name] = name === 'timestamp' ? value : this.value(value, name, false);
    }
    return this.count === before ? line : `${JSON.stringify(redacted)}\n`;
  }

  /** Of an object: attributes, whose names are joined with dots. */
  private members(object: object, path: string): Record<string, unknown> {
    const redacted: Record<string, unknown> = Object.create(null);
    for (const [key, value] of Object.entries(object)) {
      const name = scanAndRedact(key, this.rules.forms, this.hits);
      redacted[freeName(name, (taken) => taken in redacted)] = this.value(value, path + key, true);
    }
    return redacted;
  }

  private value(value: unknown, name: string, isAttribute: boolean): unknown {
    if (typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'object' && !Array.isArray(value)) return this.members(value as object, `${name}.`);
    const isNumber = typeof value === 'number';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (isAttribute && this.rules.attributes && isSecretValue(secretKindOfAttribute(name), text, isNumber)) {
      this.hits[ATTRIBUTE_RULE]++;
      return replacementOf(ATTRIBUTE_RULE);
    }
    if (text.length < (isNumber ? NUMBER_DIGITS_MIN : TEXT_BYTES_MIN)) return value;
    const redacted = scanAndRedact(text, this.rules.forms, this.hits);
    if (redacted === text) return value;
    return Array.isArray(value) ? arrayOr(redacted) : redacted;
  }
}

/** JSON stays JSON when only strings in it changed. */
function arrayOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
