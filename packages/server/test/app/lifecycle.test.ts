import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, openRaw } from '../support/http-call.ts';
import { readAnswers } from '../support/raw-answers.ts';
import { contentHeaders, encodeContent, sampleFormats, samplePath, sampleRoutes } from '../support/receiver-samples.ts';
import { type ServeProcess, serveProcess } from '../support/serve-process.ts';
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
import { SHARE, shareOf } from '../support/share.ts';
import { openTailBytes, TAIL_TRANSPORTS } from '../support/tail-bytes.ts';

/** Starting, stopping, being killed and starting again, as an operator sees it. */
const BOOTSTRAP = { TAILWATER_BOOTSTRAP_API_KEY: ADMIN_KEY };
const PORTS = ['--http-port', '0', '--receivers-otlp-http', '0'];

afterAll(() => removeTempDirs());

/** Another program that has a port. */
async function takePort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, server };
}

/** Sees to it that the port is taken: by this, unless another program has it already. */
async function holdPort(port: number): Promise<Server> {
  const server = createServer();
  const held = Promise.withResolvers<void>();
  server.once('listening', held.resolve).once('error', () => held.resolve());
  server.listen(port, '127.0.0.1');
  await held.promise;
  return server;
}

/** Runs it to its end, which must be of its own accord. */
async function ended(args: readonly string[], env: Record<string, string> = {}) {
  const server = serveProcess(args, env);
  return { code: await server.exit, stdout: server.stdout(), stderr: server.stderr() };
}

describe('a newcomer, in open mode', () => {
  let server: ServeProcess;
  let ready: { http: number; otlp_http: number; url: string; data_dir: string };
  let dataDir: string;
  const target = () => ({ httpPort: ready.http });

  beforeAll(async () => {
    dataDir = tempDir();
    server = serveProcess(['--data-dir', dataDir, ...PORTS]);
    ready = JSON.parse(await server.firstLine);
  });
  afterAll(async () => {
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    // The ready line is all there ever is on stdout.
    expect(server.stdout().trimEnd().split('\n')).toHaveLength(1);
  });

  test('the ready line names the ports that were chosen, and they answer', async () => {
    expect(ready).toMatchObject({ event: 'ready', url: `http://127.0.0.1:${ready.http}`, data_dir: dataDir });
    expect((await call(target(), 'GET /healthz')).text).toBe('ok\n');
    const options = { headers: { 'content-type': 'application/json' }, body: '{}' };
    expect((await call({ httpPort: ready.otlp_http }, 'POST /v1/logs', options)).status).toBe(200);
  });

  test('the lines that it prints send an event and find it', async () => {
    // On a busy machine the store may still be starting.
    await eventually(async () => (await call(target(), 'GET /readyz?part=store')).status === 200 || undefined);
    const lines = server.stderr().match(/^ +curl .*$/gm)!;
    expect(lines).toHaveLength(2);
    const [sent, found] = lines.map((line) => execFileSync('sh', ['-c', line], { encoding: 'utf8' }));
    expect(JSON.parse(sent!)).toMatchObject({ accepted: 1, stored: true });
    expect(JSON.parse(found!).events).toMatchObject([{ message: 'hello, tailwater', service: 'curl' }]);
  });

  const foreign: readonly Record<string, string>[] = [
    { host: 'evil.example' },
    { host: 'evil.example:4750' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost.evil.example' },
    { host: '127.0.0.1@evil.example' },
    { host: '192.168.0.10' },
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1.evil.example' },
    { origin: 'http://localhost:3000@evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'x-forwarded-for': '203.0.113.9' },
    { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' },
    { 'x-real-ip': '203.0.113.9' },
  ];

  // A path that holds a key says who asks: it is refused as a wrong key.
  const withoutKey = sampleRoutes.filter(({ route }) => !route.path.includes(':key'));

  test.each(foreign)(`nobody gets anything with %j, ${SHARE}`, async (headers) => {
    for (const { title, route, format, samples } of shareOf(withoutKey, 12, JSON.stringify(headers))) {
      const body = encodeContent(format.encode([{ message: 'forged' }]), format.encoding);
      // What a page can send without asking first, and what it cannot.
      for (const type of [format.contentType, 'text/plain']) {
        const all = { ...contentHeaders(format), 'content-type': type, ...headers };
        const answer = await call(target(), `${route.method} ${samplePath(route)}`, { headers: all, body });
        expect(answer.status, title).toBe(403);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        if (type === format.contentType) expect(samples.refusalText(answer, format)).toContain('open mode');
      }
    }
    for (const line of ['GET /api/logs', 'GET /api/logs/stats', 'GET /api/keys', 'GET /api/orgs', 'POST /api/keys']) {
      const answer = await call(target(), line, { headers });
      expect([answer.status, JSON.parse(answer.text).error.code], line).toEqual([403, 'origin_refused']);
    }
    for (const transport of TAIL_TRANSPORTS) {
      const tail = await openTailBytes(target(), transport, '/api/logs/tail', headers);
      tail.close();
      expect(tail.status).toBe(403);
    }
  });

  test.each<Record<string, string>>([
    { host: 'localhost' },
    { host: 'localhost:4750' },
    { host: '[::1]:4750' },
    { origin: 'http://localhost:3000' },
    { origin: 'http://127.0.0.1:5173', 'sec-fetch-site': 'same-site' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'sec-fetch-site': 'none' },
  ])('who is on this machine may: %j', async (headers) => {
    expect((await call(target(), 'GET /api/logs', { headers })).status).toBe(200);
    const body = { headers: { ...headers, 'content-type': 'application/json' }, body: '{"message":"mine"}' };
    expect((await call(target(), 'POST /api/logs', body)).status).toBe(202);
  });

  test('nothing forged is there', async () => {
    await call(target(), 'POST /api/logs?ack=stored', { body: '{"message":"last"}' });
    expect((await call(target(), 'GET /api/logs?q=forged')).text).toContain('"events":[]');
  });

  test('a second server on its data directory is refused, and says why', async () => {
    const second = await ended(['--data-dir', dataDir, ...PORTS]);
    expect(second).toMatchObject({ code: 1, stdout: '' });
    expect(second.stderr).toBe(`tailwater: The data directory ${dataDir} is in use by another server.\n`);
    expect((await call(target(), 'GET /api/logs')).status).toBe(200);
  });
});

describe('what cannot be', () => {
  test('a taken port', async () => {
    const { port, server } = await takePort();
    const args = ['--data-dir', tempDir(), '--http-port', String(port), '--receivers-otlp-http', 'off'];
    args.push('--receivers-otlp-grpc', 'off');
    const answer = await ended(args, BOOTSTRAP);
    server.close();
    expect(answer).toMatchObject({ code: 1, stdout: '' });
    expect(answer.stderr).toBe(`tailwater: http.port: port ${port} of 127.0.0.1 is taken by another program\n`);
  });

  test('a data directory that is a file', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const answer = await ended(['--data-dir', file, ...PORTS], BOOTSTRAP);
    expect(answer).toMatchObject({ code: 1, stdout: '' });
    expect(answer.stderr).toMatch(/^tailwater: the data directory cannot be made: .*\n$/);
  });

  test('a flag, a variable, an unknown variable and a key that is too weak: all are named, the key is not shown', async () => {
    const env = {
      TAILWATER_LIMITS_BODY_BYTES_MAX: 'much',
      TAILWATER_HTTP_PROT: '1',
      TAILWATER_BOOTSTRAP_API_KEY: 'hunter2',
    };
    const answer = await ended(['--data-dir', tempDir(), '--http-port', 'banana'], env);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
    expect(answer.stderr).toContain('--http-port: http.port: expected a port');
    expect(answer.stderr).toContain('TAILWATER_LIMITS_BODY_BYTES_MAX: limits.bodyBytesMax');
    expect(answer.stderr).toContain('TAILWATER_HTTP_PROT: unknown variable');
    expect(answer.stderr).toContain('bootstrapApiKey: expected');
    expect(answer.stderr).not.toContain('hunter2');
  });

  test('a file, with the line and column of each fault', async () => {
    const file = join(tempDir(), 'tailwater.yaml');
    writeFileSync(file, 'http:\n  port: 99999\nlimits:\n  bodyBytesMx: 3\nlog:\n  level: loud\n');
    const answer = await ended(['--config', file]);
    expect(answer).toMatchObject({ code: 2, stdout: '' });
    expect(answer.stderr).toContain(`${file}:2:9: http.port: expected a port`);
    expect(answer.stderr).toContain(
      `${file}:4:3: limits.bodyBytesMx: unknown key. Did you mean \`limits.bodyBytesMax\`?`,
    );
    expect(answer.stderr).toContain(`${file}:6:10: log.level: expected`);
  });
});

describe('one data directory from start to start', () => {
  const service = randomUUID();
  const env = { TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms' };
  let dataDir: string;
  let server: SpawnedServer;
  const ids = new Set<string>();

  const find = async (count: number) => {
    const events = await eventually(async () => {
      const found = await allEvents(server, `service=${service}&order=asc&from=-1h`);
      return found.length >= count ? found : undefined;
    });
    expect(events).toHaveLength(count);
    for (const { event_id } of events) ids.add(String(event_id));
    expect(ids.size).toBe(count);
    return events.map(({ message }) => message);
  };
  const event = (message: string) => JSON.stringify({ message, service });

  afterAll(() => server?.stop());

  test('SIGTERM: a request under way gets its answer, a tail is told, and the code is 0', async () => {
    server = await spawnServer({ env });
    ({ dataDir } = server);
    const tail = await openTailBytes(server, 'sse', '/api/logs/tail?backfill=0', { 'x-api-key': ADMIN_KEY });
    expect(tail.status).toBe(200);
    await request(server, '/api/logs', { method: 'POST', body: event('first') });
    const half = await openRaw(server);
    const body = event('under way');
    const head = `POST /api/logs HTTP/1.1\r\nhost: x\r\nx-api-key: ${ADMIN_KEY}\r\ncontent-length: ${body.length}\r\n\r\n`;
    await half.write(head + body.slice(0, 10));
    // The server has begun with it when a later request is answered.
    await request(server, '/healthz');
    const stopped = server.stop();
    await eventually(async () => tail.received().includes('event: closing') || undefined);
    // Nobody new is let in, if not yet then soon.
    await eventually(() =>
      request(server, '/healthz').then(
        () => undefined,
        () => true as const,
      ),
    );
    await half.write(body.slice(10));
    const [answer] = readAnswers(await half.closed);
    expect(answer).toMatchObject({ status: 202 });
    expect(await stopped).toBe(0);
  });

  test.each(shareOf(['otlp-grpc', 'otlp-http', 'syslog-tcp', 'splunk-hec-http'], 2))(
    `a port of %s that another program has is named, and nothing is started, ${SHARE}`,
    async (listener) => {
      const { port, server: other } = await takePort();
      const args = [`--receivers-${listener}`, String(port), '--receivers-syslog-api-key', ADMIN_KEY];
      await expect(spawnServer({ dataDir, args, env })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken`);
      other.close();
    },
  );

  test('usual ports that nobody asked for may be taken: a warning names them, and all else starts', async () => {
    const taken = await Promise.all([4317, 4318].map(holdPort));
    const args = ['--receivers-otlp-http', 'auto', '--receivers-otlp-grpc', 'auto'];
    const second = await spawnServer({ args, env });
    expect(second.stderr()).toMatch(/port 4317 of 127\.0\.0\.1 is taken .*receivers\.otlp\.grpc/);
    expect(second.stderr()).toMatch(/port 4318 of 127\.0\.0\.1 is taken .*receivers\.otlp\.http/);
    expect(second.ready).toMatchObject({ otlp_http: null });
    expect((await request(second, '/api/logs', { method: 'POST', body: event('heard') })).status).toBe(202);
    await second.stop();
    for (const server of taken) server.close();
  });

  test('the next start finds everything', async () => {
    server = await spawnServer({ dataDir, env });
    expect(await find(2)).toEqual(['first', 'under way']);
    await request(server, '/api/logs', { method: 'POST', body: event('second start') });
    expect(await find(3)).toContain('second start');
  });

  test('R1 kill -9 right after the answers: what every receiver acknowledged is kept', async () => {
    const sayAll = sampleFormats.filter(({ format }) => format.saysLess !== true || format.name === 'export');
    const answers = sayAll.map(async ({ title, route, format }, i) => {
      const body = encodeContent(format.encode([{ message: `${i} ${title}`, service }]), format.encoding);
      const headers = { ...contentHeaders(format), 'x-api-key': ADMIN_KEY };
      const { status } = await call(server, `${route.method} ${samplePath(route)}`, { headers, body });
      expect([200, 201, 202, 204], title).toContain(status);
    });
    await Promise.all(answers);
    await server.kill();
    // Without the key in its environment, and where other machines can reach it.
    server = await spawnServer({ dataDir, args: ['--http-host', '0.0.0.0'], env, openMode: true });
    expect(await find(3 + sayAll.length)).toEqual(
      expect.arrayContaining(sayAll.map(({ title }, i) => `${i} ${title}`)),
    );
  });

  test('bound to all addresses nobody gets anything without a key', async () => {
    expect(server.ready).toMatchObject({ open_mode: false });
    for (const { title, route, format, samples } of sampleRoutes) {
      const answer = await call(server, `${route.method} ${samplePath(route)}`, {
        headers: contentHeaders(format),
        body: 'x',
      });
      expect(answer.status, title).toBe(401);
      expect(samples.refusalText(answer, format)).toContain('API key');
    }
    for (const path of ['/api/logs', '/api/keys', '/api/logs/tail']) {
      expect((await call(server, `GET ${path}`)).status, path).toBe(401);
    }
    expect((await call(server, 'GET /api/logs', { headers: { 'x-api-key': ADMIN_KEY } })).status).toBe(200);
  });
});
