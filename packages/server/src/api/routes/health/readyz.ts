import { z } from 'zod';
import type { PartHealth } from '../../deps.ts';
import { defineRoute, json } from '../../route.ts';
import { readinessSchema } from '../../wire/stats.ts';

const PARTS = ['journal', 'store', 'control'] as const;

/**
 * Events are accepted as long as the journal and the keys are there, so a store that is down makes the server
 * `degraded`, not unready: taking it out of a load balancer would turn a delay into refused events.
 */
export const readyz = defineRoute({
  method: 'GET',
  path: '/readyz',
  scope: 'public',
  resource: null,
  summary: 'Whether events are accepted, and how each part does',
  query: z.strictObject({
    part: z.enum(PARTS).optional().meta({ description: '503 while this part is not ready, whatever the others do.' }),
  }),
  answers: { 200: readinessSchema, 503: readinessSchema },
  async handle({ deps, query }) {
    const [journal, store, control] = await Promise.all(PARTS.map((part) => healthOf(() => deps.health[part]())));
    const parts = { journal: journal!, store: store!, control: control! };
    const accepts = parts.journal.ready && parts.control.ready;
    const status = !accepts ? 'not_ready' : parts.store.ready ? 'ready' : 'degraded';
    const isOk = query.part === undefined ? accepts : parts[query.part].ready;
    return json({ status, parts }, isOk ? 200 : 503);
  },
});

async function healthOf(read: () => PartHealth | Promise<PartHealth>): Promise<PartHealth> {
  try {
    return await read();
  } catch {
    return { ready: false };
  }
}
