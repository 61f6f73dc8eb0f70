import { afterAll, expect, test } from 'vitest';
import { allEvents, eventually, removeTempDirs, request, spawnServer } from '../support/server.ts';

afterAll(() => removeTempDirs());

test("a fresh server's own messages are events of the operator's org, and of no other", async () => {
  const env = { TAILWATER_LOG_OWN_EVENTS: 'on', TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms' };
  const server = await spawnServer({ env });
  const events = await eventually(async () => {
    const all = await allEvents(server, 'service=tailwater&from=-1h&order=asc');
    return all.some(({ message }) => String(message).endsWith('is ready')) ? all : undefined;
  });
  expect(events[0]).toMatchObject({ message: expect.stringMatching(/^Tailwater \d+\.\d+\.\d+ starts$/) });
  const ready = events.find(({ message }) => String(message).endsWith('is ready'));
  expect(ready).toMatchObject({
    severity: 'info',
    log_type: 'deployment',
    receiver: 'tailwater',
    logger: 'tailwater',
    metadata: { version: expect.any(String), open_mode: false, url: server.url },
  });
  const body = JSON.stringify({ id: 'acme', name: 'Acme' });
  await request(server, '/api/orgs', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  expect(await allEvents(server, 'from=-1h', 'acme')).toEqual([]);
  expect(await server.stop()).toBe(0);
});
