import { type Extraction, parseJsonPath } from '@tailwater/schema/logql';
import { badQuery } from '../errors.ts';
import {
  blockEnd,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  closingQuote,
  labelText,
  MALFORMED_JSON,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  unescapeJson,
  ValueScanner,
} from './json-text.ts';
import type { LabelSlot } from './label-slot.ts';
import type { RowLabels } from './row-labels.ts';
import { JSON_ERROR, type RowState, type StageFunction } from './stage.ts';

type JsonPath = readonly (string | number)[];

interface Target {
  slot: LabelSlot;
  path: JsonPath;
}

/** `| json a="x.y[0]", b`: named values only; a label whose path is missing is empty. */
export function jsonPathStage(labels: RowLabels, extractions: readonly Extraction[]): StageFunction {
  const targets = extractions.map(({ name, expression }) => ({
    slot: labels.slots.pin(name),
    path: readPath(expression),
  }));
  const finder = new PathFinder();
  return (state) => {
    if (state.line !== '' && !labels.allFound()) extract(state, targets, finder);
    return true;
  };
}

function readPath(expression: string): JsonPath {
  try {
    return parseJsonPath(expression);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badQuery(`cannot parse expression [${expression}]: ${reason}`);
  }
}

function extract(state: RowState, targets: readonly Target[], finder: PathFinder): void {
  const { labels, line } = state;
  const first = line.charCodeAt(0);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET && first !== QUOTE) {
    labels.failParser(JSON_ERROR, null);
    return;
  }
  for (const { slot, path } of targets) {
    finder.find(line, path);
    if (finder.problem !== '') labels.failParser(JSON_ERROR, finder.problem);
    if (finder.start !== -1) {
      labels.set(labels.isTaken(slot) ? slot.extracted(labels.slots) : slot, finder.value(line));
    } else if (labels.get(slot) === undefined) {
      labels.set(slot, '');
    }
  }
}

/** Finds one value; of an object's equal keys the first that leads to the path's end counts. */
class PathFinder {
  /** -1: not found. */
  start = -1;
  end = 0;
  /** Loki's text where the value itself is malformed; other faults of the document are not looked for. */
  problem = '';
  readonly #scanner = new ValueScanner();
  #isNull = false;
  #isObject = false;
  #isString = false;

  find(text: string, path: JsonPath): void {
    this.start = -1;
    this.problem = '';
    this.#seek(text, 0, text.length, path, 0);
  }

  value(text: string): string {
    if (this.#isNull) return '';
    if (this.#isObject) return text.slice(this.start, this.end);
    return labelText(this.#isString ? text.slice(this.start + 1, this.end - 1) : text.slice(this.start, this.end));
  }

  /** True when the search is over: found, or failed. */
  #seek(text: string, start: number, end: number, path: JsonPath, depth: number): boolean {
    const at = skipSpace(text, start, end);
    if (depth === path.length) return this.#take(text, at, end);
    const code = text.charCodeAt(at);
    const step = path[depth];
    if (code === OPEN_BRACE && typeof step === 'string') return this.#seekKey(text, at + 1, end, path, depth);
    if (code === OPEN_BRACKET && typeof step === 'number') return this.#seekIndex(text, at + 1, end, path, depth);
    return false;
  }

  #take(text: string, at: number, end: number): boolean {
    const scanner = this.#scanner;
    if (at >= end) this.problem = MALFORMED_JSON;
    else if (!scanner.scan(text, at, end)) this.problem = scanner.problem;
    if (this.problem !== '') return true;
    this.start = at;
    this.end = scanner.end;
    this.#isNull = scanner.type === 'null';
    this.#isObject = scanner.type === 'object';
    this.#isString = scanner.type === 'string';
    return true;
  }

  #seekKey(text: string, start: number, end: number, path: JsonPath, depth: number): boolean {
    let at = skipSpace(text, start, end);
    while (at < end && text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at + 1, end);
      if (close === -1) return false;
      const raw = text.slice(at + 1, close);
      const key = raw.includes('\\') ? unescapeJson(raw) : raw;
      at = skipSpace(text, close + 1, end);
      if (key === null || text.charCodeAt(at) !== COLON) return false;
      at++;
      if (key === path[depth] && this.#seek(text, at, end, path, depth + 1)) return true;
      at = this.#behindValue(text, at, end);
      if (at === -1 || text.charCodeAt(at) !== COMMA) return false;
      at = skipSpace(text, at + 1, end);
    }
    return false;
  }

  #seekIndex(text: string, start: number, end: number, path: JsonPath, depth: number): boolean {
    let at = skipSpace(text, start, end);
    for (let index = 0; at < end && text.charCodeAt(at) !== CLOSE_BRACKET; index++) {
      if (index === path[depth]) return this.#seek(text, at, end, path, depth + 1);
      at = this.#behindValue(text, at, end);
      if (at === -1 || text.charCodeAt(at) !== COMMA) return false;
      at = skipSpace(text, at + 1, end);
    }
    return false;
  }

  /** The first character behind a value that is no white space, -1 where the value has no end. */
  #behindValue(text: string, start: number, end: number): number {
    let at = skipSpace(text, start, end);
    const code = text.charCodeAt(at);
    if (code === OPEN_BRACE || code === OPEN_BRACKET) at = blockEnd(text, at, end);
    else if (code === QUOTE) at = closingQuote(text, at + 1, end) + 1 || -1;
    else while (at < end && !isDelimiter(text.charCodeAt(at))) at++;
    return at === -1 ? -1 : skipSpace(text, at, end);
  }
}

function isDelimiter(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET;
}
