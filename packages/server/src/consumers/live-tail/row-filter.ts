import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { U32Column } from '../../batch/growable.ts';
import type { Condition, TextColumn } from '../../query/plan.ts';

/** False only for rows that surely do not match. */
export type RowCheck = (row: number) => boolean;
/** A check for the rows that the batch holds now. */
export type RowFilter = (batch: EventBatch) => RowCheck;

/**
 * What of a condition can be told from severity and symbol columns, so that no event has to be made of a row that
 * cannot match. Null when nothing can.
 */
export function compileRowFilter(condition: Condition): RowFilter | null {
  switch (condition.kind) {
    case 'and': {
      const filters = condition.conditions.map(compileRowFilter).filter((filter) => filter !== null);
      return filters.length === 0 ? null : combine(filters, 'every');
    }
    case 'or': {
      const filters = condition.conditions.map(compileRowFilter).filter((filter) => filter !== null);
      return filters.length < condition.conditions.length ? null : combine(filters, 'some');
    }
    case 'field':
      return fieldFilter(condition.column, condition.values);
    case 'severity': {
      const allowed = new Uint8Array(256);
      for (const [low, high] of condition.ranges) allowed.fill(1, low, high + 1);
      return (batch) => {
        const { data } = batch.severityNumber;
        return (row) => allowed[data[row]] === 1;
      };
    }
    default:
      return null;
  }
}

/** Rows that any of the filters lets through; null (an unknown filter) lets everything through. */
export function anyOf(filters: readonly (RowFilter | null)[]): RowFilter | null {
  const known = filters.filter((filter) => filter !== null);
  if (known.length < filters.length) return null;
  return known.length === 1 ? known[0] : combine(known, 'some');
}

function combine(filters: readonly RowFilter[], how: 'every' | 'some'): RowFilter {
  return (batch) => {
    const checks = filters.map((filter) => filter(batch));
    return (row) => checks[how]((check) => check(row));
  };
}

const SYMBOL_COLUMN: Partial<Record<TextColumn, (batch: EventBatch) => U32Column>> = {
  log_type: (batch) => batch.symbolColumns[FIELD.logType],
  event_type: (batch) => batch.symbolColumns[FIELD.eventType],
  service: (batch) => batch.symbolColumns[FIELD.service],
  host: (batch) => batch.symbolColumns[FIELD.host],
  logger: (batch) => batch.symbolColumns[FIELD.logger],
  resource_type: (batch) => batch.symbolColumns[FIELD.resourceType],
  action: (batch) => batch.symbolColumns[FIELD.action],
  receiver: (batch) => batch.receiver,
};

function fieldFilter(column: TextColumn, values: readonly string[]): RowFilter | null {
  const columnOf = SYMBOL_COLUMN[column];
  if (columnOf === undefined) return null;
  return (batch) => {
    const wanted = new Set(values.map((value) => batch.symbols.internText(value)));
    const { data } = columnOf(batch);
    return (row) => wanted.has(data[row]);
  };
}
