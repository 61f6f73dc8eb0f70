import { DROPPED, setParsed, targetSlot } from './extract.ts';
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  closingQuote,
  labelText,
  MALFORMED_ARRAY,
  MALFORMED_ESCAPE,
  MALFORMED_JSON,
  MALFORMED_OBJECT,
  OPEN_BRACE,
  QUOTE,
  skipSpace,
  unescapeJson,
  ValueScanner,
} from './json-text.ts';
import { sanitizeName } from './label-name.ts';
import type { RowLabels } from './row-labels.ts';
import { JSON_ERROR, type RowState, type StageFunction } from './stage.ts';

/** The key under which Promtail's pack stage puts the line. */
const LINE_KEY = '_entry';
const NOT_AN_OBJECT = 'expecting json object(6), but it is not';

/** `| unpack`: of an object that holds a packed line, that line, and its other texts as labels. */
export function unpackStage(labels: RowLabels, stage: number): StageFunction {
  const scanner = new ValueScanner();
  return (state) => {
    if (state.line === '' || labels.allFound()) return true;
    if (state.line.charCodeAt(0) !== OPEN_BRACE) {
      labels.failParser(JSON_ERROR, NOT_AN_OBJECT);
      return true;
    }
    const packed = readTexts(state.line, scanner);
    if (typeof packed === 'string') {
      labels.failParser(JSON_ERROR, packed);
      return true;
    }
    return takeOver(state, labels, packed, stage);
  };
}

function takeOver(state: RowState, labels: RowLabels, packed: readonly [string, string][], stage: number): boolean {
  const line = packed.findLast(([key]) => key === LINE_KEY);
  if (line === undefined) return true;
  const unescaped = line[1].includes('\\') ? unescapeJson(line[1]) : line[1];
  if (unescaped === null) {
    labels.failParser(JSON_ERROR, MALFORMED_ESCAPE);
    return true;
  }
  state.line = unescaped;
  for (const [key, raw] of packed) {
    const name = key === LINE_KEY ? '' : sanitizeName(key);
    const slot = name === '' ? null : targetSlot(labels, labels.slots.slot(name));
    if (slot !== null && setParsed(labels, slot, labelText(raw), stage) === DROPPED) return false;
  }
  return true;
}

/** The object's texts, keys unescaped and values as written; or what is wrong with the object. */
function readTexts(text: string, scanner: ValueScanner): [string, string][] | string {
  const end = text.length;
  const texts: [string, string][] = [];
  let at = skipSpace(text, 1, end);
  if (at === end) return MALFORMED_JSON;
  while (text.charCodeAt(at) !== CLOSE_BRACE) {
    if (text.charCodeAt(at) !== QUOTE) return MALFORMED_OBJECT;
    const close = closingQuote(text, at + 1, end);
    if (close === -1) return MALFORMED_JSON;
    const raw = text.slice(at + 1, close);
    const key = raw.includes('\\') ? unescapeJson(raw) : raw;
    if (key === null) return MALFORMED_ESCAPE;
    at = skipSpace(text, close + 1, end);
    if (at === end || text.charCodeAt(at) !== COLON) return MALFORMED_JSON;
    at = skipSpace(text, at + 1, end);
    if (at === end) return MALFORMED_JSON;
    if (!scanner.scan(text, at, end)) return scanner.problem;
    if (scanner.type === 'string') texts.push([key, text.slice(at + 1, scanner.end - 1)]);
    at = skipSpace(text, scanner.end, end);
    if (at === end) return MALFORMED_ARRAY;
    if (text.charCodeAt(at) === CLOSE_BRACE) break;
    if (text.charCodeAt(at) !== COMMA) return MALFORMED_OBJECT;
    at = skipSpace(text, at + 1, end);
    if (at === end) return MALFORMED_ARRAY;
  }
  return texts;
}
