import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD, SYMBOL_FIELDS, TEXT_FIELDS } from '../../batch/fields.ts';
import type { Processor, ProcessorContext, ProcessorReport } from '../processor.ts';
import { ColumnRewriter, type Redaction, redactAttributeNames, redactAttributeValues, redactTexts } from './columns.ts';
import { RULE_IDS, ruleMask } from './rule-ids.ts';
import { SymbolMemo } from './symbols.ts';
import { newHits } from './text.ts';

export { RULE_IDS, type RuleId } from './rule-ids.ts';

/** Sets of rules in use at a time that have a memo of their own. Orgs mostly share one. */
const MEMOS_MAX = 16;

/**
 * Replaces secrets and personal data in everything that holds free text, with the rule's name: `[REDACTED:email]`.
 * Counts hits as `redact.<rule>`. `rulesOff` are off for every org; an org's settings may switch off more.
 *
 * A glance over the bytes (scan.ts) decides which exact rules look at which value. Symbols are looked at once each.
 */
export function createRedact({ rulesOff = [] }: { rulesOff?: readonly string[] } = {}): Processor {
  const rulesOn = ruleMask(RULE_IDS) & ~ruleMask(rulesOff);
  const memos = new Map<number, SymbolMemo>();
  const hits = newHits();
  const rewriter = new ColumnRewriter();

  function memoFor(batch: EventBatch, mask: number): SymbolMemo {
    let memo = memos.get(mask);
    if (memo === undefined || memo.symbols !== batch.symbols || memo.generation !== batch.symbols.generation) {
      if (memos.size >= MEMOS_MAX) memos.clear();
      memo = new SymbolMemo(batch.symbols, mask);
      memos.set(mask, memo);
    }
    memo.prepare();
    return memo;
  }

  return {
    id: 'redact',
    apply(batch: EventBatch, context: ProcessorContext): ProcessorReport {
      const { redactRulesOff } = context.settings;
      const mask = redactRulesOff.length === 0 ? rulesOn : rulesOn & ~ruleMask(redactRulesOff);
      if (mask === 0 || batch.rows === 0) return {};
      hits.fill(0);
      redactBatch(batch, { mask, memo: memoFor(batch, mask), hits, rewriter });
      return reportOf(hits);
    },
  };
}

function redactBatch(batch: EventBatch, redaction: Redaction): void {
  for (const field of TEXT_FIELDS) {
    const hexIds = field === FIELD.traceId || field === FIELD.spanId;
    redactTexts(batch.textColumns[field], batch.rows, hexIds, redaction);
  }
  // Values before names: once a name is replaced it does not announce anything any more.
  redactAttributeValues(batch, redaction);
  redactAttributeNames(batch, redaction);
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
