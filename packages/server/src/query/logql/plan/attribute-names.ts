import { ATTRIBUTES_TABLE, DATABASE } from '../../../stores/clickhouse/schema.ts';
import type { EventStore, SqlQuery } from '../../../stores/store.ts';
import { SqlParams, time } from '../../sql.ts';
import { labelNameOf } from '../events/fields.ts';
import { clamp, HOUR_NS, type Span } from './universe.ts';

/** The attributes that an org's events had about a time, by the label that LogQL knows them as. */
export interface AttributeNames {
  /** None: no event has such an attribute. Null: there are too many names to know. */
  of(label: string): readonly AttributeName[] | null;
}

export interface AttributeName {
  name: string;
  /** Some event may have had it with an empty value. */
  hasEmpty: boolean;
}

/** Names beyond which nothing is known. */
const NAMES_MAX = 20_000;

interface Row {
  name: string;
  may_be_empty: number;
}

export async function readAttributeNames(
  store: EventStore,
  orgId: string,
  span: Span,
  signal: AbortSignal,
): Promise<AttributeNames> {
  const byLabel = new Map<string, AttributeName[]>();
  let count = 0;
  for await (const rows of store.select<Row>(namesQuery(orgId, span), { signal })) {
    count += rows.length;
    for (const { name, may_be_empty } of rows) {
      const label = labelNameOf(name);
      const known = byLabel.get(label) ?? [];
      known.push({ name, hasEmpty: may_be_empty !== 0 });
      byLabel.set(label, known);
    }
  }
  return count > NAMES_MAX ? { of: () => null } : { of: (label) => byLabel.get(label) ?? [] };
}

function namesQuery(orgId: string, { startNs, endNs }: Span): SqlQuery {
  const params = new SqlParams();
  const start = clamp(startNs);
  const hour = start - (((start % HOUR_NS) + HOUR_NS) % HOUR_NS);
  const where = [
    `org = ${params.add('String', orgId)}`,
    `hour >= ${time(hour, params)}`,
    `hour < ${time(clamp(endNs), params)}`,
  ];
  const sql =
    `SELECT name, max(has_empty) AS may_be_empty FROM ${DATABASE}.${ATTRIBUTES_TABLE} WHERE ${where.join(' AND ')}` +
    ` GROUP BY name LIMIT ${NAMES_MAX + 1}`;
  return { sql, params: params.values };
}
