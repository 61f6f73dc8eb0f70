import type { LogRange, Matcher, Stage, Unwrap } from '../ast.ts';
import type { Token } from '../tokens.ts';
import type { Cursor } from './cursor.ts';
import { parseLabelFilter } from './label-filters.ts';
import { parseSelectorBlock } from './selector.ts';
import { parseStages } from './stages.ts';

const MS_PER_NS = 1e-6;

/** What is between a range function's brackets, in any of the orders that Loki takes. */
interface Draft {
  selector: readonly Matcher[];
  stages: readonly Stage[];
  unwrap: Unwrap | null;
  /** Null while the range is still to come, behind a bracket. */
  range: { rangeMs: number; offsetMs: number } | null;
}

/** `{…} | … [5m] offset 1h | …`, brackets around it or around the log query. */
export function parseLogRange(cursor: Cursor): LogRange {
  const draft = readDraft(cursor, false);
  const { rangeMs, offsetMs } = draft.range ?? cursor.fail();
  return {
    log: { kind: 'log', selector: draft.selector, stages: draft.stages },
    rangeMs,
    offsetMs,
    unwrap: draft.unwrap,
  };
}

function readDraft(cursor: Cursor, bracketed: boolean): Draft {
  if (cursor.at('(')) return readBracketed(cursor);
  if (!cursor.at('{')) cursor.fail(['{', '(']);
  const selector = parseSelectorBlock(cursor);
  if (cursor.at('RANGE')) {
    const range = readRange(cursor);
    const { stages, unwrap } = parseStages(cursor);
    return { selector, stages, range, unwrap: unwrap ? readUnwrap(cursor) : null };
  }
  const { stages, unwrap } = parseStages(cursor);
  const unwrapped = unwrap ? readUnwrap(cursor) : null;
  if (bracketed && cursor.at(')')) return { selector, stages, range: null, unwrap: unwrapped };
  if (!cursor.at('RANGE')) cursor.fail(unwrapped === null ? [] : bracketed ? ['RANGE', ')', '|'] : ['RANGE', '|']);
  return { selector, stages, range: readRange(cursor), unwrap: unwrapped };
}

function readBracketed(cursor: Cursor): Draft {
  cursor.next();
  const draft = cursor.nested(() => readDraft(cursor, true));
  cursor.expect(')');
  if (draft.range !== null) return draft;
  if (!cursor.at('RANGE')) cursor.fail(['RANGE']);
  const range = readRange(cursor);
  if (draft.stages.length > 0 || draft.unwrap !== null || !cursor.accept('|')) return { ...draft, range };
  if (!cursor.at('unwrap')) cursor.fail(['unwrap']);
  return { ...draft, range, unwrap: readUnwrap(cursor) };
}

function readRange(cursor: Cursor): { rangeMs: number; offsetMs: number } {
  const range = cursor.next();
  const offset = cursor.accept('offset') ? cursor.expect('DURATION') : null;
  return { rangeMs: milliseconds(range), offsetMs: offset === null ? 0 : milliseconds(offset) };
}

function milliseconds(token: Token): number {
  const whole = token.value / 1_000_000n;
  return Number(whole) + Number(token.value % 1_000_000n) * MS_PER_NS;
}

const CONVERSIONS: ReadonlyMap<string, Unwrap['conversion']> = new Map([
  ['BYTES_CONV', 'bytes'],
  ['DURATION_CONV', 'duration'],
  ['DURATION_SECONDS_CONV', 'duration_seconds'],
]);

/** The rest of an unwrap whose bar is taken. */
function readUnwrap(cursor: Cursor): Unwrap {
  cursor.expect('unwrap');
  const conversion = CONVERSIONS.get(cursor.peek().kind) ?? null;
  let label: string;
  if (conversion === null) label = cursor.name(['IDENTIFIER', ...CONVERSIONS.keys()]);
  else {
    cursor.next();
    cursor.expect('(');
    label = cursor.name();
    cursor.expect(')');
  }
  const filters = [];
  while (cursor.accept('|')) {
    if (!cursor.at('IDENTIFIER', '(')) cursor.fail(['IDENTIFIER', '(']);
    filters.push(parseLabelFilter(cursor));
  }
  return { label, conversion, filters };
}
