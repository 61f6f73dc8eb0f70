import { ALL_FOUND, DROPPED, FAILED, GO_ON, type Outcome, setParsed, targetSlot } from './extract.ts';
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
import { sanitizeName, sanitizePart, trimSpace } from './label-name.ts';
import type { LabelSlot, SlotTable } from './label-slot.ts';
import type { RowLabels } from './row-labels.ts';
import { JSON_ERROR, type RowState, type StageFunction } from './stage.ts';

/** A key at its place in objects, as far as lines had it. */
interface KeyNode {
  /** As written, between the quotes. */
  raw: string;
  /** The label name of the path; empty as long as all keys are blank. */
  name: string;
  /** Null for an empty name: there is no such label. */
  slot: LabelSlot | null;
  /** Whether the query needs any label below this key. */
  wanted: boolean;
  children: Map<string, KeyNode>;
  /** The key that came first last time; then each key's follower: lines of a stream mostly have one order of keys. */
  first: KeyNode | null;
  next: KeyNode | null;
}

/** Deeper objects are skipped like ones that nobody asks for: each level is read over once more to find its end. */
const MAX_DEPTH = 100;

/** `| json`: all values of the object in the line, nested objects flattened with `_`; arrays and nulls left out. */
export function jsonStage(labels: RowLabels, stage: number): StageFunction {
  const parser = new JsonParser(labels, stage);
  return (state) => parser.run(state);
}

class JsonParser {
  readonly #labels: RowLabels;
  readonly #slots: SlotTable;
  readonly #stage: number;
  readonly #scanner = new ValueScanner();
  #root: KeyNode = keyNode('', '', null, true);
  #version = 0;
  #problem = '';
  #text = '';
  /** Behind what was read last. */
  #at = 0;

  constructor(labels: RowLabels, stage: number) {
    this.#labels = labels;
    this.#slots = labels.slots;
    this.#stage = stage;
  }

  run(state: RowState): boolean {
    const labels = this.#labels;
    if (labels.allFound()) return true;
    if (this.#version !== this.#slots.version) {
      this.#version = this.#slots.version;
      this.#root = keyNode('', '', null, true);
    }
    this.#text = state.line;
    const outcome = this.#readObject(0, state.line.length, this.#root, 0);
    if (outcome === FAILED) labels.failParser(JSON_ERROR, this.#problem);
    return outcome !== DROPPED;
  }

  #fail(problem: string): Outcome {
    this.#problem = problem;
    return FAILED;
  }

  #readObject(start: number, end: number, parent: KeyNode, depth: number): Outcome {
    const text = this.#text;
    let at = skipSpace(text, start, end);
    if (at === end || text.charCodeAt(at) !== OPEN_BRACE) return this.#fail(MALFORMED_OBJECT);
    at = skipSpace(text, at + 1, end);
    if (at === end) return this.#fail(MALFORMED_JSON);
    let before: KeyNode | null = null;
    while (text.charCodeAt(at) !== CLOSE_BRACE) {
      if (text.charCodeAt(at) !== QUOTE) return this.#fail(MALFORMED_OBJECT);
      const node: KeyNode | null = this.#readKey(at + 1, end, parent, before);
      if (node === null) return FAILED;
      before = node;
      at = skipSpace(text, this.#at, end);
      if (at === end || text.charCodeAt(at) !== COLON) return this.#fail(MALFORMED_JSON);
      at = skipSpace(text, at + 1, end);
      if (at === end) return this.#fail(MALFORMED_JSON);
      const outcome = this.#readValue(at, end, node, depth);
      if (outcome !== GO_ON) return outcome;
      at = skipSpace(text, this.#at, end);
      if (at === end) return this.#fail(MALFORMED_ARRAY);
      const code = text.charCodeAt(at);
      if (code === CLOSE_BRACE) break;
      if (code !== COMMA) return this.#fail(MALFORMED_OBJECT);
      at = skipSpace(text, at + 1, end);
      if (at === end) return this.#fail(MALFORMED_ARRAY);
    }
    return GO_ON;
  }

  /** The key whose first character is at `start`; `#at` is then behind its closing quote. */
  #readKey(start: number, end: number, parent: KeyNode, before: KeyNode | null): KeyNode | null {
    const text = this.#text;
    const expected = before === null ? parent.first : before.next;
    if (expected !== null) {
      const close = start + expected.raw.length;
      if (close < end && text.charCodeAt(close) === QUOTE && text.startsWith(expected.raw, start)) {
        this.#at = close + 1;
        return expected;
      }
    }
    const close = closingQuote(text, start, end);
    if (close === -1) {
      this.#problem = MALFORMED_JSON;
      return null;
    }
    this.#at = close + 1;
    const raw = text.slice(start, close);
    const node = parent.children.get(raw) ?? this.#addKey(parent, raw);
    if (node === null) {
      this.#problem = MALFORMED_ESCAPE;
      return null;
    }
    if (before === null) parent.first = node;
    else before.next = node;
    return node;
  }

  #addKey(parent: KeyNode, raw: string): KeyNode | null {
    const key = raw.includes('\\') ? unescapeJson(raw) : raw;
    if (key === null) return null;
    const name = childName(parent, key);
    // At the top a blank key with a plain value is no label; below, it stands for the path above it.
    const isLabel = name !== '' && !(parent === this.#root && trimSpace(key) === '');
    const node = keyNode(raw, name, isLabel ? this.#slots.slot(name) : null, this.#wants(name));
    parent.children.set(raw, node);
    return node;
  }

  #wants(prefix: string): boolean {
    const { required } = this.#labels.hints;
    if (required === null) return true;
    for (const name of required) if (name.startsWith(prefix)) return true;
    return false;
  }

  #readValue(start: number, end: number, node: KeyNode, depth: number): Outcome {
    const scanner = this.#scanner;
    const text = this.#text;
    if (!scanner.scan(text, start, end)) return this.#fail(scanner.problem);
    const behind = scanner.end;
    const { type } = scanner;
    this.#at = behind;
    if (type === 'object') {
      if (!node.wanted || depth >= MAX_DEPTH) return GO_ON;
      const outcome = this.#readObject(start, behind, node, depth + 1);
      this.#at = behind;
      return outcome;
    }
    if (type === 'array' || type === 'null') return this.#labels.allFound() ? ALL_FOUND : GO_ON;
    if (node.slot === null) return GO_ON;
    const slot = targetSlot(this.#labels, node.slot);
    if (slot === null) return GO_ON;
    const value = type === 'string' ? labelText(text.slice(start + 1, behind - 1)) : text.slice(start, behind);
    return setParsed(this.#labels, slot, value, this.#stage);
  }
}

function keyNode(raw: string, name: string, slot: LabelSlot | null, wanted: boolean): KeyNode {
  return { raw, name, slot, wanted, children: new Map(), first: null, next: null };
}

function childName(parent: KeyNode, key: string): string {
  if (parent.name === '') return sanitizeName(key);
  const part = sanitizePart(key);
  return part === '' ? parent.name : `${parent.name}_${part}`;
}
