import { expect, test } from 'vitest';
import { allEvents, request } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

const server = sharedServer();

test('why tells where an event came in, what was replaced in it, and when it was stored', async () => {
  const before = Date.now();
  const event = { message: 'login password=hunter2squirrel', service: 'why', metadata: { contact: 'ann@example.com' } };
  const sent = await request(server, '/api/logs?ack=stored', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  const { position } = (await sent.json()) as { position: string };
  const [stored] = await allEvents(server, 'service=why');
  const response = await request(server, `/api/logs/${stored?.event_id}/why`);
  expect(response.status).toBe(200);
  const why = (await response.json()) as { stored: { at: string; after_ms: number; expires_at: string } };
  expect(why).toMatchObject({
    event_id: stored?.event_id,
    received: { receiver: 'ndjson' },
    redactions: [
      { rule: 'password', count: 1, fields: ['message'] },
      { rule: 'email', count: 1, fields: ['metadata.contact'] },
    ],
    journal: { position, index: 0 },
    stored: { retention_days: 30 },
    forwarded: [],
  });
  expect(Date.parse(why.stored.at)).toBeGreaterThanOrEqual(before - 1);
  expect(Date.parse(why.stored.at)).toBeLessThanOrEqual(Date.now() + 1);
  expect(Date.parse(why.stored.expires_at)).toBeGreaterThan(Date.now());
});

test('what is no event, or is not there, is a 404', async () => {
  for (const id of ['nothing', '0000'.padEnd(22, 'f')]) {
    expect((await request(server, `/api/logs/${id}/why`)).status).toBe(404);
  }
});
