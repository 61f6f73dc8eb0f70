import type { CompareOp, LabelFilter, MatchOp } from '../ast.ts';
import { LogqlError } from '../errors.ts';
import { parseFloatLiteral } from '../numbers.ts';
import { type Cursor, MAX_DEPTH, tooDeep } from './cursor.ts';
import { checkedMatcher } from './selector.ts';

type Joint = 'or' | 'and' | 'comma';

/**
 * `a="b" and c>1 or d=ip("::1")`. The binding is that of Loki's grammar: `and` before `or`, but a comma or a blank
 * always takes the rest of the filter for its right side: `a, b or c` is `a, (b or c)`.
 */
export function parseLabelFilter(cursor: Cursor): LabelFilter {
  return readFilter(cursor, null).filter;
}

interface Built {
  filter: LabelFilter;
  depth: number;
}

function readFilter(cursor: Cursor, pending: Joint | null): Built {
  return cursor.nested(() => {
    let left = readTerm(cursor);
    for (;;) {
      const joint = jointAhead(cursor);
      if (joint === null || bindsTighter(pending, joint)) return left;
      if (joint !== 'comma' || cursor.at(',')) cursor.next();
      const right = readFilter(cursor, joint);
      const depth = 1 + Math.max(left.depth, right.depth);
      if (depth > MAX_DEPTH) throw tooDeep();
      left = { depth, filter: { kind: joint === 'or' ? 'or' : 'and', left: left.filter, right: right.filter } };
    }
  });
}

function jointAhead(cursor: Cursor): Joint | null {
  if (cursor.at('or')) return 'or';
  if (cursor.at('and')) return 'and';
  return cursor.at(',', 'IDENTIFIER', '(') ? 'comma' : null;
}

function bindsTighter(pending: Joint | null, joint: Joint): boolean {
  if (pending === null || pending === 'comma' || joint === 'comma') return false;
  return pending === 'and' || joint === 'or';
}

function readTerm(cursor: Cursor): Built {
  if (cursor.accept('(')) {
    const inner = readFilter(cursor, null);
    cursor.expect(')', []);
    return inner;
  }
  return { filter: readComparison(cursor, cursor.name(['IDENTIFIER', '('])), depth: 1 };
}

const COMPARE_OPS: ReadonlyMap<string, CompareOp> = new Map<string, CompareOp>([
  ['=', '=='],
  ['==', '=='],
  ['!=', '!='],
  ['>', '>'],
  ['>=', '>='],
  ['<', '<'],
  ['<=', '<='],
]);

function readComparison(cursor: Cursor, name: string): LabelFilter {
  const sign = cursor.peek().kind;
  if (sign === '=~' || sign === '!~') {
    cursor.next();
    return { kind: 'matcher', matcher: checkedMatcher(cursor, name, sign, cursor.string()) };
  }
  const op = COMPARE_OPS.get(sign);
  if (op === undefined) cursor.fail();
  cursor.next();
  if (sign === '=' || sign === '!=') {
    const equality: MatchOp = sign;
    if (cursor.at('STRING')) return { kind: 'matcher', matcher: { name, op: equality, value: cursor.string() } };
    if (cursor.accept('ip')) return { kind: 'ip', name, op: sign, value: readArgument(cursor) };
  }
  return readMeasure(cursor, name, op);
}

/** `("…")`. */
export function readArgument(cursor: Cursor): string {
  cursor.expect('(');
  const value = cursor.string();
  cursor.expect(')');
  return value;
}

function readMeasure(cursor: Cursor, name: string, op: CompareOp): LabelFilter {
  if (cursor.at('DURATION')) {
    const { text, value } = cursor.next();
    return { kind: 'duration', name, op, seconds: Number(value) / 1e9, text };
  }
  if (cursor.at('BYTES')) {
    const { text, value } = cursor.next();
    return { kind: 'bytes', name, op, bytes: Number(value), text };
  }
  const value = readLiteral(cursor);
  if (typeof value === 'string') throw new LogqlError(value);
  return { kind: 'number', name, op, value };
}

/** A number with or without a sign, or the text of what is wrong with it. */
export function readLiteral(cursor: Cursor): number | string {
  const negative = cursor.at('-');
  if (negative || cursor.at('+')) {
    cursor.next();
    if (!cursor.at('NUMBER')) cursor.fail(['NUMBER']);
  }
  if (!cursor.at('NUMBER')) cursor.fail();
  const value = parseFloatLiteral(cursor.next().text);
  if (typeof value === 'string') return `unable to parse literal as a float: ${value}`;
  return negative ? -value : value;
}
