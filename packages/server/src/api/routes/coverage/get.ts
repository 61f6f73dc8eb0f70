import { eventIdOf } from '@tailwater/schema';
import { type DeclaredEvent, type EventContract, nameOf } from '@tailwater/schema/event-contract';
import { z } from 'zod';
import { getEventContract } from '../../../control/event-contracts.ts';
import { type SeenRow, seenQuery, type Violation, violationsQuery } from '../../../query/coverage-sql.ts';
import { placeOfFrame } from '../../../query/events-sql.ts';
import type { Scope } from '../../../query/stats-sql.ts';
import { TIME_MAX_NS } from '../../../query/time.ts';
import { questionOf, rangeTexts } from '../../events.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json, type RouteContext } from '../../route.ts';
import { allRows } from '../../store-rows.ts';
import { coverageSchema } from '../../wire/coverage.ts';
import { rangeParameters } from '../../wire/filters.ts';

const querySchema = z.strictObject({
  ...rangeParameters,
  from: z.string().default('-24h').meta({ description: 'Default: 24 hours ago.' }),
  service: z.string().optional().meta({ description: 'Only events of this service.' }),
});
type Context = Pick<RouteContext<typeof querySchema, undefined, undefined>, 'deps' | 'signal' | 'nowMs'>;

const EMPTY: EventContract = { version: 1, events: [] };
/** Queries of one request at a time. */
const PARALLEL = 4;

export const getCoverage = defineRoute({
  method: 'GET',
  path: '/api/coverage',
  scope: 'query',
  resource: null,
  summary: 'Which declared events come as declared, which never do, and what comes undeclared',
  query: querySchema,
  answers: { 200: coverageSchema },
  async handle({ deps, identity, query, signal, nowMs }) {
    const { from, to } = query;
    const service = query.service === undefined ? undefined : [query.service];
    const scope = { orgId: identity.orgId, ...questionOf({ from, to, service }, nowMs) };
    const known = await getEventContract(deps.control, identity.orgId);
    const contract = known?.contract ?? EMPTY;
    const kinds = kindsOf(await allRows<SeenRow>(deps.store, seenQuery(scope), { signal }), hoursOf(scope, nowMs));
    const declared = new Map(contract.events.map((event) => [nameOf(event), event]));
    const ownerOf = (event: DeclaredEvent) => event.owner ?? contract.owner ?? '';
    const seen = contract.events.filter((event) => kinds.has(nameOf(event)));
    return json({
      ...rangeTexts(scope.range),
      contract_set_at: known === null ? null : formatMs(known.setAtMs),
      seen: seen.map((event) => ({ ...kinds.get(nameOf(event)), owner: ownerOf(event) })),
      never_seen: contract.events
        .filter((event) => !kinds.has(nameOf(event)))
        .map((event) => ({ log_type: event.log_type, event_type: event.event_type, owner: ownerOf(event) })),
      undeclared: [...kinds].flatMap(([name, kind]) => (declared.has(name) ? [] : [kind])),
      violations: await violationsOf({ deps, signal, nowMs }, scope, seen, ownerOf),
    });
  },
});

interface Kind {
  log_type: string;
  event_type: string;
  events: number;
  last_seen: string;
  per_hour: number;
  services: { service: string; events: number; last_seen: string; per_hour: number }[];
}

function kindsOf(rows: readonly SeenRow[], hours: number): Map<string, Kind> {
  const kinds = new Map<string, Kind>();
  const perHour = (events: number) => Number((events / hours).toPrecision(3));
  for (const { log_type, event_type, service, ...row } of rows) {
    const name = nameOf({ log_type, event_type });
    const kind = kinds.get(name) ?? { log_type, event_type, events: 0, last_seen: '', per_hour: 0, services: [] };
    const events = Number(row.events);
    const lastSeen = formatMs(Number(row.last_ms));
    kind.services.push({ service, events, last_seen: lastSeen, per_hour: perHour(events) });
    kind.events += events;
    kind.per_hour = perHour(kind.events);
    if (lastSeen > kind.last_seen) kind.last_seen = lastSeen;
    kinds.set(name, kind);
  }
  return kinds;
}

const HOUR_NS = 3_600_000_000_000;

function hoursOf({ range }: Scope, nowMs: number): number {
  const endNs = range.toNs === TIME_MAX_NS ? BigInt(nowMs) * 1_000_000n : range.toNs;
  return Math.max(1 / 60, Number(endNs - range.fromNs) / HOUR_NS);
}

async function violationsOf(
  { deps, signal }: Context,
  scope: Scope,
  events: readonly DeclaredEvent[],
  ownerOf: (event: DeclaredEvent) => string,
) {
  const waiting = [...events];
  const found: (Omit<Violation, 'example'> & {
    log_type: string;
    event_type: string;
    owner: string;
    example_event_id: string;
  })[] = [];
  const work = async (): Promise<void> => {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const asked = violationsQuery(scope, event);
      if (asked === null) continue;
      const rows = await allRows<Record<string, string | number>>(deps.store, asked.query, { signal });
      for (const { example, ...violation } of asked.read(rows)) {
        found.push({
          log_type: event.log_type,
          event_type: event.event_type,
          owner: ownerOf(event),
          ...violation,
          example_event_id: eventIdOf({ ...placeOfFrame(example.frame), index: example.index }),
        });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return found.sort((a, b) => b.events - a.events || (nameOf(a) < nameOf(b) ? -1 : 1));
}
