/**
 * Words and signs of LogQL. A token's kind is its name in Loki's error texts: signs and reserved words stand for
 * themselves, functions are in capitals (`SUM`), and the rest is `IDENTIFIER`, `STRING`, `NUMBER`, `DURATION`, `BYTES`,
 * `RANGE`, `FUNCTION_FLAG` and `$end`.
 */

import { type BinaryOp, RANGE_OPS, VECTOR_OPS } from './ast.ts';

export type Token = {
  kind: string;
  /** An identifier or number as written, a string unescaped, a literal's or range's text. */
  text: string;
  /** Nanoseconds of DURATION and RANGE, bytes of BYTES. */
  value: bigint;
  line: number;
  column: number;
};

/** Never a name, in any case of letters. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set([
  'by',
  'without',
  'bool',
  'offset',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'or',
  'and',
  'unless',
  'json',
  'regexp',
  'logfmt',
  'unpack',
  'pattern',
  'label_format',
  'line_format',
  'decolorize',
  'drop',
  'keep',
  'unwrap',
]);

/** Names unless a `(`, or a grouping and then a `(`, comes next. */
export const FUNCTION_WORDS: ReadonlyMap<string, string> = new Map<string, string>([
  ...[...RANGE_OPS, ...VECTOR_OPS, 'vector'].map((name): [string, string] => [name, name.toUpperCase()]),
  ['label_replace', 'label_replace'],
  ['ip', 'ip'],
  ['bytes', 'BYTES_CONV'],
  ['duration', 'DURATION_CONV'],
  ['duration_seconds', 'DURATION_SECONDS_CONV'],
]);

const FUNCTION_KINDS: ReadonlySet<string> = new Set(FUNCTION_WORDS.values());

/** Whether a token of this kind is a function's name with its call behind it. */
export const isFunctionKind = (kind: string): boolean => FUNCTION_KINDS.has(kind);

export const SIGNS: ReadonlySet<string> = new Set(
  ', . { } ( ) ] = != =~ !~ !> |= |~ |> | + - * / % ^ == > >= < <='.split(' '),
);

export const RANGE_KINDS: ReadonlyMap<string, (typeof RANGE_OPS)[number]> = new Map(
  RANGE_OPS.map((op) => [op.toUpperCase(), op]),
);
export const VECTOR_KINDS: ReadonlyMap<string, (typeof VECTOR_OPS)[number]> = new Map(
  VECTOR_OPS.map((op) => [op.toUpperCase(), op]),
);

/** From the loosest to the tightest; of one row the left one binds first, but for `^`. */
export const PRECEDENCE: ReadonlyMap<string, number> = new Map<BinaryOp, number>([
  ['or', 1],
  ['and', 2],
  ['unless', 2],
  ...(['==', '!=', '>', '>=', '<', '<='] as const).map((op): [BinaryOp, number] => [op, 3]),
  ['+', 4],
  ['-', 4],
  ['*', 5],
  ['/', 5],
  ['%', 5],
  ['^', 6],
]);
