import { z } from 'zod';
import type { ProducerState } from '../../../producers/producers.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { producerListSchema } from '../../wire/producers.ts';

const LIVE_MS = 30_000;

export const listProducers = defineRoute({
  method: 'GET',
  path: '/api/producers',
  scope: 'query',
  resource: null,
  summary: 'Who numbers its events, up to when all of them are here, and what is missing',
  query: z.strictObject({
    service: z.string().optional().meta({ description: 'Only those of this service.' }),
    limit: z.coerce.number().int().min(1).max(5000).default(200),
  }),
  answers: { 200: producerListSchema },
  handle({ deps, identity, query, nowMs }) {
    const all = deps.producers
      .list(identity.orgId)
      .filter(({ service }) => query.service === undefined || service === query.service)
      .map((producer) => render(producer, nowMs));
    const running = all.filter(({ state }) => state !== 'ended');
    const isKnown = running.length > 0 && running.every(({ complete_to }) => complete_to !== null);
    const sum = (of: (producer: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
    return json({
      complete_to: isKnown ? running.map(({ complete_to }) => complete_to).sort()[0] : null,
      lost: sum(({ lost }) => totalOf(lost)),
      missing: sum(({ missing }) => missing),
      producers: all.slice(0, query.limit),
    });
  },
});

const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

function render(producer: ProducerState, nowMs: number) {
  const { name, id, service, host, sdk, next, received, lost, completeToMs, hasEnded } = producer;
  const missing = Math.max(0, next - received - totalOf(lost));
  const silent = nowMs - producer.seenAtMs > LIVE_MS ? ('silent' as const) : ('live' as const);
  const state = hasEnded ? ('ended' as const) : silent;
  return {
    name,
    id,
    service,
    host,
    sdk,
    state,
    first_seen: formatMs(producer.firstSeenMs),
    seen_at: formatMs(producer.seenAtMs),
    complete_to: completeToMs === 0 ? null : formatMs(completeToMs),
    emitted: Math.max(next, received),
    received,
    lost,
    missing,
    summary: summaryOf(producer, missing, state),
  };
}

/** `complete to 2026-11-21T12:03:07Z; lost 312 (ring overflow), 40 not yet arrived` */
function summaryOf({ completeToMs, lost }: ProducerState, missing: number, state: 'live' | 'silent' | 'ended'): string {
  const counts = Object.entries(lost)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `lost ${count} (${reason.replaceAll('_', ' ')})`);
  // What a program that is gone did not send it may have kept in its spool.
  if (missing > 0) counts.push(state === 'ended' ? `${missing} never arrived` : `${missing} not yet arrived`);
  const complete = completeToMs === 0 ? 'complete to an unknown time' : `complete to ${secondsOf(completeToMs)}`;
  return counts.length === 0 ? complete : `${complete}; ${counts.join(', ')}`;
}

const secondsOf = (ms: number): string => `${formatMs(ms).slice(0, 19)}Z`;
