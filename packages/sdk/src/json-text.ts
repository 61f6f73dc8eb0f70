import { nameOf } from './names.ts';
import { quote } from './quote.ts';

const ARRAY_ITEMS_MAX = 1_000;
const OBJECT_MEMBERS_MAX = 1_000;
const DEPTH_MAX = 10;
const CAUSES_MAX = 5;

/**
 * Writes any value as JSON, whatever it is: never throws, never follows a circle, and ends when `charactersMax` are
 * written. What JSON has no word for is written as text.
 */
export class JsonText {
  /** Whether something was left out since this was set to false. */
  isCut = false;
  /** Whether a name inside may announce a secret, likewise. */
  isTelling = false;
  private readonly around: object[] = [];
  private left = 0;

  /** Undefined for what JSON leaves out: undefined and functions. */
  write(value: unknown, charactersMax: number): string | undefined {
    this.left = charactersMax;
    this.around.length = 0;
    try {
      return this.value(value);
    } catch {
      return '"[unreadable]"';
    }
  }

  private value(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return this.text(value);
      case 'number':
        return value - value === 0 ? `${value}` : `"${value}"`;
      case 'boolean':
        return `${value}`;
      case 'bigint':
        return `"${value}"`;
      case 'symbol':
        return this.text(String(value));
      case 'object':
        return value === null ? 'null' : this.object(value);
      default:
        return undefined;
    }
  }

  private text(text: string): string {
    const max = Math.max(0, this.left);
    if (text.length > max) this.isCut = true;
    const quoted = quote(text.length > max ? text.slice(0, max) : text);
    this.left -= quoted.length;
    return quoted;
  }

  private object(value: object): string | undefined {
    const { around } = this;
    if (around.includes(value)) return '"[circular]"';
    if (around.length >= DEPTH_MAX || this.left <= 0) {
      this.isCut = true;
      return '"[cut]"';
    }
    around.push(value);
    try {
      return this.known(value) ?? this.members(value);
    } catch {
      return '"[unreadable]"';
    } finally {
      around.pop();
    }
  }

  /** Objects that are more than their members; undefined for others. */
  private known(value: object): string | undefined {
    if (Array.isArray(value)) return this.items(value);
    if (value instanceof Error) return this.members(describeError(value));
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : `"${value.toISOString()}"`;
    if (ArrayBuffer.isView(value)) return `"[${value.byteLength} bytes]"`;
    if (value instanceof ArrayBuffer) return `"[${value.byteLength} bytes]"`;
    if (value instanceof Map) return this.map(value);
    if (value instanceof Set) return this.items(firstOf(value, ARRAY_ITEMS_MAX + 1));
    if (value instanceof RegExp) return this.text(String(value));
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.value(value.toJSON()) ?? 'null';
    return undefined;
  }

  private items(items: readonly unknown[]): string {
    let text = '[';
    const last = Math.min(items.length, ARRAY_ITEMS_MAX);
    for (let i = 0; i < last && this.left > 0; i++) text += `${i === 0 ? '' : ','}${this.value(items[i]) ?? 'null'}`;
    if (items.length > last || this.left <= 0) this.isCut = true;
    this.left -= last;
    return `${text}]`;
  }

  private map(map: ReadonlyMap<unknown, unknown>): string {
    const entries = firstOf(map, OBJECT_MEMBERS_MAX);
    if (map.size > entries.length) this.isCut = true;
    return this.pairs(
      entries.map(([key, value]) => [typeof key === 'string' ? key : String(key), () => value] as const),
    );
  }

  private members(value: object): string {
    const keys = Object.keys(value);
    if (keys.length > OBJECT_MEMBERS_MAX) this.isCut = true;
    const read = value as Record<string, unknown>;
    return this.pairs(keys.slice(0, OBJECT_MEMBERS_MAX).map((key) => [key, () => read[key]] as const));
  }

  private pairs(pairs: readonly (readonly [key: string, read: () => unknown])[]): string {
    let text = '';
    for (const [key, read] of pairs) {
      if (this.left <= 0) {
        this.isCut = true;
        break;
      }
      let member: string | undefined;
      try {
        member = this.value(read());
      } catch {
        member = '"[unreadable]"';
      }
      if (member === undefined) continue;
      const name = nameOf(key);
      if (name.mayTellInside) this.isTelling = true;
      this.left -= name.next.length;
      text += (text === '' ? name.first : name.next) + member;
    }
    return `{${text}}`;
  }
}

function firstOf<T>(items: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const item of items) {
    if (first.length === count) break;
    first.push(item);
  }
  return first;
}

/** What an Error tells, in OpenTelemetry's words: https://opentelemetry.io/docs/specs/semconv/exceptions/ */
export interface ErrorFacts {
  type: string;
  message: string;
  stacktrace?: string;
  code?: unknown;
  /** `TypeError: fetch failed; Error: connect ECONNREFUSED` */
  cause?: string;
}

export function describeError(error: Error): ErrorFacts {
  const facts: ErrorFacts = { type: textOf(error, 'name') || 'Error', message: textOf(error, 'message') };
  const stack = textOf(error, 'stack');
  if (stack !== '') facts.stacktrace = stack;
  const code = readOr(error, 'code');
  if (typeof code === 'string' || typeof code === 'number') facts.code = code;
  const causes = causesOf(error);
  if (causes !== '') facts.cause = causes;
  return facts;
}

function causesOf(error: Error): string {
  const causes: string[] = [];
  let cause = readOr(error, 'cause');
  while (cause !== undefined && cause !== null && causes.length < CAUSES_MAX) {
    if (!(cause instanceof Error)) {
      causes.push(typeof cause === 'string' ? cause : `[${typeof cause}]`);
      break;
    }
    causes.push(`${textOf(cause, 'name')}: ${textOf(cause, 'message')}`);
    cause = readOr(cause, 'cause');
  }
  return causes.join('; ');
}

function readOr(error: Error, name: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function textOf(error: Error, name: string): string {
  const value = readOr(error, name);
  return typeof value === 'string' ? value : '';
}
