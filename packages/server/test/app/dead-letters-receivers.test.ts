import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { encode as msgpack } from '@msgpack/msgpack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../support/http-call.ts';
import { portOf } from '../support/peer.ts';
import {
  contentHeaders,
  encodeContent,
  type SampleEvent,
  sampleFormats,
  samplePath,
  sampleRoutes,
  samplesOf,
} from '../support/receiver-samples.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  request,
  type SpawnedServer,
  spawnServer,
  tempDir,
} from '../support/server.ts';

/**
 * Every receiver is sent two good events and one over a limit, in one body where it has any. The letters are listed, hold
 * no secret, and after a start with a larger limit their replay brings what was missing, and nothing twice.
 */
const SECRET = 'hunter2squirrel';
const ORIGIN = 'https://shop.example.com';
const dataDir = tempDir();
const logDir = tempDir();

interface Letter {
  id: string;
  receiver: string;
  org_id: string;
  code: string;
  reason: string;
  rejected_events: number | null;
  bytes: number;
  replayable: boolean;
  body_text: string | null;
  body_base64: string | null;
}

/** How a receiver is sent three events whose messages begin with `tag`. */
interface Case {
  title: string;
  receiver: string;
  send(events: readonly [SampleEvent, SampleEvent, SampleEvent]): Promise<unknown>;
}

let server: SpawnedServer;
let browserKey: string;

const start = async (env: Record<string, string> = {}) => {
  const ports = ['SYSLOG_UDP', 'SYSLOG_TCP', 'GELF_UDP', 'GELF_TCP', 'LUMBERJACK_TCP', 'FLUENT_FORWARD_TCP'];
  const keys = ['SYSLOG', 'GELF', 'LUMBERJACK', 'FLUENT_FORWARD', 'FILE_TAIL'];
  server = await spawnServer({
    dataDir,
    env: {
      TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
      TAILWATER_RECEIVERS_FILE_TAIL_PATHS: `${logDir}/*.log`,
      TAILWATER_RECEIVERS_FILE_TAIL_SCAN_INTERVAL: '100ms',
      ...Object.fromEntries(ports.map((name) => [`TAILWATER_RECEIVERS_${name}`, '0'])),
      ...Object.fromEntries(keys.map((name) => [`TAILWATER_RECEIVERS_${name}_API_KEY`, ADMIN_KEY])),
      ...env,
    },
  });
};
beforeAll(async () => {
  await start({ TAILWATER_LIMITS_EVENT_BYTES_MAX: '2KiB' });
  const key = { name: 'web', scopes: ['ingest'], browser_origins: [ORIGIN], org_id: 'default' };
  const headers = { 'content-type': 'application/json' };
  const answer = await request(server, '/api/keys', { method: 'POST', headers, body: JSON.stringify(key) });
  browserKey = ((await answer.json()) as { secret: string }).secret;
});
afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

const overHttp = [...sampleFormats, ...sampleRoutes.filter(({ receiver }) => receiver === 'browser')].map(
  ({ receiver, title, route, format }): Case => ({
    title,
    receiver,
    async send(events) {
      const isBrowser = route.forBrowsers === true;
      const key = isBrowser ? { 'x-api-key': browserKey, origin: ORIGIN } : { 'x-api-key': ADMIN_KEY };
      const body = encodeContent(format.encode(events), format.encoding);
      await call(server, `${route.method} ${samplePath(route)}`, {
        headers: { ...contentHeaders(format), ...key },
        body,
      });
    },
  }),
);

/** Writes and, with `answerBytes`, waits for as many. */
async function overTcp(listener: string, bytes: Uint8Array, answerBytes = 0): Promise<void> {
  const socket = connect(portOf(server, listener), '127.0.0.1');
  socket.write(bytes);
  if (answerBytes === 0) socket.end();
  for (let received = 0; received < answerBytes; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    received += chunk.length;
  }
  socket.destroySoon();
}

async function overUdp(listener: string, datagrams: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, portOf(server, listener), '127.0.0.1', resolve));
  }
  socket.close();
}

const u32 = (...values: number[]) => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
};

const lumberjackWindow = (events: readonly SampleEvent[]): Buffer => {
  const frames = events.map((event, i) => {
    const json = Buffer.from(JSON.stringify({ message: event.message }));
    return Buffer.concat([Buffer.from('2J'), u32(i + 1, json.length), json]);
  });
  const block = deflateSync(Buffer.concat(frames));
  return Buffer.concat([Buffer.from('2W'), u32(events.length), Buffer.from('2C'), u32(block.length), block]);
};

const forwarded = (events: readonly SampleEvent[], compressed: boolean): Buffer => {
  const entries = events.map(({ message }) => [Math.floor(Date.now() / 1000), { log: message }]);
  if (!compressed) return Buffer.from(msgpack(['app', entries, { chunk: 'c' }]));
  const packed = gzipSync(Buffer.concat(entries.map((entry) => msgpack(entry))));
  return Buffer.from(msgpack(['app', packed, { chunk: 'c', compressed: 'gzip' }]));
};
const ACK_BYTES = msgpack({ ack: 'c' }).length;

const syslogOf = ({ message }: SampleEvent) => `<13>1 - host app - - - ${message}`;
const gelfOf = ({ message }: SampleEvent) => JSON.stringify({ version: '1.1', host: 'h', short_message: message });

async function overGrpc(events: readonly SampleEvent[]): Promise<void> {
  const client = new Client(`127.0.0.1:${portOf(server, 'otlp.grpc')}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('x-api-key', ADMIN_KEY);
  const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
  const same = (bytes: Buffer) => bytes;
  const body = samplesOf('otlp').formats[0]!.encode(events);
  await new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, body, metadata, (error) => (error === null ? resolve() : reject(error)));
  });
  client.close();
}

const overListeners: readonly Case[] = [
  { title: 'syslog udp', receiver: 'syslog', send: (events) => overUdp('syslog.udp', events.map(syslogOf)) },
  {
    title: 'syslog tcp',
    receiver: 'syslog',
    send: (events) => overTcp('syslog.tcp', Buffer.from(events.map((event) => `${syslogOf(event)}\n`).join(''))),
  },
  { title: 'gelf udp', receiver: 'gelf', send: (events) => overUdp('gelf.udp', events.map(gelfOf)) },
  {
    title: 'gelf tcp',
    receiver: 'gelf',
    send: (events) => overTcp('gelf.tcp', Buffer.from(events.map((event) => `${gelfOf(event)}\0`).join(''))),
  },
  {
    title: 'lumberjack, compressed',
    receiver: 'lumberjack',
    send: (events) => overTcp('lumberjack.tcp', lumberjackWindow(events), 6),
  },
  {
    title: 'forward',
    receiver: 'fluent-forward',
    send: (events) => overTcp('fluent-forward.tcp', forwarded(events, false), ACK_BYTES),
  },
  {
    title: 'forward, compressed',
    receiver: 'fluent-forward',
    send: (events) => overTcp('fluent-forward.tcp', forwarded(events, true), ACK_BYTES),
  },
  { title: 'otlp grpc', receiver: 'otlp', send: overGrpc },
  {
    title: 'file',
    receiver: 'file-tail',
    send: (events) => writeFile(join(logDir, 'a.log'), events.map(({ message }) => `${message}\n`).join('')),
  },
];

const cases = [...overHttp, ...overListeners];
const tagOf = (i: number) => `case${i}x`;
const messagesOf = (i: number) =>
  ['first', `second password=${SECRET} ${'y'.repeat(4000)}`, 'third'].map((text) => `${tagOf(i)} ${text}`);

const list = async (): Promise<Letter[]> =>
  ((await (await request(server, '/api/dead-letters?limit=1000')).json()) as { dead_letters: Letter[] }).dead_letters;
const get = async (id: string) => (await (await request(server, `/api/dead-letters/${id}`)).json()) as Letter;
const bodyOf = ({ body_text, body_base64 }: Letter) => body_text ?? Buffer.from(body_base64 ?? '', 'base64').toString();

test('what every receiver refuses is kept, masked, and sent again once the cause is gone', async () => {
  const send = ({ send, title }: Case, i: number) => {
    const [first, second, third] = messagesOf(i).map((message) => ({ message, service: 'letters' }));
    return send([first!, second!, third!]).catch((error: unknown) =>
      Promise.reject(new Error(title, { cause: error })),
    );
  };
  await Promise.all(cases.map(send));
  const letters = await eventually(async () => {
    const listed = await list();
    return listed.length >= cases.length ? listed : undefined;
  });
  const whole = await Promise.all(letters.map(({ id }) => get(id)));
  for (const [i, { title, receiver }] of cases.entries()) {
    const found = whole.filter((letter) => bodyOf(letter).includes(tagOf(i)));
    expect(found, title).toHaveLength(1);
    expect(found[0], title).toMatchObject({
      receiver,
      org_id: 'default',
      // Loki says it in Loki's words.
      reason: expect.stringMatching(/limits\.eventBytesMax|max entry size/),
      rejected_events: 1,
      replayable: true,
    });
    expect(found[0]!.bytes, title).toBeGreaterThan(4000);
    expect(bodyOf(found[0]!), title).not.toContain(SECRET);
  }

  await server.stop();
  await start();
  for (const { id, receiver } of letters) {
    const answer = await request(server, `/api/dead-letters/${id}/replay`, { method: 'POST' });
    expect(await answer.json(), receiver).toEqual({ accepted: 1, rejected: [], rejected_total: 0 });
  }
  expect(await list()).toEqual([]);
  const events = await eventually(async () => {
    const all = await allEvents(server, 'from=2020-01-01T00:00:00Z');
    return all.length >= cases.length * 3 ? all : undefined;
  });
  const words = events.map(({ message }) => String(message).split(' ').slice(0, 2).join(' '));
  const expected = cases.flatMap((_, i) => ['first', 'second', 'third'].map((word) => `${tagOf(i)} ${word}`));
  expect(words.sort()).toEqual(expected.sort());
  expect(JSON.stringify(events)).not.toContain(SECRET);
});

test('a chunk that nobody can read is acknowledged, listed, and comes no more', async () => {
  const chunk = Buffer.from(msgpack(['app', Buffer.from('no gzip'), { chunk: 'c', compressed: 'gzip' }]));
  await overTcp('fluent-forward.tcp', chunk, ACK_BYTES);
  const block = Buffer.from('no zlib');
  const frame = Buffer.concat([Buffer.from('2W'), u32(7), Buffer.from('2C'), u32(block.length), block]);
  await overTcp('lumberjack.tcp', frame, 6);
  const letters = await list();
  expect(letters.map(({ receiver, code, replayable }) => [receiver, code, replayable])).toEqual([
    ['lumberjack', 'invalid_body', false],
    ['fluent-forward', 'invalid_body', false],
  ]);
  const attempts = await (await request(server, '/api/ingest/attempts')).text();
  expect(attempts).toContain('"receiver":"lumberjack"');
  expect(attempts).toContain('"receiver":"fluent-forward"');
});

test('a key in the path or the query is in no letter', async () => {
  for (const path of [`/v1/input/${ADMIN_KEY}`, `/services/collector?token=${ADMIN_KEY}&x=1`]) {
    const headers = { 'content-type': 'application/json' };
    await fetch(server.url + path, { method: 'POST', headers, body: '{"cut off' });
  }
  const files = await list();
  expect(files.slice(0, 2).map(({ receiver }) => receiver)).toEqual(['splunk-hec', 'datadog']);
  const dir = join(dataDir, 'dead-letters/default');
  for (const name of readdirSync(dir)) expect(readFileSync(join(dir, name)).includes(ADMIN_KEY)).toBe(false);
});
