import {
  COLON,
  COMMA,
  closingQuote,
  OPEN_BRACE,
  QUOTE,
  skipSpace,
  unescapeJson,
  ValueScanner,
} from '../pipeline/json-text.ts';
import { sanitizeName, sanitizePart } from '../pipeline/label-name.ts';

const EXTRACTED = '_extracted';
/** As deep as the parser `json` reads. */
const DEPTH_MAX = 100;

/**
 * Where in a line the labels that the parser `json` makes of it come from: keys from the outside in. `isTaken` tells
 * names of the stream's labels, which get `_extracted` behind them. Of equal names the first counts. Reads as leniently
 * as the parser does.
 */
export function jsonPaths(line: string, isTaken: (name: string) => boolean): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const keys: string[] = [];
  const scanner = new ValueScanner();

  /** Up to the first fault. */
  function readObject(start: number, end: number, prefix: string): void {
    let at = skipSpace(line, start, end);
    if (line.charCodeAt(at) !== OPEN_BRACE) return;
    do {
      at = skipSpace(line, at + 1, end);
      if (line.charCodeAt(at) !== QUOTE) return;
      const close = closingQuote(line, at + 1, end);
      const key = close < 0 ? null : unescapeJson(line.slice(at + 1, close));
      if (key === null) return;
      at = skipSpace(line, close + 1, end);
      if (line.charCodeAt(at) !== COLON) return;
      at = skipSpace(line, at + 1, end);
      if (!scanner.scan(line, at, end)) return;
      const behind = scanner.end;
      keys.push(key);
      readValue(at, behind, joined(prefix, key));
      keys.pop();
      at = skipSpace(line, behind, end);
    } while (line.charCodeAt(at) === COMMA);
  }

  function readValue(start: number, end: number, name: string): void {
    if (scanner.type === 'object') {
      if (keys.length <= DEPTH_MAX) readObject(start, end, name);
    } else if (scanner.type !== 'array' && scanner.type !== 'null' && name !== '') {
      const label = isTaken(name) ? name + EXTRACTED : name;
      if (!paths.has(label)) paths.set(label, pathOf(keys));
    }
  }

  readObject(0, line.length, '');
  return paths;
}

/** Loki takes `_extracted` off nested keys, also where it was the sender who put it there. */
function pathOf(keys: readonly string[]): readonly string[] {
  if (keys.length === 1) return [...keys];
  return keys.map((key) => (key.endsWith(EXTRACTED) ? key.slice(0, -EXTRACTED.length) : key));
}

/** Names of nested keys joined; blank keys are left out. */
function joined(prefix: string, key: string): string {
  if (prefix === '') return sanitizeName(key);
  const part = sanitizePart(key);
  return part === '' ? prefix : `${prefix}_${part}`;
}
