import type { Event } from '@tailwater/schema';
import type { Comparison, Condition, TextColumn } from './plan.ts';
import { isWordCode, lowerAscii } from './words.ts';

/** What of an event conditions look at. */
export type Matchable = Omit<Event, 'retentionDays'>;

type Matcher = (event: Matchable) => boolean;

/**
 * A condition as a predicate on events in memory. It means exactly what sql.ts renders it to; test/store/match.test.ts
 * holds the two together.
 */
export function compileMatcher(condition: Condition): Matcher {
  switch (condition.kind) {
    case 'and': {
      const matchers = condition.conditions.map(compileMatcher);
      return (event) => matchers.every((matches) => matches(event));
    }
    case 'or': {
      const matchers = condition.conditions.map(compileMatcher);
      return (event) => matchers.some((matches) => matches(event));
    }
    case 'not': {
      const matches = compileMatcher(condition.condition);
      return (event) => !matches(event);
    }
    case 'field': {
      const values = new Set(condition.values);
      const read = TEXT_READERS[condition.column];
      return (event) => values.has(read(event));
    }
    case 'severity':
      return ({ severityNumber }) =>
        condition.ranges.some(([low, high]) => severityNumber >= low && severityNumber <= high);
    case 'number':
      return numberMatcher(condition.column, COMPARE[condition.comparison], condition.value);
    case 'attribute':
      return attributeMatcher(condition);
    case 'attribute-exists':
      return ({ attributes }) => Object.hasOwn(attributes, condition.name);
    case 'label': {
      const { name, value } = condition;
      const wanted = condition.comparison === '=';
      return ({ labels }) => ((Object.hasOwn(labels, name) ? labels[name] : '') === value) === wanted;
    }
    case 'words':
      return wordsMatcher(condition.words.map(lowerAscii));
    case 'phrase': {
      const text = lowerAscii(condition.text);
      return ({ message }) => lowerAscii(message).includes(text);
    }
  }
}

const TEXT_READERS: Record<TextColumn, (event: Matchable) => string> = {
  log_type: (event) => event.logType,
  event_type: (event) => event.eventType,
  service: (event) => event.service,
  host: (event) => event.host,
  logger: (event) => event.logger,
  user_id: (event) => event.userId,
  resource_id: (event) => event.resourceId,
  resource_type: (event) => event.resourceType,
  action: (event) => event.action,
  trace_id: (event) => event.traceId,
  span_id: (event) => event.spanId,
  request_id: (event) => event.requestId,
  receiver: (event) => event.receiver,
  client_event_id: (event) => event.clientEventId,
};

const COMPARE: Record<Comparison, (left: number, right: number) => boolean> = {
  '=': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
};

function numberMatcher(
  column: 'duration_ms' | 'cost',
  compare: (left: number, right: number) => boolean,
  value: number,
): Matcher {
  const key = column === 'cost' ? 'cost' : 'durationMs';
  return (event) => {
    const number = event[key];
    return number !== null && compare(number, value);
  };
}

function attributeMatcher({ name, comparison, value }: Extract<Condition, { kind: 'attribute' }>): Matcher {
  const textOf = ({ attributes }: Matchable) => (Object.hasOwn(attributes, name) ? attributes[name]!.text : null);
  if (comparison === '=') return (event) => textOf(event) === value;
  if (comparison === '!=') return (event) => textOf(event) !== value;
  const compare = COMPARE[comparison];
  const bound = storeNumber(value);
  return (event) => {
    const text = textOf(event);
    if (text === null || bound === null) return false;
    const number = storeNumber(text);
    return number !== null && compare(number, bound);
  };
}

const INFINITY_WORD = /^([+-]?)inf(?:inity)?$/i;
const NUMBER_WORD = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** What ClickHouse's toFloat64OrNull reads, with precise_float_parsing: no white space, no hex, no `_`. */
export function storeNumber(text: string): number | null {
  if (NUMBER_WORD.test(text)) return Number(text);
  const infinity = INFINITY_WORD.exec(text);
  if (infinity === null) return null;
  return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function wordsMatcher(words: readonly string[]): Matcher {
  return ({ message }) => {
    const text = lowerAscii(message);
    return words.every((word) => hasWord(text, word));
  };
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if (
      (at === 0 || !isWordCode(text.charCodeAt(at - 1))) &&
      (end === text.length || !isWordCode(text.charCodeAt(end)))
    )
      return true;
  }
  return false;
}
