import type { LineFilterArg, LineFilterOp, Stage } from '@tailwater/schema/logql';
import { compileRegex } from '../regex/index.ts';
import { ipTest } from './ip.ts';
import { patternTest } from './pattern.ts';

export type LineFilter = Extract<Stage, { kind: 'line-filter' }>;

/** Whether a line passes `|= "a" or "b"` and the like; of a negative operator none of the texts may match. */
export function lineTest({ op, args }: LineFilter): (line: string) => boolean {
  const tests = args.map((arg) => argTest(op, arg));
  const [only] = tests;
  const matches = tests.length === 1 && only !== undefined ? only : anyOf(tests);
  return op.startsWith('!') ? (line) => !matches(line) : matches;
}

function argTest(op: LineFilterOp, { kind, value }: LineFilterArg): (line: string) => boolean {
  if (kind === 'ip') return ipTest(value);
  if (op === '|>' || op === '!>') return patternTest(value);
  if (op === '|=' || op === '!=') return (line) => line.includes(value);
  return compileRegex(value).test;
}

function anyOf(tests: readonly ((line: string) => boolean)[]): (line: string) => boolean {
  return (line) => {
    for (const test of tests) if (test(line)) return true;
    return false;
  };
}
