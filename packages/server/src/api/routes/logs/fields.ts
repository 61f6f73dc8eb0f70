import type { AttributeKind } from '@tailwater/schema';
import { z } from 'zod';
import { parseAttributeTypes } from '../../../batch/attribute-types.ts';
import {
  ATTRIBUTES_MAX,
  attributeNamesQuery,
  eventsReadQuery,
  FIELD_EVENTS_MAX,
  labelSetsQuery,
} from '../../../query/fields-sql.ts';
import { TEXT_COLUMNS } from '../../../query/plan.ts';
import { questionOf } from '../../events.ts';
import { defineRoute, json } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { filterParameters, rangeParameters } from '../../wire/filters.ts';
import { fieldListSchema } from '../../wire/stats.ts';

/** The event's own fields, by the names that filters and answers use. */
const FIELDS = [
  { name: 'timestamp', type: 'time' },
  { name: 'received_at', type: 'time' },
  { name: 'severity', type: 'severity' },
  { name: 'message', type: 'string' },
  ...TEXT_COLUMNS.map((name) => ({ name, type: 'string' })),
  { name: 'duration_ms', type: 'number' },
  { name: 'cost', type: 'number' },
];

interface AttributeRow {
  name: string;
  events: string;
  shapes: string[];
}

interface LabelSetRow {
  labels: string;
  events: string;
}

export const listFields = defineRoute({
  method: 'GET',
  path: '/api/logs/fields',
  scope: 'query',
  resource: null,
  summary: `Fields, and the attributes (at most ${ATTRIBUTES_MAX}) and labels that events have, with their types and counts`,
  query: z.strictObject({ ...filterParameters, ...rangeParameters }),
  answers: { 200: fieldListSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const scope = { orgId: identity.orgId, ...questionOf(query, nowMs) };
    const [attributes, labelSets, read] = await Promise.all([
      allRows<AttributeRow>(deps.store, attributeNamesQuery(scope), { signal }),
      allRows<LabelSetRow>(deps.store, labelSetsQuery(scope), { signal }),
      allRows<{ events: string }>(deps.store, eventsReadQuery(scope), { signal }),
    ]);
    const eventsRead = Number(read[0]!.events);
    return json({
      fields: FIELDS,
      attributes: attributes.map(({ name, events, shapes }) => ({
        name,
        types: typesOf(name, shapes),
        events: Number(events),
      })),
      labels: labelCounts(labelSets),
      events_read: eventsRead,
      complete: eventsRead < FIELD_EVENTS_MAX,
    });
  },
});

function typesOf(name: string, shapes: readonly string[]): AttributeKind[] {
  return [...new Set(shapes.map((shape) => parseAttributeTypes(shape).get(name) ?? 'string'))].sort();
}

function labelCounts(rows: readonly LabelSetRow[]): { name: string; events: number }[] {
  const counts = new Map<string, number>();
  for (const { labels, events } of rows) {
    if (labels === '') continue;
    for (const name of Object.keys(JSON.parse(labels))) counts.set(name, (counts.get(name) ?? 0) + Number(events));
  }
  return [...counts].map(([name, events]) => ({ name, events })).sort((a, b) => b.events - a.events);
}
