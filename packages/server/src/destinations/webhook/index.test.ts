import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { selfSigned } from '../../../test/support/peer.ts';
import { removeTempDirs } from '../../../test/support/server.ts';
import { openHttpVendor } from '../../../test/support/vendors/http-vendor.ts';
import { webhook } from './index.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

/** Delivers the events and tells the request that came. */
async function delivered(
  settings: object,
  secrets: Record<string, string> = {},
  events = [sampleEvent(1), sampleEvent(2)],
) {
  const receiver = await openHttpVendor({ handle: () => ({ status: 200 }) });
  const egress = loopbackEgress();
  opened.push(receiver, egress);
  const config = webhook.config.parse({ url: receiver.origin, ...settings });
  const destination = webhook.open({ config, secrets }, { egress });
  await destination.deliver(batchOf(webhook, events, config), new AbortController().signal);
  await destination.deliver(batchOf(webhook, events, config), new AbortController().signal);
  const [first, again] = receiver.requests;
  return { request: first!, again: again!, text: first!.body.toString() };
}

test('Standard Webhooks, with two secrets while one is changed', async () => {
  const secretOf = (text: string) => `whsec_${Buffer.from(text).toString('base64')}`;
  const [now, before] = [secretOf('the-secret-of-today-000'), secretOf('the-secret-of-before-00')];
  const secrets = { signing_secret: now, previous_signing_secret: before };
  for (const compression of ['none', 'gzip']) {
    const { request, again, text } = await delivered({ signature: 'standard', compression }, secrets);
    for (const secret of [now, before]) new Webhook(secret).verify(text, request.headers as Record<string, string>);
    expect(() => new Webhook(secretOf('another')).verify(text, request.headers as Record<string, string>)).toThrow();
    expect(again.headers['webhook-id']).toBe(request.headers['webhook-id']);
    expect(again.body.equals(request.body)).toBe(true);
    expect(JSON.parse(text)).toMatchObject({ id: request.headers['webhook-id'], type: 'events' });
    expect(request.headers['content-encoding']).toBe(compression === 'gzip' ? 'gzip' : undefined);
  }
});

test('a signing secret that is none is told by its name', async () => {
  const sent = delivered({ signature: 'standard' }, { signing_secret: 'whsec_not base64!' });
  await expect(sent).rejects.toMatchObject({ code: 'destination_unauthorized', field: 'signing_secret' });
});

test('the signature that GitHub sends', async () => {
  const { request } = await delivered({ signature: 'sha256' }, { signing_secret: 'any text' });
  const expected = `sha256=${createHmac('sha256', 'any text').update(request.wire).digest('hex')}`;
  const found = request.headers['x-hub-signature-256']!;
  expect(timingSafeEqual(Buffer.from(found), Buffer.from(expected))).toBe(true);
});

test.each([
  [{ auth: 'bearer' }, { authorization: 'Bearer s3cret-token' }],
  [
    { auth: 'basic', username: 'ann' },
    { authorization: `Basic ${Buffer.from('ann:s3cret-token').toString('base64')}` },
  ],
  [{ auth: 'header', auth_header: 'X-Token' }, { 'x-token': 's3cret-token' }],
  [{ headers: { 'X-Team': 'shop' }, method: 'PUT' }, { 'x-team': 'shop' }],
])('%j', async (settings, headers) => {
  const { request } = await delivered(settings, { token: 's3cret-token' });
  expect(request.headers).toMatchObject(headers);
});

test.each([
  ['array', 'application/json', (text: string) => JSON.parse(text) as unknown[]],
  [
    'ndjson',
    'application/x-ndjson',
    (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
  ],
] as const)('a body that is %s', async (batch, type, read) => {
  const { request, text } = await delivered({ batch });
  expect(request.headers['content-type']).toBe(type);
  expect(read(text)).toMatchObject([{ metadata: { ok: true } }, { severity: 'warn' }]);
});

test('one event a request', async () => {
  const config = webhook.config.parse({ url: 'https://hook.example', batch: 'single' });
  expect(webhook.limits(config).eventsMax).toBe(1);
  const { text } = await delivered({ batch: 'single' }, {}, [sampleEvent(1)]);
  expect(JSON.parse(text)).toMatchObject({ severity: 'warn' });
});

test('a template of the user', async () => {
  const template = JSON.stringify({
    text: '{{severity}}: {{message}}',
    price: '{{metadata.price}}',
    status: '{{ metadata.http.status_code }}',
    tags: ['{{metadata.tags}}', '{{labels.region}}', 'fixed', 7, null],
    none: '{{metadata.missing}}',
    sentence: 'took {{duration_ms}} ms{{metadata.missing}}',
    all: '{{event}}',
  });
  const { text } = await delivered({ template, batch: 'single' }, {}, [sampleEvent(1, { message: '"a" {{cost}}' })]);
  expect(text).toContain('"price":1.50,"status":200');
  expect(JSON.parse(text)).toMatchObject({
    text: 'warn: "a" {{cost}}',
    tags: [['a', { b: 1 }], 'north', 'fixed', 7, null],
    none: null,
    sentence: 'took 12.5 ms',
    all: { message: '"a" {{cost}}' },
  });
});

test.each([
  [{ template: '{"a": {{message}}}' }, 'template'],
  [{ template: '{"a": "{{nothing}}"}' }, 'template'],
  [{ headers: { Host: 'elsewhere' } }, 'headers'],
  [{ headers: { 'x-a': 'b\r\nx-c: d' } }, 'headers'],
  [{ url: 'https://user:password@hook.example' }, 'url'],
  [{ url: 'ftp://hook.example' }, 'url'],
  [{ ca: 'ca.pem' }, 'ca'],
])('settings that cannot be: %j', (settings, field) => {
  const read = webhook.config.safeParse({ url: 'https://hook.example', ...settings });
  expect(read.error?.issues.map(({ path }) => path[0])).toEqual([field]);
});

test('an address that is a secret', async () => {
  const receiver = await openHttpVendor({
    handle: () => ({ status: 500, body: `sorry, ${receiver.origin}/T000/B000/secret` }),
  });
  const egress = loopbackEgress();
  opened.push(receiver, egress);
  const config = webhook.config.parse({});
  const destination = webhook.open(
    { config, secrets: { secret_url: `${receiver.origin}/T000/B000/secret` } },
    { egress },
  );
  const sent = destination.deliver(batchOf(webhook, [sampleEvent(1)], config), new AbortController().signal);
  await expect(sent).rejects.toThrow('The destination answered 500: sorry, ***.');
  expect(receiver.requests[0]!.path).toBe('/T000/B000/secret');
});

test('mutual TLS, with the CA of the integration', async () => {
  const [server, client] = [selfSigned(), selfSigned()].map(({ cert, key }) => ({
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
  }));
  removeTempDirs();
  const seen: (string | undefined)[] = [];
  const https = createServer({ ...server!, ca: client!.cert, requestCert: true }, (request, answer) => {
    seen.push((request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256);
    answer.end();
  });
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const egress = loopbackEgress();
  opened.push(
    egress,
    { close: async () => void https.closeAllConnections() },
    { close: async () => void https.close() },
  );
  const url = `https://localhost:${(https.address() as AddressInfo).port}/hook`;
  const deliver = (settings: object, secrets: Record<string, string>) => {
    const config = webhook.config.parse({ url, ...settings });
    const batch = batchOf(webhook, [sampleEvent(1)], config);
    return webhook.open({ config, secrets }, { egress }).deliver(batch, new AbortController().signal);
  };
  const ca = { ca: server!.cert };
  await deliver({ ...ca, client_certificate: client!.cert }, { client_key: client!.key });
  expect(seen).toHaveLength(1);
  expect(seen[0]).toMatch(/^[0-9A-F:]+$/);
  await expect(deliver(ca, {})).rejects.toMatchObject({ code: 'destination_unavailable' });
  await expect(deliver({}, {})).rejects.toThrow(/certificate/);
  expect(seen).toHaveLength(1);
});
