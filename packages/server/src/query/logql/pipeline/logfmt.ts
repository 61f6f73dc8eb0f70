import type { Extraction } from '@tailwater/schema/logql';
import { ALL_FOUND, DROPPED, setParsed, targetSlot } from './extract.ts';
import { sanitizeName } from './label-name.ts';
import type { LabelSlot } from './label-slot.ts';
import { LogfmtScanner } from './logfmt-scanner.ts';
import type { RowLabels } from './row-labels.ts';
import { LOGFMT_ERROR, type RowState, type StageFunction } from './stage.ts';

export interface LogfmtOptions {
  /** Stop at the first malformed pair and say so; else such pairs are passed over. */
  strict: boolean;
  /** Keys without value become empty labels. */
  keepEmpty: boolean;
}

/** A key as lines have it, and the key that followed it last: lines of a stream mostly have one order of keys. */
interface KeyNode {
  raw: string;
  /** Null where no label name is left of the key. */
  slot: LabelSlot | null;
  next: KeyNode | null;
}

/** `| logfmt`: all pairs of the line. */
export function logfmtStage(labels: RowLabels, options: LogfmtOptions, stage: number): StageFunction {
  const parser = new LogfmtParser(labels, options, stage);
  return (state) => parser.run(state);
}

class LogfmtParser {
  readonly #labels: RowLabels;
  readonly #options: LogfmtOptions;
  readonly #stage: number;
  readonly #scanner = new LogfmtScanner();
  readonly #keys = new Map<string, KeyNode>();
  readonly #start: KeyNode = { raw: '', slot: null, next: null };
  #version = 0;

  constructor(labels: RowLabels, options: LogfmtOptions, stage: number) {
    this.#labels = labels;
    this.#options = options;
    this.#stage = stage;
  }

  run(state: RowState): boolean {
    const labels = this.#labels;
    if (labels.allFound()) return true;
    this.#forget();
    const scanner = this.#scanner;
    scanner.reset(state.line);
    let before = this.#start;
    while (!scanner.atEnd()) {
      if (!scanner.next(before.next?.raw ?? null)) {
        if (this.#options.strict) break;
        continue;
      }
      before = this.#key(state.line, before);
      if (before.slot === null) continue;
      const slot = targetSlot(labels, before.slot);
      if (slot === null) continue;
      const value = blankInvalid(scanner.value());
      if (value === '' && !this.#options.keepEmpty) continue;
      const outcome = setParsed(labels, slot, value, this.#stage);
      if (outcome === DROPPED) return false;
      if (outcome === ALL_FOUND) break;
    }
    if (this.#options.strict && scanner.problem !== null) labels.failParser(LOGFMT_ERROR, scanner.problem);
    return true;
  }

  #forget(): void {
    const { version } = this.#labels.slots;
    if (this.#version === version) return;
    this.#version = version;
    this.#keys.clear();
    this.#start.next = null;
  }

  #key(line: string, before: KeyNode): KeyNode {
    const { keyStart, keyEnd, isExpected } = this.#scanner;
    if (isExpected && before.next !== null) return before.next;
    const raw = line.slice(keyStart, keyEnd);
    let key = this.#keys.get(raw);
    if (key === undefined) {
      const name = sanitizeName(raw);
      key = { raw, slot: name === '' ? null : this.#labels.slots.slot(name), next: null };
      this.#keys.set(raw, key);
    }
    before.next = key;
    return key;
  }
}

function blankInvalid(value: string): string {
  return value.includes('\ufffd') ? value.replaceAll('\ufffd', ' ') : value;
}

interface Target {
  slot: LabelSlot;
  key: string;
}

/** Of how many distinct keys it is remembered which labels they give. */
const MAX_REMEMBERED_KEYS = 8192;

/** `| logfmt a="key", b`: these labels only; a key that is missing gives an empty one, of several the last counts. */
export function logfmtKeysStage(labels: RowLabels, extractions: readonly Extraction[], strict: boolean): StageFunction {
  const targets = extractions.map(({ name, expression }) => ({
    slot: labels.slots.pin(name),
    key: expressionKey(expression),
  }));
  const scanner = new LogfmtScanner();
  const byKey = new Map<string, readonly Target[]>();
  const targetsOf = (raw: string): readonly Target[] => {
    let found = byKey.get(raw);
    if (found !== undefined) return found;
    const key = sanitizeName(raw);
    found = targets.filter((target) => target.key === key);
    if (byKey.size >= MAX_REMEMBERED_KEYS) byKey.clear();
    byKey.set(raw, found);
    return found;
  };
  return (state) => {
    if (labels.allFound()) return true;
    for (const { slot } of targets) if (!labels.isTaken(slot)) labels.set(slot, '');
    extractKeys(state, targetsOf, scanner, strict);
    return true;
  };
}

/** The expression is one key, bare or in double quotes. */
function expressionKey(expression: string): string {
  const trimmed = expression.trim();
  return trimmed.startsWith('"') && trimmed.endsWith('"') && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed;
}

function extractKeys(
  { labels, line }: RowState,
  targetsOf: (raw: string) => readonly Target[],
  scanner: LogfmtScanner,
  strict: boolean,
): void {
  scanner.reset(line);
  while (!scanner.atEnd()) {
    if (!scanner.next()) {
      if (strict) break;
      continue;
    }
    const targets = targetsOf(line.slice(scanner.keyStart, scanner.keyEnd));
    if (targets.length === 0) continue;
    const value = scanner.value();
    if (!targets.every(({ slot }) => setTarget(labels, slot, value)) || labels.allFound()) break;
  }
  if (strict && scanner.problem !== null) labels.failParser(LOGFMT_ERROR, scanner.problem);
}

/** False: Loki reads no further, because a name with the suffix is not asked for or has a value already. */
function setTarget(labels: RowLabels, slot: LabelSlot, value: string): boolean {
  let target = slot;
  if (labels.isTaken(slot)) {
    target = slot.extracted(labels.slots);
    if (!target.required || labels.isExtracted(target)) return false;
  }
  if (target.required) labels.set(target, value.includes('\ufffd') ? '' : value);
  return true;
}
