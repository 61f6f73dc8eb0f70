import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sender, type Source } from './sender.ts';
import { ServerClient } from './server-client.ts';
import { startTestServer, type TestServer } from './test-server.ts';
import type { Shipment } from './wire.ts';

let server: TestServer;
const open: Sender[] = [];
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(async () => {
  for (const sender of open.splice(0)) sender.close();
  await server.close();
});

const producer = { id: 'p', name: 'api 7; ü', service: 's', host: 'h', sdk: 'node/0.1.0' };
const shipment = (first: number, count: number): Shipment => {
  const lines = Array.from({ length: count }, (_, i) => `${JSON.stringify({ message: `ü ${first + i}` })}\n`);
  return {
    producer,
    first,
    count,
    atMs: 7,
    next: first + count,
    lost: { ring_overflow: 3 },
    body: Buffer.from(lines.join('')),
  };
};

function senderOf(shipments: Shipment[], url = server.url) {
  const troubles: string[] = [];
  const source: Source = {
    get ready() {
      return shipments.length;
    },
    take: async () => shipments[0] ?? null,
    done: async () => void shipments.shift(),
  };
  const sender = new Sender({
    client: new ServerClient({ url, apiKey: 'key' }),
    source,
    batchEvents: 1,
    flushIntervalMs: 60_000,
    onTrouble: (kind) => troubles.push(kind),
    random: () => 0,
  });
  open.push(sender);
  return { sender, troubles, shipments };
}

async function sendAll(shipments: Shipment[]) {
  const made = senderOf(shipments);
  made.sender.hurry();
  while (!made.sender.isIdle) await made.sender.progress();
  return made;
}

test('a header that the server can read', async () => {
  await sendAll([shipment(5, 2)]);
  expect(server.batches).toMatchObject([{ first: 5, count: 2, lines: [{ message: 'ü 5' }, { message: 'ü 6' }] }]);
  expect(server.batches[0].header).toBe(
    'id=p; first=5; count=2; next=7; at=7; name=api%207%3B%20%C3%BC; service=s; host=h; sdk=node%2F0.1.0; lost.ring_overflow=3',
  );
});

test('large bodies are compressed', async () => {
  const { sender } = await sendAll([shipment(0, 1000)]);
  expect(server.batches[0].lines).toHaveLength(1000);
  expect(sender.delivered).toBe(1000);
});

test.each([[429], [500], [503], [507], [408]])('%i is tried again', async (status) => {
  server.answers.push(status, [status, '0']);
  const { sender, troubles } = await sendAll([shipment(0, 3)]);
  expect(server.requests).toBe(3);
  expect(sender).toMatchObject({ delivered: 3, retries: 2, refused: 0, trouble: '' });
  expect(troubles).toEqual(['server', 'server']);
});

test('400 is final', async () => {
  server.answers.push(400);
  const { sender } = await sendAll([shipment(0, 3), shipment(3, 1)]);
  expect(sender).toMatchObject({ delivered: 1, refused: 3, retries: 0 });
});

test('413 halves until it fits; what is one event and too large is refused', async () => {
  server.answers.push(413, 413, 202, 413);
  const { sender } = await sendAll([shipment(0, 4)]);
  expect(server.batches.map(({ first, count }) => [first, count])).toEqual([
    [0, 1],
    [2, 2],
  ]);
  expect(sender).toMatchObject({ delivered: 3, refused: 1 });
});

test('a key that is refused is kept, and asked for slowly', async () => {
  server.answers.push(401);
  const { sender, troubles, shipments } = senderOf([shipment(0, 1)]);
  sender.hurry();
  await sender.progress();
  expect(sender).toMatchObject({ retries: 1, trouble: 'the server answered 401: told to answer 401' });
  expect([troubles, shipments.length, server.requests]).toEqual([['key'], 1, 1]);
  sender.hurry();
  await sender.progress();
  expect(sender.delivered).toBe(1);
});

test('Retry-After is waited for', async () => {
  server.answers.push([503, '30']);
  const { sender } = senderOf([shipment(0, 1)]);
  sender.hurry();
  await sender.progress();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(server.requests).toBe(1);
});

test('nobody there', async () => {
  const { sender, shipments } = senderOf([shipment(0, 1)], 'http://127.0.0.1:1');
  sender.hurry();
  await sender.progress();
  expect(sender.trouble).toContain('cannot be reached');
  expect(shipments).toHaveLength(1);
});
