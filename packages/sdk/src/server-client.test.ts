import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ServerClient } from './server-client.ts';

test('a request that hangs ends when it is abandoned, and the next is made', async () => {
  let asked = () => {};
  const server = createServer((_request, response) => {
    asked();
    if (requests++ > 0) response.end('{"accepted":1,"rejected":[]}');
  });
  let requests = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new ServerClient({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: undefined,
  });
  const producer = { id: 'p', name: 'n', service: 's', host: 'h', sdk: 'node/0' };
  const shipment = { producer, first: 0, count: 1, next: 1, atMs: 0, lost: {}, body: Buffer.from('{}\n') };
  try {
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const sending = client.send(shipment);
    await isAsked;
    client.abandon();
    expect(await sending).toMatchObject({ kind: 'later', why: expect.stringContaining('no answer before the end') });
    expect(await client.send(shipment)).toEqual({ kind: 'taken', rejected: 0 });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
