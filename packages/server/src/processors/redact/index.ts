import { type ActiveRules, newHits, RULE_IDS, rulesWithout } from '@tailwater/schema/redaction';
import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD, SYMBOL_FIELDS, TEXT_FIELDS } from '../../batch/fields.ts';
import type { Processor, ProcessorContext, ProcessorReport } from '../processor.ts';
import { ColumnRewriter, type Redaction, redactAttributes, redactTexts } from './columns.ts';
import { SymbolMemo } from './symbols.ts';

interface RuleSet {
  rules: ActiveRules;
  memo: SymbolMemo;
}

/** Sets of rules in use at a time. Orgs mostly share one. */
const RULE_SETS_MAX = 16;

/**
 * Replaces secrets and personal data in everything that holds free text, with the rule's name: `[REDACTED:email]`.
 * Counts hits as `redact.<rule>`. `rulesOff` are off for every org; an org's settings may switch off more.
 *
 * A glance over the bytes (scan.ts) decides which exact rules look at which value. Symbols are looked at once each.
 */
export function createRedact({ rulesOff = [] }: { rulesOff?: readonly string[] } = {}): Processor {
  const ruleSets = new Map<string, RuleSet>();
  const hits = newHits();
  const rewriter = new ColumnRewriter();

  /** The rules that are on for the org, with a memo that fits the batch's symbols. */
  function ruleSetFor({ symbols }: EventBatch, orgRulesOff: readonly string[]): RuleSet {
    const key = orgRulesOff.join();
    let set = ruleSets.get(key);
    if (set === undefined || set.memo.symbols !== symbols || set.memo.generation !== symbols.generation) {
      if (ruleSets.size >= RULE_SETS_MAX) ruleSets.clear();
      const rules = rulesWithout([...rulesOff, ...orgRulesOff]);
      set = { rules, memo: new SymbolMemo(symbols, rules) };
      ruleSets.set(key, set);
    }
    set.memo.prepare();
    return set;
  }

  return {
    id: 'redact',
    apply(batch: EventBatch, context: ProcessorContext): ProcessorReport {
      const { rules, memo } = ruleSetFor(batch, context.settings.redactRulesOff);
      if (rules.forms === 0 && !rules.attributes) return {};
      hits.fill(0);
      redactBatch(batch, { forms: rules.forms, memo, hits, rewriter });
      return reportOf(hits);
    },
  };
}

function redactBatch(batch: EventBatch, redaction: Redaction): void {
  for (const field of TEXT_FIELDS) {
    const hexIds = field === FIELD.traceId || field === FIELD.spanId;
    redactTexts(batch.textColumns[field], batch.rows, hexIds, redaction);
  }
  redactAttributes(batch, redaction);
  for (const field of SYMBOL_FIELDS)
    redactSymbols(batch, batch.symbolColumns[field].data, field === FIELD.labels, redaction);
}

function redactSymbols(batch: EventBatch, ids: Uint32Array, areLabels: boolean, { memo, hits }: Redaction): void {
  // Neighbours mostly have the same symbol: a run of a clean one is looked up once.
  let clean = 0;
  for (let row = 0; row < batch.rows; row++) {
    const id = ids[row];
    if (id === clean) continue;
    const redacted = areLabels ? memo.redactedLabels(id, hits) : memo.redacted(id, hits);
    if (redacted === id) clean = id;
    else ids[row] = redacted;
  }
}

function reportOf(hits: Uint32Array): ProcessorReport {
  const report: ProcessorReport = {};
  for (let rule = 0; rule < hits.length; rule++) if (hits[rule] > 0) report[`redact.${RULE_IDS[rule]}`] = hits[rule];
  return report;
}
