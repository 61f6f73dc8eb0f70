import type { Extraction, LabelFormat, LabelTarget, LineFilterArg, LineFilterOp, Stage } from '../ast.ts';
import { checkPatternStage, checkRegexpStage } from '../stage-checks.ts';
import type { Cursor } from './cursor.ts';
import { parseLabelFilter, readArgument } from './label-filters.ts';
import { checkedMatcher, MATCH_OPS } from './selector.ts';

const LINE_FILTER_OPS: readonly LineFilterOp[] = ['|=', '|~', '|>', '!=', '!~', '!>'];

/** Stages up to a token that starts none, or `unwrap`: its bar is then taken. */
export function parseStages(cursor: Cursor): { stages: Stage[]; unwrap: boolean } {
  const stages: Stage[] = [];
  for (;;) {
    const op = LINE_FILTER_OPS.find((candidate) => cursor.at(candidate));
    if (op !== undefined) {
      cursor.next();
      stages.push(...lineFilters(op, lineFilterArgs(cursor)));
    } else if (cursor.accept('|')) {
      if (cursor.at('unwrap')) return { stages, unwrap: true };
      stages.push(parseStage(cursor));
    } else return { stages, unwrap: false };
  }
}

/** None of several arguments may match where the operator is negative: that is one filter for each. */
function lineFilters(op: LineFilterOp, args: LineFilterArg[]): Stage[] {
  if (op.startsWith('|')) return [{ kind: 'line-filter', op, args }];
  return args.map((arg) => ({ kind: 'line-filter', op, args: [arg] }));
}

function lineFilterArgs(cursor: Cursor): LineFilterArg[] {
  const args: LineFilterArg[] = [];
  do {
    if (cursor.at('STRING')) args.push({ kind: 'text', value: cursor.string() });
    else if (cursor.accept('ip')) args.push({ kind: 'ip', value: readArgument(cursor) });
    else cursor.fail(['STRING', 'ip']);
  } while (cursor.accept('or'));
  return args;
}

function parseStage(cursor: Cursor): Stage {
  const { kind } = cursor.peek();
  if (kind === 'IDENTIFIER' || kind === '(') return { kind: 'label-filter', filter: parseLabelFilter(cursor) };
  const read = STAGES[kind];
  if (read === undefined) cursor.fail();
  cursor.next();
  return read(cursor);
}

const STAGES: Readonly<Record<string, (cursor: Cursor) => Stage>> = {
  json: (cursor) => ({ kind: 'json', extractions: cursor.at('IDENTIFIER') ? list(cursor, extraction) : [] }),
  logfmt: parseLogfmt,
  regexp: (cursor) => {
    const pattern = cursor.string();
    checkRegexpStage(pattern, cursor.checks);
    return { kind: 'regexp', pattern };
  },
  pattern: (cursor) => {
    const pattern = cursor.string();
    checkPatternStage(pattern);
    return { kind: 'pattern', pattern };
  },
  unpack: () => ({ kind: 'unpack' }),
  decolorize: () => ({ kind: 'decolorize' }),
  line_format: (cursor) => ({ kind: 'line-format', template: cursor.string() }),
  label_format: (cursor) => ({ kind: 'label-format', formats: list(cursor, labelFormat) }),
  drop: (cursor) => ({ kind: 'drop', targets: list(cursor, labelTarget) }),
  keep: (cursor) => ({ kind: 'keep', targets: list(cursor, labelTarget) }),
};

function parseLogfmt(cursor: Cursor): Stage {
  const flags = new Set<string>();
  while (cursor.at('FUNCTION_FLAG')) flags.add(cursor.next().text);
  const extractions = cursor.at('IDENTIFIER') ? list(cursor, extraction) : [];
  return { kind: 'logfmt', strict: flags.has('--strict'), keepEmpty: flags.has('--keep-empty'), extractions };
}

function list<T>(cursor: Cursor, read: (cursor: Cursor) => T): T[] {
  const items = [read(cursor)];
  while (cursor.accept(',')) items.push(read(cursor));
  return items;
}

function extraction(cursor: Cursor): Extraction {
  const name = cursor.name();
  return { name, expression: cursor.accept('=') ? cursor.string() : name };
}

function labelFormat(cursor: Cursor): LabelFormat {
  const name = cursor.name();
  cursor.expect('=');
  if (cursor.at('STRING')) return { kind: 'template', name, template: cursor.string() };
  return { kind: 'rename', name, source: cursor.name(['IDENTIFIER', 'STRING']) };
}

function labelTarget(cursor: Cursor): LabelTarget {
  const name = cursor.name();
  const op = MATCH_OPS.find((candidate) => cursor.at(candidate));
  if (op === undefined) return { name, matcher: null };
  cursor.next();
  return { name, matcher: checkedMatcher(cursor, name, op, cursor.string()) };
}
