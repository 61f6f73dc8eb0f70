import { ADMIN_KEY, request, type SpawnedServer } from '../../test/support/server.ts';
import { GENERATED_ORGS } from '../event-generator.ts';
import type { Bodies, BodyFormat } from './bodies.ts';
import { inParallel, openPoster } from './post.ts';

const CONNECTIONS = 4;

/** The orgs that the generated events belong to. */
export async function makeOrgs(server: SpawnedServer): Promise<void> {
  for (const org of GENERATED_ORGS) {
    const body = JSON.stringify({ id: org, name: org });
    const headers = { 'content-type': 'application/json' };
    const made = await request(server, '/api/orgs', { method: 'POST', body, headers });
    if (made.status !== 201) throw new Error(`making org ${org}: ${made.status} ${await made.text()}`);
  }
}

/** Sends every body for its org. Resolves when all are acknowledged. */
export async function sendAll(server: SpawnedServer, format: BodyFormat, bodies: Bodies): Promise<void> {
  const [path, type] =
    format === 'otlp' ? ['/v1/logs', 'application/x-protobuf'] : ['/api/logs', 'application/x-ndjson'];
  const poster = openPoster(server.url, CONNECTIONS);
  await inParallel(bodies.list, CONNECTIONS, async (body) => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'x-scope-orgid': body.org, 'content-type': type };
    const { status, text } = await poster.post(path, bodies.read(body), headers);
    if (status !== 200 && status !== 202) throw new Error(`${status} ${text}`);
  });
  poster.close();
}

/** Waits until the store has them all by its own counter, then counts by query over all orgs. */
export async function countStored(server: SpawnedServer, events: number): Promise<number> {
  for (;;) {
    const metrics = await (await request(server, '/metrics')).text();
    const stored = Number(/^tailwater_store_events_total (\d+)/m.exec(metrics)?.[1] ?? 0);
    if (stored >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  let counted = 0;
  for (const org of GENERATED_ORGS) {
    const answer = await request(server, '/api/logs?from=2026-11-01T00:00:00Z&page_size=1&count=true', { org });
    counted += ((await answer.json()) as { total: number }).total;
  }
  return counted;
}
