import { PermanentError } from '../runtime/errors.ts';
import { type Comparison, type Condition, TEXT_COLUMNS, type TextColumn } from './plan.ts';
import { parseSeverity, SEVERITY_FORMATS, severityRanges } from './severity.ts';
import { splitWords } from './words.ts';

/**
 * The search language of `q`, see docs/reference/search.md. Terms stand side by side and must all hold:
 *
 *   word   "a phrase"   -not   field:value   field:"a value"   field:>=number   field:*
 *
 * A field is one of the event's own, `attr.NAME`, `label.NAME`, or any other name, which is an attribute.
 */

/** Characters of `q`: more is a list of values, for which parameters may be repeated. */
export const SEARCH_TEXT_CHARACTERS_MAX = 4_000;
/** Terms of `q`: each is a function call per event that is read. */
export const SEARCH_TERMS_MAX = 100;

const FIELD_NAME = /([A-Za-z_@$][\w.$@/-]*):(>=|<=|!=|>|<|=)?/y;
const RESERVED = new Set(['AND', 'OR', 'NOT']);
/** Fields of the event JSON that no term can compare, and what to use in their place. */
const ELSEWHERE: Record<string, string> = {
  timestamp: 'use the parameters from and to',
  received_at: 'use the parameters from and to',
  event_id: 'use GET /api/logs/{event_id}',
  severity_number: 'use severity:NUMBER',
};

/**
 * Reads a search text. Null when it asks for nothing.
 * @throws PermanentError `invalid_query` naming the place.
 */
export function parseSearchText(text: string): Condition | null {
  if (text.length > SEARCH_TEXT_CHARACTERS_MAX)
    fail(0, `the text is longer than ${SEARCH_TEXT_CHARACTERS_MAX} characters`);
  const conditions: Condition[] = [];
  const scanner = new Scanner(text.toWellFormed());
  for (scanner.skipSpace(); !scanner.atEnd; scanner.skipSpace()) {
    if (conditions.length === SEARCH_TERMS_MAX) fail(scanner.position, `more than ${SEARCH_TERMS_MAX} terms`);
    const condition = readTerm(scanner);
    if (condition !== null) conditions.push(condition);
  }
  if (conditions.length === 0) return null;
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', conditions };
}

function readTerm(scanner: Scanner): Condition | null {
  if (!scanner.takeMinus()) return readPositiveTerm(scanner);
  const start = scanner.position;
  const condition = readPositiveTerm(scanner);
  if (condition === null) fail(start, '`-*` would exclude every event');
  return { kind: 'not', condition };
}

function readPositiveTerm(scanner: Scanner): Condition | null {
  const start = scanner.position;
  if (scanner.peek() === '"') return phrase(scanner.quoted(), start);
  const field = scanner.fieldName();
  if (field !== null) {
    const condition = readFieldTerm(scanner, field.name, field.comparison, start);
    if (condition !== null) return condition;
    scanner.position = start;
  }
  const term = scanner.run();
  if (term === '*') return null;
  if (RESERVED.has(term)) {
    fail(
      start,
      `${term} has no meaning here: terms side by side must all hold, -term excludes. Write "${term}" to find the word`,
    );
  }
  refuseWildcard(term, start, `write "${term.replaceAll('*', '')}" to find words that contain it`);
  return textCondition(term);
}

/**
 * What an unquoted term asks of the message: its words as whole words and, when it holds separators too
 * (`10.0.0.1`, `user-id`), the term as it stands.
 */
export function textCondition(term: string): Condition {
  const words = splitWords(term);
  if (words.length === 0) return { kind: 'phrase', text: term };
  if (words[0] === term) return { kind: 'words', words };
  return {
    kind: 'and',
    conditions: [
      { kind: 'words', words },
      { kind: 'phrase', text: term },
    ],
  };
}

function phrase(text: string, start: number): Condition {
  if (text === '') fail(start, 'the quotes are empty');
  return { kind: 'phrase', text };
}

/** Null when the term turns out to be no field but text with a colon in it, such as a URL. */
function readFieldTerm(scanner: Scanner, name: string, comparison: Comparison, start: number): Condition | null {
  const isKnown = isKnownField(name);
  const valueStart = scanner.position;
  const isQuoted = scanner.peek() === '"';
  if (!isQuoted && !isKnown && (scanner.atTermEnd || /[/:\\]/.test(scanner.peek()))) return null;
  if (!isQuoted && scanner.atTermEnd) fail(valueStart, `a value is missing behind \`${name}:\``);
  const value = isQuoted ? scanner.quoted() : scanner.run();
  const elsewhere = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined;
  if (elsewhere !== undefined) fail(start, `\`${name}\` cannot be searched here: ${elsewhere}`);
  if (!isQuoted && value === '*') {
    if (comparison !== '=') fail(valueStart, `\`*\` cannot be compared with ${comparison}`);
    return existsCondition(name, valueStart);
  }
  if (!isQuoted) refuseWildcard(value, valueStart, 'values are compared whole');
  return fieldCondition({ name, comparison, value, isQuoted, position: valueStart });
}

function isKnownField(name: string): boolean {
  return (
    isTextColumn(name) ||
    /^(attr|label)\../.test(name) ||
    ['severity', 'message', 'duration_ms', 'cost'].includes(name) ||
    Object.hasOwn(ELSEWHERE, name)
  );
}

function isTextColumn(name: string): name is TextColumn {
  return (TEXT_COLUMNS as readonly string[]).includes(name);
}

function existsCondition(name: string, position: number): Condition {
  if (isTextColumn(name)) return { kind: 'not', condition: { kind: 'field', column: name, values: [''] } };
  if (name === 'duration_ms' || name === 'cost') {
    return { kind: 'number', column: name, comparison: '>=', value: -Number.MAX_VALUE };
  }
  if (name === 'severity' || name === 'message') fail(position, `every event has a ${name}`);
  if (name.startsWith('label.')) {
    return { kind: 'label', name: name.slice('label.'.length), comparison: '!=', value: '' };
  }
  return { kind: 'attribute-exists', name: attributeName(name) };
}

interface FieldTerm {
  name: string;
  comparison: Comparison;
  value: string;
  isQuoted: boolean;
  /** Of the value, in `q`. */
  position: number;
}

function fieldCondition({ name, comparison, value, isQuoted, position }: FieldTerm): Condition {
  if (name === 'severity') {
    const range = parseSeverity(value);
    if (range === null) fail(position, `expected ${SEVERITY_FORMATS}`);
    return { kind: 'severity', ranges: severityRanges(range, comparison) };
  }
  if (name === 'duration_ms' || name === 'cost') {
    return { kind: 'number', column: name, comparison, value: number(value, position) };
  }
  const isEquality = comparison === '=' || comparison === '!=';
  const isAttribute = !isTextColumn(name) && name !== 'message' && !name.startsWith('label.');
  if (!isEquality && !isAttribute) fail(position, `\`${name}\` is text: it cannot be compared with ${comparison}`);
  if (isAttribute) {
    if (!isEquality) number(value, position);
    return { kind: 'attribute', name: attributeName(name), comparison, value };
  }
  if (name.startsWith('label.')) {
    return { kind: 'label', name: name.slice('label.'.length), comparison: isEquality ? comparison : '=', value };
  }
  const positive: Condition = isTextColumn(name)
    ? { kind: 'field', column: name, values: [value] }
    : isQuoted
      ? phrase(value, position)
      : textCondition(value);
  return comparison === '!=' ? { kind: 'not', condition: positive } : positive;
}

function attributeName(name: string): string {
  return name.startsWith('attr.') ? name.slice('attr.'.length) : name;
}

function number(text: string, position: number): number {
  const value = parseNumber(text);
  if (value === null) fail(position, 'expected a number');
  return value;
}

/** A finite decimal number, null when the text is none. */
export function parseNumber(text: string): number | null {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function refuseWildcard(text: string, position: number, advice: string): void {
  const star = /(?<=[\p{L}\p{N}])\*|\*(?=[\p{L}\p{N}])/u.exec(text);
  if (star !== null) fail(position + star.index, `\`*\` is no wildcard inside a word: ${advice}`);
}

function fail(position: number, message: string): never {
  throw new PermanentError('invalid_query', `character ${position + 1} of q: ${message}`, 'q');
}

class Scanner {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.#text.length;
  }

  get atTermEnd(): boolean {
    return this.atEnd || /\s/.test(this.peek());
  }

  peek(): string {
    return this.#text.charAt(this.position);
  }

  skipSpace(): void {
    while (!this.atEnd && /\s/.test(this.peek())) this.position++;
  }

  /** A minus that stands before a term. `-` alone and `--flag` are text. */
  takeMinus(): boolean {
    if (this.peek() !== '-' || !/[^\s-]/.test(this.#text.charAt(this.position + 1))) return false;
    this.position++;
    return true;
  }

  fieldName(): { name: string; comparison: Comparison } | null {
    FIELD_NAME.lastIndex = this.position;
    const match = FIELD_NAME.exec(this.#text);
    if (match === null) return null;
    this.position = FIELD_NAME.lastIndex;
    return { name: match[1]!, comparison: (match[2] ?? '=') as Comparison };
  }

  /** Everything up to the next white space. */
  run(): string {
    const start = this.position;
    while (!this.atTermEnd) this.position++;
    return this.#text.slice(start, this.position);
  }

  /** The text between the quotes here, with \" and \\ resolved. */
  quoted(): string {
    const start = this.position;
    const match = /"((?:[^"\\]|\\[\s\S])*)"/y;
    match.lastIndex = start;
    const found = match.exec(this.#text);
    if (found === null) fail(start, 'the quote is never closed');
    this.position = match.lastIndex;
    if (!this.atTermEnd) fail(this.position, 'expected a space behind the closing quote');
    return found[1]!.replace(/\\(["\\])/g, '$1');
  }
}
