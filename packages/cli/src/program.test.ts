import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ApiClient } from './api-client.ts';
import { createKey, listKeys, revokeKey } from './commands/keys.ts';
import { printLogs } from './commands/logs.ts';
import { createOrg, listOrgs } from './commands/orgs.ts';
import { signIn } from './commands/sign-in.ts';
import { tail } from './commands/tail.ts';
import { type FormatOptions, printerOf } from './format.ts';
import { run } from './program.ts';

/** Answers of the HTTP API written out by hand, to see what the client makes of each. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

class Collected extends Writable {
  content = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.content += chunk.toString();
    this.emit('grown');
    done();
  }
}

let server: Server;
let answers: Answer[];
let requests: { line: string; headers: IncomingMessage['headers']; body: string }[];
let url: string;
let stdout: Collected;
let stderr: Collected;

beforeEach(async () => {
  answers = [];
  requests = [];
  stdout = new Collected();
  stderr = new Collected();
  server = createServer(async (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: await text(request) });
    const answer = answers.shift();
    if (answer) answer(request, response);
    else response.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const json = (body: unknown, status = 200): Answer => {
  return (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const events = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ event_id: String(from + index), message: `m${from + index}` }));
const idsOf = (content: string): string[] =>
  content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { event_id: string }).event_id);
const printer = (options: FormatOptions = {}) => printerOf(options, stdout);
const ndjson = () => printer({ ndjson: true });
const runCli = (...args: string[]): Promise<number> => run(args, stderr);

describe('logs', () => {
  test('follows cursors up to the limit', async () => {
    answers = [
      json({ events: events(0, 1000), next_cursor: 'c1' }),
      json({ events: events(1000, 500), next_cursor: 'c2' }),
    ];
    await printLogs(new ApiClient(url), { limit: 1500, since: '15m', q: 'a b' }, ndjson());
    expect(requests.map(({ line }) => line)).toEqual([
      'GET /api/logs?q=a+b&from=-15m&page_size=1000',
      'GET /api/logs?q=a+b&from=-15m&page_size=500&cursor=c1',
    ]);
    expect(idsOf(stdout.content)).toEqual(events(0, 1500).map((event) => event.event_id));
  });

  test('ends where the events do', async () => {
    answers = [json({ events: events(0, 2), next_cursor: null })];
    await printLogs(new ApiClient(url), { limit: 100 }, printer());
    expect(stdout.content.trim().split(/\s+/)).toEqual(['m0', 'm1']);
  });

  test('--json is an array, an event a line; Markdown is a table', async () => {
    answers = [json({ events: events(0, 2), next_cursor: null }), json({ events: events(0, 1), next_cursor: null })];
    await printLogs(new ApiClient(url), { limit: 100, type: ['auth'] }, printer({ json: true }));
    expect(requests[0]?.line).toBe('GET /api/logs?log_type=auth&page_size=100');
    expect(stdout.content.split('\n')).toHaveLength(5);
    expect(JSON.parse(stdout.content)).toEqual(events(0, 2));
    await printLogs(new ApiClient(url), { limit: 100 }, printer({ md: true }));
    expect(stdout.content).toMatch(/\| {2}\| {2}\| {2}\| {2}\| m0 \|\n$/);
  });

  test('times without an offset are those of --tz', async () => {
    answers = [json({ events: [], next_cursor: null })];
    const options = { limit: 1, from: '2026-07-01 12:00', to: '-5m' };
    await printLogs(new ApiClient(url), options, printer({ tz: 'Europe/Vienna' }));
    expect(requests[0]?.line).toBe('GET /api/logs?from=2026-07-01T10%3A00%3A00Z&to=-5m&page_size=1');
  });

  test('--all streams', async () => {
    answers = [
      (_request, response) =>
        response.end(
          events(0, 3)
            .map((event) => JSON.stringify(event))
            .join('\n'),
        ),
    ];
    await printLogs(new ApiClient(url), { limit: 100, all: true }, ndjson());
    expect(idsOf(stdout.content)).toEqual(['0', '1', '2']);
    expect(requests[0]?.headers.accept).toBe('application/x-ndjson');
  });

  test.each<[string, Answer, RegExp]>([
    [
      'an error line',
      (_request, response) => response.end('{"event_id":"1"}\n{"error":{"message":"too long"}}\n'),
      /stopped: too long/,
    ],
    ['half a line', (_request, response) => response.end('{"event_id":"1"}\n{"ev'), /broke off/],
    [
      'a lost connection',
      (_request, response) => response.write('{"event_id":"1"}\n', () => setImmediate(() => response.destroy())),
      /broke off/,
    ],
  ])('--all that ends with %s fails after what came', async (_name, answer, message) => {
    answers = [answer];
    const printing = printLogs(new ApiClient(url), { limit: 100, all: true }, ndjson());
    await expect(printing).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 1 });
    expect(idsOf(stdout.content)).toEqual(['1']);
  });
});

describe('tail', () => {
  const sse = (...blocks: string[]): Answer => {
    return (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(blocks.join(''));
  };
  const log = (id: string): string => `event: log\ndata: ${JSON.stringify({ event_id: id, message: `m${id}` })}\n\n`;

  test('prints, tells what was missed, reconnects without printing twice, ends when refused', async () => {
    answers = [
      sse(log('1'), ': ping\n\n', 'event: missed\ndata: {"count":7}\n\n', log('2')),
      (_request, response) => response.destroy(),
      json({ error: { code: 'overloaded', message: 'full' } }, 503),
      sse(log('2'), log('3')),
      json({ error: { code: 'forbidden', message: 'no longer', request_id: 'r1' } }, 403),
    ];
    const options = { severity: ['warn'] };
    const tailing = tail(new ApiClient(url), options, { printer: ndjson(), stderr }, { reconnectFirstMs: 10 });
    await expect(tailing).rejects.toMatchObject({ message: 'no longer (403 forbidden, request r1)', exitCode: 1 });
    expect(idsOf(stdout.content)).toEqual(['1', '2', '3']);
    expect(requests[0]?.line).toBe('GET /api/logs/tail?severity=warn');
    expect(stderr.content).toMatch(/7 events were missed/);
    expect(stderr.content.match(/connected again/g)).toHaveLength(1);
    expect(stderr.content.match(/connection was lost/g)).toHaveLength(4);
  });

  test('ends at its signal', async () => {
    answers = [(_request, response) => response.write(log('1'))];
    const stopping = new AbortController();
    stdout.once('grown', () => stopping.abort());
    await tail(new ApiClient(url), {}, { printer: ndjson(), stderr }, { signal: stopping.signal });
    expect({ ids: idsOf(stdout.content), stderr: stderr.content }).toEqual({ ids: ['1'], stderr: '' });
  });

  test('a first connection that fails is no reason to wait', async () => {
    answers = [json({ error: { code: 'overloaded', message: 'full' } }, 503)];
    await expect(tail(new ApiClient(url), {}, { printer: printer(), stderr })).rejects.toThrow('full (503 overloaded)');
  });
});

describe('keys and orgs', () => {
  const key = {
    id: 'k1',
    name: 'ci',
    org_id: 'a',
    prefix: 'tw_abcde',
    scopes: ['ingest', 'query'],
    may_select_orgs: false,
    created_at: '2026-01-01T00:00:00.000Z',
    last_used_at: null,
    revoked_at: null,
  };

  test('keys list', async () => {
    answers = [
      json({
        keys: [
          { ...key, browser_origins: ['https://a.example', 'https://b.example'] },
          { ...key, id: 'k2', may_select_orgs: true, revoked_at: '2026-01-02T00:00:00.000Z' },
        ],
      }),
    ];
    await listKeys(new ApiClient(url, { apiKey: 'secret', orgId: 'a' }), printer());
    expect(stdout.content.split('\n').map((line) => line.replace(/ {2,}/g, '|'))).toEqual([
      'ID|NAME|ORG|PREFIX|SCOPES|ORGS|CREATED|LAST USED|STATE|BROWSER ORIGINS',
      'k1|ci|a|tw_abcde|ingest,query|own|2026-01-01T00:00:00.000Z|never|active|https://a.example,https://b.example',
      'k2|ci|a|tw_abcde|ingest,query|any|2026-01-01T00:00:00.000Z|never|revoked 2026-01-02T00:00:00.000Z',
      '',
    ]);
    expect(requests[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'x-scope-orgid': 'a' });
  });

  test('keys create: nothing but the secret on stdout', async () => {
    answers = [json({ ...key, secret: 'tw_secret' }, 201)];
    await createKey(new ApiClient(url), 'ci', { scope: ['ingest'], maySelectOrgs: true, org: 'a' }, { stdout, stderr });
    expect(stdout.content).toBe('tw_secret\n');
    expect(JSON.parse(requests[0]!.body)).toEqual({
      name: 'ci',
      scopes: ['ingest'],
      may_select_orgs: true,
      org_id: 'a',
    });
  });

  test('keys create: a browser key', async () => {
    answers = [json({ ...key, secret: 'tw_secret' }, 201)];
    const origins = ['https://a.example', 'https://b.example'].flatMap((origin) => ['--browser-origin', origin]);
    expect(await runCli('keys', 'create', 'web', '--scope', 'ingest', ...origins, '--url', url)).toBe(0);
    expect(JSON.parse(requests[0]!.body)).toEqual({
      name: 'web',
      scopes: ['ingest'],
      browser_origins: ['https://a.example', 'https://b.example'],
    });
  });

  test('sign-in: nothing but the link on stdout', async () => {
    answers = [json({ url: 'http://a.example/sign-in#twl_x', expires_at: 'x' }, 201)];
    await signIn(new ApiClient(url), {}, { stdout, stderr });
    expect(stdout.content).toBe('http://a.example/sign-in#twl_x\n');
    expect(requests[0]?.line).toBe('POST /api/sign-in-links');
  });

  test('keys revoke', async () => {
    answers = [(_request, response) => response.writeHead(204).end()];
    await revokeKey(new ApiClient(url), 'k/1', stderr);
    expect(requests[0]?.line).toBe('DELETE /api/keys/k%2F1');
  });

  test('orgs', async () => {
    answers = [json({ id: 'a' }, 201), json({ orgs: [{ id: 'a', name: 'A', retention_days: null, created_at: 'x' }] })];
    await createOrg(new ApiClient(`${url}/`), 'a', { retentionDays: 7 }, stderr);
    await listOrgs(new ApiClient(url), printer());
    expect(JSON.parse(requests[0]!.body)).toEqual({ id: 'a', name: 'a', retention_days: 7 });
    expect(stdout.content).toBe('ID  NAME  RETENTION DAYS  CREATED\na   A            default  x\n');
  });
});

describe('what goes wrong, and its exit code', () => {
  test.each<[string, Answer, RegExp]>([
    [
      '401',
      json({ error: { code: 'unauthenticated', message: 'needs a key' } }, 401),
      /^tailwater: needs a key \(401 unauthenticated\) Give a key with --api-key/,
    ],
    [
      '400',
      json({ error: { code: 'invalid_parameter', message: 'bad', field: 'to', request_id: 'r' } }, 400),
      /^tailwater: bad \(400 invalid_parameter, field to, request r\)\n$/,
    ],
    [
      "a proxy's page",
      (_request, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'),
      /^tailwater: <h1>Bad gateway<\/h1> \(502 Bad Gateway\)\n$/,
    ],
    ['no JSON', (_request, response) => response.end('hello'), /is no Tailwater server/],
  ])('the server answers %s: 1', async (_name, answer, message) => {
    answers = [answer];
    expect(await runCli('orgs', 'list', '--url', url)).toBe(1);
    expect(stderr.content).toMatch(message);
  });

  test.each([
    [['nonsense']],
    [['logs', '--sevrity', 'warn']],
    [['logs', '--limit', '0']],
    [['logs', '--since', 'yesterday']],
    [['logs', '--since', '1h', '--from', '-2h']],
    [['logs', '--order', 'up']],
    [['logs', '--url', 'ftp://x']],
    [['tail', '--url', 'nowhere']],
    [['keys', 'create', 'k']],
    [['keys', 'create', 'k', '--scope', 'all']],
    [['orgs', 'create']],
    [['orgs', 'create', 'a', '--retention-days', 'x']],
  ])('wrong usage %j: 2, told on stderr', async (args) => {
    expect(await runCli(...args)).toBe(2);
    expect(stderr.content).not.toBe('');
  });

  test('nobody there: 3, and how to start it', async () => {
    const gone = url;
    await new Promise((resolve) => server.close(resolve));
    expect(await runCli('logs', '--url', gone)).toBe(3);
    expect(stderr.content).toMatch(
      /no Tailwater server answers at .* \(ECONNREFUSED\)\. Start one with `tailwater serve`/,
    );
    server.listen(0, '127.0.0.1');
  });
});
