import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { contentEncodings } from '../../src/http/content-encodings.ts';
import { call } from '../support/http-call.ts';
import { contentHeaders, encodeContent, sampleFormats, samplePath } from '../support/receiver-samples.ts';
import { allEvents, eventually } from '../support/server.ts';
import { sharedServer } from '../support/shared-server.ts';

/** Every Content-Encoding that a receiver names is read by the server, on its way from the socket to the store. */
const server = sharedServer();

const forServers = sampleFormats.filter(({ route, format }) => route.forBrowsers !== true && format.saysLess !== true);

test.each(forServers)('$title', async ({ route, format }) => {
  const service = randomUUID();
  const encodings = route.encodings(format.name);
  for (const encoding of encodings) {
    const named = { 'content-encoding': encoding };
    const body = format.encode([{ message: encoding, service }]);
    const answer = await call(server, `${route.method} ${samplePath(route)}`, {
      headers: { ...contentHeaders(format), ...named, authorization: `Bearer ${server.adminKey}` },
      body: contentEncodings(route, format.name, { headers: named }).reduce(encodeContent, body),
    });
    expect([200, 201, 202, 204], encoding).toContain(answer.status);
  }
  const messages = await eventually(async () => {
    const found = await allEvents(server, `service=${service}&from=-1h`);
    return found.length >= encodings.length ? found.map(({ message }) => message) : undefined;
  });
  expect(messages.toSorted()).toEqual([...encodings].toSorted());
});
