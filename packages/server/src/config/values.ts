import { z } from 'zod';

/** What an operator is told about a kind of value: in the reference page and when a value is refused. */
export interface ValueInfo {
  /** Completes "expected …". */
  expected: string;
  /** The value as an operator would write it. */
  show: (value: unknown) => string;
  /** Never printed. */
  secret: boolean;
}

/** The ValueInfo of every schema made here, found by the schema object. */
export const valueInfo = z.registry<ValueInfo>();

/**
 * A zod type that reads what YAML gives (typed) and what flags and the environment give (text) alike.
 * `read` returns undefined for a value it does not take.
 */
function value<T>(expected: string, read: (raw: unknown) => T | undefined, info: Partial<ValueInfo> = {}) {
  const schema = z.unknown().transform((raw, context): T => {
    const parsed = read(raw);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `expected ${expected}` });
    return z.NEVER;
  });
  return schema.register(valueInfo, { expected, show: String, secret: false, ...info });
}

function readInteger(raw: unknown, min: number, max: number): number | undefined {
  const number = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw;
  return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max ? number : undefined;
}

export function integer(min: number, max: number) {
  return value(`a whole number from ${min} to ${max}`, (raw) => readInteger(raw, min, max));
}

export function port() {
  return value('a port from 0 to 65535 (0 takes any free one)', (raw) => readInteger(raw, 0, 65_535));
}

/** A port, or `off` for no listener. YAML 1.1 habits make `off` a boolean for some people, so false is read too. */
export function portOrOff() {
  return value('a port from 0 to 65535 (0 takes any free one), or `off`', (raw) =>
    raw === 'off' || raw === false ? ('off' as const) : readInteger(raw, 0, 65_535),
  );
}

/** The same, or `auto` for the usual port where no other program has it. */
export function portAutoOrOff(usual: number) {
  const expected = `a port from 0 to 65535 (0 takes any free one), \`auto\` (${usual} where it is free), or \`off\``;
  return value(expected, (raw) => {
    if (raw === 'auto') return raw;
    return raw === 'off' || raw === false ? ('off' as const) : readInteger(raw, 0, 65_535);
  });
}

const BYTE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};
const DURATION_UNITS: Record<string, number> = { '': 1, ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 };

/** Reads `1.5GiB` with a table of units, undefined when it is no such quantity. */
function readQuantity(raw: unknown, units: Record<string, number>): number | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? raw : undefined;
  const match = typeof raw === 'string' ? /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(raw.trim()) : null;
  const unit = match && units[match[2]!.toLowerCase()];
  if (!match || !unit) return undefined;
  const number = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Writes a number with the largest of `units` that divides it. */
function showQuantity(number: unknown, units: readonly (readonly [string, number])[]): string {
  if (typeof number !== 'number') return String(number);
  const unit = units.find(([, size]) => number >= size && number % size === 0);
  return unit ? `${number / unit[1]}${unit[0]}` : String(number);
}

const showBytes = (number: unknown): string =>
  showQuantity(number, [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ]);
const showDuration = (number: unknown): string =>
  showQuantity(number, [
    ['d', 86_400e3],
    ['h', 3600e3],
    ['m', 60e3],
    ['s', 1e3],
    ['ms', 1],
  ]);

/** A byte count from `min` to `max`: a number, or text such as `20MiB` (2^20), `20MB` (10^6). */
export function byteSize(min: number, max: number) {
  const expected = `a size from ${showBytes(min)} to ${showBytes(max)}, such as 20MiB`;
  const read = (raw: unknown): number | undefined => {
    const bytes = readQuantity(raw, BYTE_UNITS);
    return bytes !== undefined && bytes >= min && bytes <= max ? bytes : undefined;
  };
  return value(expected, read, { show: showBytes });
}

/** Milliseconds from `min` to `max`: a number, or text such as `500ms`, `1s`, `2m`, `1h`, `1d`. */
export function duration(min: number, max: number) {
  const expected = `a duration from ${showDuration(min)} to ${showDuration(max)}, such as 500ms or 1s`;
  const read = (raw: unknown): number | undefined => {
    const milliseconds = readQuantity(raw, DURATION_UNITS);
    return milliseconds !== undefined && milliseconds >= min && milliseconds <= max ? milliseconds : undefined;
  };
  return value(expected, read, { show: showDuration });
}

/** Text without control characters that matches `pattern`. */
export function text(expected: string, pattern: RegExp = /\S/, info: Partial<ValueInfo> = {}) {
  const hasControl = (raw: string): boolean => /\p{Cc}/u.test(raw);
  return value(
    expected,
    (raw) => (typeof raw === 'string' && !hasControl(raw) && pattern.test(raw) ? raw : undefined),
    info,
  );
}

/** One of a few words. */
export function word<const W extends string>(words: readonly W[]) {
  return value(words.map((each) => `\`${each}\``).join(' or '), (raw) => {
    // YAML 1.1 habits: `off` may arrive as false where someone's editor rewrote it.
    const spelled = raw === false ? 'off' : raw;
    return words.find((each) => each === spelled);
  });
}

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** An http or https address. User and password may be part of it, so it is never printed. */
export function httpUrl() {
  const read = (raw: unknown): string | undefined => {
    if (typeof raw !== 'string' || !URL.canParse(raw)) return undefined;
    const { protocol, username, password } = new URL(raw);
    return canDecode(username + password) && /^https?:$/.test(protocol) ? raw : undefined;
  };
  return value('an http:// or https:// address', read, { secret: true });
}

/**
 * A secret that a person chose. Refused when it could be guessed: it opens everything, on ports anyone may try.
 * 16 characters with 8 different ones is what `openssl rand -hex 8` gives (64 bits).
 */
export function strongSecret() {
  const read = (raw: unknown): string | undefined =>
    typeof raw === 'string' && /^[\x21-\x7e]{16,256}$/.test(raw) && new Set(raw).size >= 8 ? raw : undefined;
  return value('16 to 256 printable ASCII characters without blanks, at least 8 of them different', read, {
    secret: true,
  });
}

/** `a=1,b=2` as entries; undefined when a part has no `=`. */
function splitPairs(raw: string): [string, string][] | undefined {
  const pairs: [string, string][] = [];
  for (const part of raw.split(',').filter((each) => each.trim() !== '')) {
    const at = part.indexOf('=');
    if (at < 1) return undefined;
    pairs.push([part.slice(0, at).trim(), part.slice(at + 1).trim()]);
  }
  return pairs;
}

/** A YAML list, or `a,b` in a flag or the environment. `read` returns undefined to refuse a value. */
export function listOf<T>(expected: string, read: (raw: unknown) => T | undefined) {
  const readList = (raw: unknown): T[] | undefined => {
    const parts = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw;
    if (!Array.isArray(parts)) return undefined;
    const given: unknown[] = parts.filter((part) => part !== '');
    const parsed = given.map(read).filter((one) => one !== undefined);
    return parsed.length === given.length ? parsed : undefined;
  };
  const show = (list: unknown): string => JSON.stringify(list);
  return value(`${expected} (a list in YAML, \`a,b\` elsewhere)`, readList, { show });
}

/** A YAML map, or `name=value,name=value` in a flag or the environment. `read` returns undefined to refuse a value. */
export function mapOf<T>(expected: string, name: RegExp, read: (raw: unknown) => T | undefined) {
  const readMap = (raw: unknown): Record<string, T> | undefined => {
    const isObject = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
    const entries = typeof raw === 'string' ? splitPairs(raw) : isObject ? Object.entries(raw) : undefined;
    if (!entries) return undefined;
    const parsed: [string, T][] = [];
    for (const [key, rawValue] of entries) {
      const one = read(rawValue);
      if (!name.test(key) || one === undefined) return undefined;
      parsed.push([key, one]);
    }
    // Not by assignment: `__proto__` would change the map's prototype.
    return Object.fromEntries(parsed);
  };
  const show = (map: unknown): string => JSON.stringify(map);
  return value(`${expected} (a map in YAML, \`name=value,name=value\` elsewhere)`, readMap, { show });
}

/** `on`, `off`, true or false. */
export function readSwitch(raw: unknown): boolean | undefined {
  if (raw === true || raw === 'on' || raw === 'true') return true;
  if (raw === false || raw === 'off' || raw === 'false') return false;
  return undefined;
}
