import {
  type ActiveRules,
  freeName,
  type Hits,
  isSecretValue,
  newHits,
  replacementOf,
  ruleIndex,
  type SecretKind,
  scanAndRedact,
  secretKindOfAttribute,
} from '@tailwater/schema/redaction';
import type { SymbolTable } from '../../batch/symbol-table.ts';

/** What becomes of a symbol that holds a secret. */
interface Outcome {
  id: number;
  hits: Hits;
}

const ATTRIBUTE_RULE = ruleIndex('attribute');
const UNKNOWN = 0;
const CLEAN = 1;
const DIRTY = 2;
const KINDS: readonly SecretKind[] = ['none', 'password', 'token'];

/**
 * A parameter of syslog's structured data, `origin@32473.software`, which reads like a mailbox: the number is an
 * enterprise's, https://www.rfc-editor.org/rfc/rfc5424#section-7.2.2. Providers of mail whose names are numbers have
 * these top-level domains (163.com, 263.net, 189.cn).
 */
const STRUCTURED_DATA = /^[^\s@=\]"]{1,32}@\d{1,10}(?:\.\d+)*\.(?!(?:com|net|cn)(?:\.|$))[^@]+$/;

/**
 * What a set of rules says about the symbols of one table, worked out once per symbol. Holds for one generation of the
 * table; whoever owns a memo makes a new one then.
 */
export class SymbolMemo {
  readonly symbols: SymbolTable;
  readonly generation: number;
  private readonly rules: ActiveRules;
  private texts = new Uint8Array(1024);
  private labelSets = new Uint8Array(1024);
  /** UNKNOWN, or 1 + index in KINDS. */
  private nameKinds = new Uint8Array(1024);
  /** 1 for names of attributes that neither announce nor hold a secret. */
  private plainNames = new Uint8Array(1024);
  private readonly outcomes = new Map<number, Outcome>();
  private readonly labelOutcomes = new Map<number, Outcome>();

  constructor(symbols: SymbolTable, rules: ActiveRules) {
    this.symbols = symbols;
    this.generation = symbols.generation;
    this.rules = rules;
  }

  /** Makes room for all symbols that the table holds now. Call before a batch. */
  prepare(): void {
    const { size } = this.symbols;
    if (size <= this.texts.length) return;
    const grow = (old: Uint8Array) => {
      const grown = new Uint8Array(Math.max(old.length * 2, size));
      grown.set(old);
      return grown;
    };
    this.texts = grow(this.texts);
    this.labelSets = grow(this.labelSets);
    this.nameKinds = grow(this.nameKinds);
    this.plainNames = grow(this.plainNames);
  }

  /** Whether one of the first `count` names announces a secret or holds one. Mostly none does. */
  anyTellingName(names: Uint32Array, count: number): boolean {
    const { plainNames } = this;
    for (let i = 0; i < count; i++) if (plainNames[names[i]] === 0 && this.isTelling(names[i])) return true;
    return false;
  }

  private isTelling(id: number): boolean {
    const isPlain = this.nameKind(id) === 'none' && this.redactedName(id, newHits()) === id;
    if (isPlain) this.plainNames[id] = 1;
    return !isPlain;
  }

  /** The kind of secret that an attribute of this name holds. */
  nameKind(id: number): SecretKind {
    if (this.nameKinds[id] === UNKNOWN) {
      const kind = this.rules.attributes ? secretKindOfAttribute(this.symbols.text(id)) : 'none';
      this.nameKinds[id] = 1 + KINDS.indexOf(kind);
    }
    return KINDS[this.nameKinds[id] - 1];
  }

  /** The symbol to put in place of `id`, counting what was found; `id` itself when it is clean. */
  redacted(id: number, hits: Hits): number {
    const state = this.texts[id];
    if (state === CLEAN) return id;
    if (state === UNKNOWN) {
      const found = newHits();
      this.texts[id] = this.note(
        this.outcomes,
        id,
        scanAndRedact(this.symbols.text(id), this.rules.forms, found),
        found,
      );
    }
    return take(this.outcomes, id, hits);
  }

  /** As `redacted`, for the name of an attribute. */
  redactedName(id: number, hits: Hits): number {
    if (this.plainNames[id] === 1) return id;
    if (!STRUCTURED_DATA.test(this.symbols.text(id))) return this.redacted(id, hits);
    if (this.nameKind(id) === 'none') this.plainNames[id] = 1;
    return id;
  }

  /** As `redacted`, for a set of labels: a JSON object of strings. */
  redactedLabels(id: number, hits: Hits): number {
    const state = this.labelSets[id];
    if (state === CLEAN) return id;
    if (state === UNKNOWN) {
      const found = newHits();
      const labels = redactLabels(this.symbols.text(id), this.rules, found);
      this.labelSets[id] = this.note(this.labelOutcomes, id, labels, found);
    }
    return take(this.labelOutcomes, id, hits);
  }

  private note(outcomes: Map<number, Outcome>, id: number, text: string, hits: Hits): number {
    if (text === this.symbols.text(id)) return CLEAN;
    outcomes.set(id, { id: this.symbols.internText(text), hits });
    return DIRTY;
  }
}

function take(outcomes: ReadonlyMap<number, Outcome>, id: number, hits: Hits): number {
  const outcome = outcomes.get(id);
  if (outcome === undefined) return id;
  for (let rule = 0; rule < hits.length; rule++) hits[rule] += outcome.hits[rule];
  return outcome.id;
}

function redactLabels(json: string, rules: ActiveRules, hits: Hits): string {
  if (json === '') return json;
  const redacted: Record<string, string> = Object.create(null);
  let changed = false;
  for (const [name, value] of Object.entries(JSON.parse(json) as Record<string, string>)) {
    const isNamed = rules.attributes && isSecretValue(secretKindOfAttribute(name), value, false);
    if (isNamed) hits[ATTRIBUTE_RULE]++;
    const newValue = isNamed ? replacementOf(ATTRIBUTE_RULE) : scanAndRedact(value, rules.forms, hits);
    const newName = scanAndRedact(name, rules.forms, hits);
    changed ||= newValue !== value || newName !== name;
    redacted[freeName(newName, (taken) => taken in redacted)] = newValue;
  }
  return changed ? JSON.stringify(redacted) : json;
}
