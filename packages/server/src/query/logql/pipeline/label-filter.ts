import type { CompareOp, LabelFilter, Matcher } from '@tailwater/schema/logql';
import { compileRegex } from '../regex/index.ts';
import { bytesError, durationError, floatError, parseBytes, parseGoDuration, parseGoFloat } from '../values/index.ts';
import { ipTest } from './ip.ts';
import type { LabelSlot } from './label-slot.ts';
import { ERROR_LABEL, type RowLabels } from './row-labels.ts';
import { FILTER_ERROR } from './stage.ts';

type Test = () => boolean;
type ValueTest = (value: string) => boolean;
type Comparison = Extract<LabelFilter, { kind: 'number' | 'duration' | 'bytes' }>;

/** Distinct values of a label that a regular expression was tried on, remembered up to this many. */
const MAX_REMEMBERED = 1000;

/** The filter for the row that `labels` is at. */
export function labelFilterTest(labels: RowLabels, filter: LabelFilter): Test {
  switch (filter.kind) {
    case 'and': {
      const left = labelFilterTest(labels, filter.left);
      const right = labelFilterTest(labels, filter.right);
      // Both are always evaluated: each may set the row's error.
      return () => {
        const first = left();
        return right() && first;
      };
    }
    case 'or': {
      const left = labelFilterTest(labels, filter.left);
      const right = labelFilterTest(labels, filter.right);
      return () => left() || right();
    }
    case 'matcher':
      return matcherFilter(labels, filter.matcher);
    case 'ip':
      return ipFilter(labels, filter);
    default:
      return comparisonFilter(labels, filter);
  }
}

function matcherFilter(labels: RowLabels, matcher: Matcher): Test {
  const matches = labelMatcher(matcher);
  if (matcher.name === ERROR_LABEL) return () => matches(labels.error);
  const slot = labels.slots.pin(matcher.name);
  return () => matches(labels.get(slot) ?? '');
}

/** A matcher of a label filter: regular expressions match the whole value; an absent label is tried as "". */
export function labelMatcher({ op, value }: Matcher, dotAll = false): ValueTest {
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const test = wholeTest(value, dotAll);
  return op === '=~' ? test : (text) => !test(text);
}

function wholeTest(pattern: string, dotAll: boolean): ValueTest {
  // Loki takes these two for any text and any but the empty one, newlines or not.
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return (text) => text !== '';
  return remembered(compileRegex(pattern, { anchored: true, dotAll }).test);
}

function remembered(test: ValueTest): ValueTest {
  const known = new Map<string, boolean>();
  return (value) => {
    let result = known.get(value);
    if (result !== undefined) return result;
    result = test(value);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(value, result);
    return result;
  };
}

/** A row that carries an error passes, as in Loki; one without the label does not. */
function ipFilter(labels: RowLabels, { name, op, value }: Extract<LabelFilter, { kind: 'ip' }>): Test {
  const contains = ipTest(value);
  const slot = labels.slots.pin(name);
  const wanted = op === '=';
  return () => {
    if (labels.error !== '') return true;
    const text = labels.get(slot);
    return text !== undefined && contains(text) === wanted;
  };
}

/** A row without the label is dropped; one whose value cannot be read is kept, with an error. */
function comparisonFilter(labels: RowLabels, filter: Comparison): Test {
  const slot: LabelSlot = labels.slots.pin(filter.name);
  const { parse, explain, bound } = unitOf(filter);
  const compare = comparison(filter.op, bound);
  // Equal values often come one after another.
  let lastText = '';
  let lastValue = parse(lastText);
  return () => {
    const text = labels.get(slot);
    if (text === undefined) return false;
    if (text !== lastText) {
      lastText = text;
      lastValue = parse(text);
    }
    if (lastValue !== null) return compare(lastValue);
    labels.failFilter(FILTER_ERROR, explain(text));
    return true;
  };
}

interface Unit {
  parse: (text: string) => number | null;
  explain: (text: string) => string;
  bound: number;
}

function unitOf(filter: Comparison): Unit {
  if (filter.kind === 'number') return { parse: parseGoFloat, explain: floatError, bound: filter.value };
  if (filter.kind === 'bytes') return { parse: parseBytes, explain: bytesError, bound: filter.bytes };
  return { parse: parseGoDuration, explain: durationError, bound: filter.seconds };
}

function comparison(op: CompareOp, bound: number): (value: number) => boolean {
  switch (op) {
    case '==':
      return (value) => value === bound;
    case '!=':
      return (value) => value !== bound;
    case '>':
      return (value) => value > bound;
    case '>=':
      return (value) => value >= bound;
    case '<':
      return (value) => value < bound;
    case '<=':
      return (value) => value <= bound;
  }
}

/**
 * For each label, what of its value makes the filter drop a row whatever the row's other labels are: a parser that
 * meets such a value need not read on.
 */
export function dropChecks(filter: LabelFilter): { name: string; drops: ValueTest }[] {
  switch (filter.kind) {
    case 'and':
      return [...dropChecks(filter.left), ...dropChecks(filter.right)];
    case 'matcher': {
      if (filter.matcher.name === ERROR_LABEL) return [];
      const matches = labelMatcher(filter.matcher);
      return [{ name: filter.matcher.name, drops: (value) => !matches(value) }];
    }
    case 'number':
    case 'duration':
    case 'bytes': {
      const { parse, bound } = unitOf(filter);
      const compare = comparison(filter.op, bound);
      return [{ name: filter.name, drops: (value) => isOutside(parse(value), compare) }];
    }
    default:
      return [];
  }
}

function isOutside(value: number | null, compare: (value: number) => boolean): boolean {
  return value !== null && !compare(value);
}
