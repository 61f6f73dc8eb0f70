import type { Condition, TimeRange } from './plan.ts';
import type { Scope } from './stats-sql.ts';

/** A part of a range, and where its numbers come from: the hourly view, or the events. */
export interface Part {
  range: TimeRange;
  source: 'view' | 'live';
}

const HOUR_NS = 3_600_000_000_000n;
const VIEW_COLUMNS: readonly string[] = ['log_type', 'event_type', 'service'];

/**
 * A range that has an end, divided so that full hours are read from the hourly view if that knows what the condition
 * names, and the rest from the events. The parts make up the range exactly.
 */
export function viewParts({ range, condition }: Pick<Scope, 'range' | 'condition'>): Part[] {
  const { fromNs, toNs } = range;
  const firstHour = floorHour(fromNs + HOUR_NS - 1n);
  const lastHour = floorHour(toNs);
  if (!isOfView(condition) || firstHour >= lastHour) return [{ range, source: 'live' }];
  const parts: Part[] = [
    { range: { fromNs, toNs: firstHour }, source: 'live' },
    { range: { fromNs: firstHour, toNs: lastHour }, source: 'view' },
    { range: { fromNs: lastHour, toNs }, source: 'live' },
  ];
  return parts.filter(({ range }) => range.fromNs < range.toNs);
}

function floorHour(timeNs: bigint): bigint {
  return timeNs - (((timeNs % HOUR_NS) + HOUR_NS) % HOUR_NS);
}

/** Whether the hourly view has every column that the condition names. */
function isOfView(condition: Condition | null): boolean {
  if (condition === null) return true;
  if (condition.kind === 'field') return VIEW_COLUMNS.includes(condition.column);
  if (condition.kind === 'not') return isOfView(condition.condition);
  return (condition.kind === 'and' || condition.kind === 'or') && condition.conditions.every(isOfView);
}
