import { crc32 } from 'node:zlib';
import { SEVERITY_RANGE } from '@tailwater/schema';
import { compileMatcher, type Matchable } from '../../query/match.ts';
import type { Condition } from '../../query/plan.ts';
import { severityRanges } from '../../query/severity.ts';
import { compileRowFilter, type RowFilter } from '../live-tail/row-filter.ts';
import type { IntegrationFilter } from './sender.ts';

/** A filter, ready for use. */
export interface Selection {
  /** Null: all events. Sampling is not in it. */
  condition: Condition | null;
  /** What severity and symbol columns tell of it; null when they tell nothing. */
  rowFilter: RowFilter | null;
  /** The whole filter. */
  accepts(event: Matchable): boolean;
}

export function compileSelection(filter: IntegrationFilter): Selection {
  const condition = conditionOf(filter);
  const matches = condition === null ? null : compileMatcher(condition);
  const isSampled = compileSampling(filter.sampleRate);
  return {
    condition,
    rowFilter: condition === null ? null : compileRowFilter(condition),
    accepts: (event) => (matches === null || matches(event)) && (isSampled === null || isSampled(event.eventId)),
  };
}

function conditionOf({ logTypes, eventTypes, minSeverity, attributes }: IntegrationFilter): Condition | null {
  const conditions: Condition[] = [];
  if (logTypes.length > 0) conditions.push({ kind: 'field', column: 'log_type', values: logTypes });
  if (eventTypes.length > 0) conditions.push({ kind: 'field', column: 'event_type', values: eventTypes });
  // Debug is the lowest: nothing is below it.
  if (minSeverity !== null && minSeverity !== 'debug') {
    conditions.push({ kind: 'severity', ranges: severityRanges(SEVERITY_RANGE[minSeverity], '>=') });
  }
  for (const { name, value } of attributes) conditions.push({ kind: 'attribute', name, comparison: '=', value });
  if (conditions.length === 0) return null;
  return conditions.length === 1 ? conditions[0] : { kind: 'and', conditions };
}

/** The same events whenever they are looked at, and those of a lower rate are among those of a higher one. */
function compileSampling(rate: number): ((eventId: string) => boolean) | null {
  if (rate >= 1) return null;
  const below = rate * 2 ** 32;
  return (eventId) => scatter(crc32(eventId)) < below;
}

/** The finalizer of MurmurHash3: checksums of neighbours differ in few bits, what comes out of it in half of them. */
function scatter(checksum: number): number {
  let hash = checksum;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
