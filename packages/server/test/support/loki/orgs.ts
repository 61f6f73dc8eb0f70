import { ADMIN_KEY, request } from '../server.ts';
import type { LokiServer } from './http-client.ts';

/** Settings under which an event is what was pushed, and a range query is answered at exactly the steps asked for. */
export const EXACT_SETTINGS = { event_fields: false, discover_service_name: false, align_metric_queries: false };

/** Ten years: events of tests have fixed times, which must not expire. */
const RETENTION_DAYS = 3650;

/**
 * Makes an org with these settings of `loki`, on a server that was given the admin key.
 *
 * @returns Where to push to and to query as that org.
 */
export async function makeLokiOrg(server: { url: string }, id: string, settings: object): Promise<LokiServer> {
  const headers = { 'Content-Type': 'application/json' };
  const made = await request(server, '/api/orgs', {
    method: 'POST',
    headers,
    body: JSON.stringify({ id, name: id, retention_days: RETENTION_DAYS }),
  });
  if (made.status !== 201) throw new Error(`org ${id}: ${made.status} ${await made.text()}`);
  const changed = await request(server, `/api/orgs/${id}`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ loki: settings }),
  });
  if (changed.status !== 200) throw new Error(`settings of ${id}: ${changed.status} ${await changed.text()}`);
  return { url: server.url, headers: { Authorization: `Bearer ${ADMIN_KEY}`, 'X-Scope-OrgID': id } };
}

/** Runs the tasks, `width` at a time. */
export async function inParallel<T>(
  width: number,
  tasks: readonly T[],
  run: (task: T) => Promise<void>,
): Promise<void> {
  const queue = [...tasks];
  const lane = async () => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await run(task);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
