import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { chosenProtocols } from '../../../../server/bench/protocols/index.ts';
import { type BenchEvent, benchEventOf, type Protocol } from '../../../../server/bench/protocols/protocol.ts';
import { eventually, type SpawnedServer } from '../../../../server/test/support/server.ts';
import { NAME_PAYLOAD, PAYLOADS } from './xss-corpus.ts';

/** Every receiver that takes what others send, each in its own words. */
const PROTOCOLS = chosenProtocols([
  ...[
    'ndjson',
    'otlp-json',
    'loki-protobuf-metadata',
    'loki-json',
    'elasticsearch',
    'splunk-hec',
    'datadog',
    'gelf-http',
  ],
  ...['firehose', 'journald', 'syslog-5424-tcp', 'fluent-forward-forward', 'lumberjack-plain'],
]);
/** Their members may have any name; elsewhere a name with markup in it is no name. */
const ANY_NAME = new Set([
  'ndjson',
  'otlp-json',
  'elasticsearch',
  'splunk-hec',
  'datadog',
  'firehose',
  'lumberjack-plain',
]);
/** Spaces and line ends part the words of their header. */
const WORDS_ONLY = new Set(['syslog-5424-tcp', 'journald']);

/** Ports that the receivers without HTTP need. */
export const LISTENERS = ['syslog-tcp', 'fluent-forward-tcp', 'lumberjack-tcp'].flatMap((name) => [
  `--receivers-${name}`,
  '0',
]);

const ORIGIN = 'https://shop.example.com';
const JSON_HEADERS = { 'content-type': 'application/json' };

/** The payloads through every receiver. Resolves when each of them has stored all. */
export async function sendCorpus(server: SpawnedServer): Promise<void> {
  await sendEverywhere(server);
  for (const protocol of PROTOCOLS) await sendBy(protocol, server);
  await sendFromBrowser(server);
  for (const receiver of new Set([...PROTOCOLS.map((protocol) => protocol.receiver), 'browser'])) {
    await eventually(async () => ((await countOf(server, receiver)) >= PAYLOADS.length ? true : undefined), 40_000);
  }
}

async function countOf({ url }: SpawnedServer, receiver: string): Promise<number> {
  const answer = await fetch(`${url}/api/logs?receiver=${receiver}&from=-30d&page_size=1&count=true`);
  return answer.ok ? ((await answer.json()) as { total: number }).total : 0;
}

/** A payload in every field that has one; the trace's events come together. */
async function sendEverywhere({ url }: SpawnedServer): Promise<void> {
  const traceId = randomBytes(16).toString('hex');
  const lines = PAYLOADS.map((text, index) =>
    JSON.stringify({
      timestamp: new Date(Date.now() - index * 1000).toISOString(),
      message: text,
      ...{ service: text, host: text, log_type: text, event_type: text, user_id: text, action: text, logger: text },
      ...{ request_id: text, trace_id: index % 2 === 0 ? traceId : text, span_id: text, session_id: text },
      severity: ['info', 'error', 'critical'][index % 3],
      duration_ms: index + 1,
      cost: 0.01,
      metadata: { [text.slice(0, 900)]: text, nested: { [NAME_PAYLOAD]: [text] } },
    }),
  );
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await fetch(`${url}/api/logs?ack=stored`, { method: 'POST', headers, body: lines.join('\n') });
  expect(await answer.json()).toMatchObject({ accepted: PAYLOADS.length });
}

function eventOf(text: string, protocol: Protocol): BenchEvent {
  // Line ends and null bytes would end the message itself.
  const plain = WORDS_ONLY.has(protocol.name) ? text.replaceAll(/[\p{Cc}]/gu, '') : text;
  const name = WORDS_ONLY.has(protocol.name) ? plain.replaceAll(/\s/g, '_').slice(0, 48) || 'x' : plain.slice(0, 900);
  const attributes = { evil: plain, ...(ANY_NAME.has(protocol.name) && { [plain.slice(0, 900)]: plain }) };
  return benchEventOf(
    JSON.stringify({
      ts: `${new Date().toISOString().slice(0, -1)}000000Z`,
      severity: 'error',
      log_type: name,
      service: protocol.name === 'syslog-5424-tcp' ? name.replaceAll(/[^!-~]/g, '_') : name,
      host: protocol.name === 'syslog-5424-tcp' ? name.replaceAll(/[^!-~]/g, '_') : name,
      trace_id: randomBytes(16).toString('hex'),
      message: plain,
      metadata: attributes,
    }),
  );
}

async function sendBy(protocol: Protocol, server: SpawnedServer): Promise<void> {
  const { wire, name } = protocol;
  const events = PAYLOADS.map((text) => eventOf(text, protocol));
  if (wire.kind === 'http') {
    const body = (wire.compress ?? ((bytes: Buffer) => bytes))(protocol.body(events));
    const answer = await fetch(server.url + wire.path, {
      method: 'POST',
      headers: wire.headers,
      body: new Uint8Array(body),
    });
    expect(`${name}: ${answer.status} ${answer.ok ? '' : await answer.text()}`).toMatch(/: 2\d\d $/);
    return;
  }
  if (wire.kind !== 'stream' && wire.kind !== 'acked') throw new Error(`${name} cannot be sent here`);
  const port = (server.ready.listeners as Record<string, number>)[wire.listener]!;
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(wire.kind === 'stream' ? wire.bytes(events) : protocol.body(events));
  // What is acknowledged is so before the end is answered; the others end with their last byte.
  if (wire.kind === 'acked') await once(socket, 'data');
  socket.end();
}

/** As pages of a shop send, with a key that may only do that. */
async function sendFromBrowser({ url }: SpawnedServer): Promise<void> {
  const key = { name: NAME_PAYLOAD, scopes: ['ingest'], browser_origins: [ORIGIN] };
  const made = await fetch(`${url}/api/keys`, { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(key) });
  const { secret } = (await made.json()) as { secret: string };
  const lines = PAYLOADS.map((text) =>
    JSON.stringify({ message: text, service: text, metadata: { [text.slice(0, 900)]: text } }),
  );
  const headers = { 'content-type': 'text/plain;charset=UTF-8', origin: ORIGIN };
  const answer = await fetch(`${url}/api/browser/logs?key=${secret}`, {
    method: 'POST',
    headers,
    body: lines.join('\n'),
  });
  expect(answer.ok).toBe(true);
}

/** Payloads as names of what an org keeps, and as what was refused. */
export async function makeNames({ url }: SpawnedServer): Promise<void> {
  const call = async (method: string, path: string, body: object) => {
    const answer = await fetch(url + path, { method, headers: JSON_HEADERS, body: JSON.stringify(body) });
    expect(`${path} ${answer.status} ${answer.ok ? '' : await answer.text()}`).toMatch(/ 20\d $/);
  };
  const view = { description: NAME_PAYLOAD, page: 'logs', search: `?q=${encodeURIComponent(NAME_PAYLOAD)}` };
  await call('POST', '/api/saved-views', { name: NAME_PAYLOAD, ...view });
  await call('PATCH', '/api/orgs/default', { name: NAME_PAYLOAD });
  await call('PUT', '/api/log-levels', { logger: NAME_PAYLOAD, level: 'debug', service: NAME_PAYLOAD, for: '15m' });
  await call('POST', '/api/log-integrations', {
    ...{ name: NAME_PAYLOAD, type: 'webhook', enabled: false },
    config: { url: 'https://receiver.example/xss' },
    secrets: {},
  });
  await call('POST', '/api/producers/check-in', {
    ...{ id: 'run-x', name: NAME_PAYLOAD, service: NAME_PAYLOAD, host: NAME_PAYLOAD, sdk: NAME_PAYLOAD },
    ...{ next: 4, complete_next: 4, complete_at: Date.now(), lost: { ring_overflow: 1 } },
  });
  for (const text of PAYLOADS.slice(0, 8)) await refused(url, text);
}

/** A request that nobody can read: it becomes a dead letter, and an attempt with its first bytes. */
export async function refused(url: string, text: string): Promise<void> {
  const body = JSON.stringify({ message: text, timestamp: text, [text]: text });
  const answer = await fetch(`${url}/api/logs?${encodeURIComponent(text)}=${encodeURIComponent(text)}`, {
    method: 'POST',
    headers: { ...JSON_HEADERS, 'user-agent': 'xss <b>' },
    body,
  });
  expect(answer.status).toBe(400);
  await fetch(`${url}/api/logs`, { method: 'POST', headers: JSON_HEADERS, body: text });
}
