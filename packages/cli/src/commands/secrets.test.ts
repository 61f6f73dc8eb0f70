import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiClient } from '../api-client.ts';
import { rotateSecrets } from './secrets.ts';

let server: Server;
let answer: object;
let requests: string[];
let client: ApiClient;
let told: PassThrough;

beforeEach(async () => {
  requests = [];
  told = new PassThrough({ encoding: 'utf8' });
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new ApiClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const output = () => ({ stdout: told, stderr: told });

test('what was sealed again is told', async () => {
  answer = { key_id: 'k2', made_key: true, resealed: 3, failed: [] };
  await rotateSecrets(client, {}, output());
  expect(requests).toEqual(['POST /api/secrets/rotate']);
  expect(told.read()).toBe('The new key k2 seals now. Integrations sealed again: 3.\n');
});

test('as JSON', async () => {
  answer = { key_id: 'k2', made_key: false, resealed: 0, failed: [] };
  await rotateSecrets(client, { json: true }, output());
  expect(JSON.parse(told.read() as string)).toEqual(answer);
});

test('what was left as it was is named, and the exit code says so', async () => {
  const failed = [{ org_id: 'acme', integration_id: 'i1', reason: 'its key `k0` is missing' }];
  answer = { key_id: 'k2', made_key: false, resealed: 0, failed };
  await expect(rotateSecrets(client, {}, output())).rejects.toMatchObject({ exitCode: 1 });
  expect(told.read()).toContain('Left as it was: i1 of org acme: its key `k0` is missing');
});
