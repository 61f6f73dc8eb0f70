import type { Event } from '@tailwater/schema';
import { fillAttributeTypes } from '../batch/attribute-types.ts';
import { EventBatch } from '../batch/event-batch.ts';
import { readEvents } from '../batch/event-rows.ts';
import type { IngestLimits } from '../batch/limits.ts';
import { SymbolTable } from '../batch/symbol-table.ts';
import { createRedact } from '../processors/redact/index.ts';
import { decodeJson } from '../receivers/ndjson/decode.ts';
import { PermanentError } from '../runtime/errors.ts';

export interface RedactionTrial {
  /** What the journal would hold of an event, and what was found in it by rule. */
  event: Event;
  hits: { rule: string; count: number }[];
}

interface Options {
  limits: IngestLimits;
  /** Off for every org. */
  rulesOff: readonly string[];
}

/**
 * Redacts an event as ingest does, and keeps nothing of it: not even symbols, which is why each gets a table of its own.
 * @throws PermanentError `invalid_body` or what is wrong with the event.
 */
export function tryRedaction(
  event: object,
  orgRulesOff: readonly string[],
  { limits, rulesOff }: Options,
): RedactionTrial {
  const batch = new EventBatch(new SymbolTable(), limits);
  decodeJson(Buffer.from(JSON.stringify(event)), batch);
  const [rejection] = batch.rejections;
  if (rejection !== undefined)
    throw new PermanentError('invalid_body', rejection.error, rejection.field === '' ? undefined : rejection.field);
  const settings = { retentionDays: 1, redactRulesOff: orgRulesOff, logTypes: {} };
  const report = createRedact({ rulesOff }).apply(batch, { orgId: '', receivedAtMs: 0, settings });
  fillAttributeTypes(batch);
  const [redacted] = readEvents(batch);
  if (redacted === undefined) throw new PermanentError('invalid_body', 'this is no event', 'event');
  const hits = Object.entries(report).map(([key, count]) => ({ rule: key.slice('redact.'.length), count }));
  return { event: redacted, hits };
}
