import { RE2JS, type RE2JS as Re2 } from 're2js';
import { badQuery } from '../errors.ts';
import { literalTest } from './chain.ts';
import { isBoundToEndOnly, timeExponent, v8Source } from './linear.ts';
import { type Node, readRegex } from './syntax.ts';

export interface RegexOptions {
  /** The whole text must match, as in stream and label matchers. */
  anchored?: boolean;
  /** `.` matches a newline too. */
  dotAll?: boolean;
}

export interface Regex {
  test(text: string): boolean;
  /** The first match and its groups; a group that took no part is null. Null: no match. */
  exec(text: string): (string | null)[] | null;
  /** By group number, null for a group without name; the first is that of the whole match. */
  groupNames: readonly (string | null)[];
}

/** Patterns whose time may grow with the square of the text go to V8 for texts up to this length, in UTF-16 units. */
const MAX_QUADRATIC_LENGTH = 1024;
/** Others up to this one: V8 keeps a note of each step that it may take back, and gives up where they are too many. */
const MAX_LINEAR_LENGTH = 1 << 18;

/** Go's words for what is wrong with a pattern, null when nothing is. */
export function checkRegexp(pattern: string): string | null {
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    // Go names the place of every fault, here the empty end.
    return problem.endsWith('trailing backslash at end of expression') ? `${problem}: \`\`` : problem;
  }
}

/**
 * A regular expression with the syntax and meaning of Go's regexp package. re2js runs it, in linear time; patterns that
 * V8 takes in the same sense, and provably without catastrophic backtracking, run there. Throws badQuery.
 */
export function compileRegex(pattern: string, { anchored = false, dotAll = false }: RegexOptions = {}): Regex {
  const key = `${anchored ? 1 : 0}${dotAll ? 1 : 0}${pattern}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const regex = compile(pattern, anchored, dotAll);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  if (pattern.length <= COMPILED_LENGTH_MAX) compiled.set(key, regex);
  return regex;
}

/** A query names the same pattern many times: when it is checked, for streams, for rows. */
const compiled = new Map<string, Regex>();
const COMPILED_MAX = 500;
const COMPILED_LENGTH_MAX = 1_000;

function compile(pattern: string, anchored: boolean, dotAll: boolean): Regex {
  const problem = checkRegexp(pattern);
  if (problem !== null) throw badQuery(problem);
  const re2 = RE2JS.compile(anchored ? `^(?:${pattern})$` : pattern, dotAll ? RE2JS.DOTALL : 0);
  const node = readRegex(pattern, dotAll);
  const whole = node === null || !anchored ? node : anchor(node);
  const native = whole === null ? null : nativeRegex(whole);
  return {
    test: testOf(re2, whole, native),
    exec: execOf(re2, native),
    groupNames: groupNames(re2),
  };
}

function anchor(node: Node): Node {
  return { kind: 'concat', nodes: [{ kind: 'start' }, node, { kind: 'end' }] };
}

interface NativeRegex {
  regex: RegExp;
  maxLength: number;
}

function nativeRegex(node: Node): NativeRegex | null {
  const exponent = timeExponent(node);
  if (exponent > 2 || isBoundToEndOnly(node)) return null;
  const source = v8Source(node);
  if (source === null) return null;
  return { regex: new RegExp(source, 'u'), maxLength: exponent === 1 ? MAX_LINEAR_LENGTH : MAX_QUADRATIC_LENGTH };
}

function testOf(re2: Re2, node: Node | null, native: NativeRegex | null): (text: string) => boolean {
  const slow = nativeTest(re2, native);
  const literal = node === null ? null : literalTest(node);
  if (literal === null) return slow;
  const { test, needsFallback } = literal;
  if (!needsFallback) return test;
  return (text) => (text.includes('\n') ? slow(text) : test(text));
}

function nativeTest(re2: Re2, native: NativeRegex | null): (text: string) => boolean {
  if (native === null) return (text) => re2.test(text);
  const { regex, maxLength } = native;
  return (text) => (text.length <= maxLength ? regex.test(text) : re2.test(text));
}

function execOf(re2: Re2, native: NativeRegex | null): Regex['exec'] {
  const slow = (text: string): (string | null)[] | null => {
    const matcher = re2.matcher(text);
    if (!matcher.find()) return null;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group));
  };
  if (native === null) return slow;
  const { regex, maxLength } = native;
  return (text) => {
    if (text.length > maxLength) return slow(text);
    const match = regex.exec(text);
    if (match === null) return null;
    const groups: (string | null)[] = [];
    for (let i = 0; i < match.length; i++) groups.push(match[i] ?? null);
    return groups;
  };
}

function groupNames(re2: Re2): (string | null)[] {
  const names: (string | null)[] = Array.from({ length: re2.groupCount() + 1 }, () => null);
  for (const [name, index] of Object.entries(re2.namedGroups())) names[index] = name;
  return names;
}
