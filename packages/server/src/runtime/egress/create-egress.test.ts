import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { createEgress, type EgressOptions } from './create-egress.ts';
import type { Egress, EgressRequest } from './egress.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(answer: RequestListener): Promise<{ port: number; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server };
}

/** A server of bytes: what it does with each connection. */
async function serveBytes(each: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    each(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function open(options: Partial<EgressOptions> = {}): Egress {
  const egress = createEgress({ mode: 'public', allow: ['127.0.0.1'], plainHttp: false, ...options });
  closers.push(() => egress.close());
  return egress;
}

const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({
  method: 'GET',
  url,
  signal: AbortSignal.timeout(20_000),
  ...more,
});

const local = (port: number, path = '/') => `http://127.0.0.1:${port}${path}`;
const hello = (_request: IncomingMessage, response: ServerResponse) => response.end('hello');

describe('a request', () => {
  test('sends method, path, headers and body, and brings status, headers and body', async () => {
    const { port } = await serve(async (request, response) => {
      const body = await text(request);
      const { host, 'x-key': key, 'content-length': length } = request.headers;
      response.writeHead(418, { 'x-two': ['a', 'b'] });
      response.end(JSON.stringify([request.method, request.url, host, key, length, body]));
    });
    const request = get(local(port, '/a%20b?c=d#e'), { method: 'PUT', headers: { 'X-Key': 'k' }, body: 'grüße' });
    const answer = await open().request(request);
    expect(answer.status).toBe(418);
    expect(answer.headers['x-two']).toBe('a, b');
    expect(JSON.parse(String(answer.body))).toEqual(['PUT', '/a%20b?c=d', `127.0.0.1:${port}`, 'k', '7', 'grüße']);
  });

  test('keeps its connections for the next requests, but not for those with other TLS settings', async () => {
    const { port, server } = await serve(hello);
    let connections = 0;
    server.on('connection', () => (connections += 1));
    const egress = open();
    for (let request = 0; request < 10; request += 1) await egress.request(get(local(port)));
    // A pool may open a second one while the first is not quite idle.
    expect(connections).toBeLessThanOrEqual(2);
    const before = connections;
    await egress.request(get(local(port), { tls: { serverName: 'other' } }));
    expect(connections).toBe(before + 1);
  });

  test.each([301, 302, 303, 307, 308])('a redirect (%i) is an answer, not followed', async (status) => {
    let hits = 0;
    const target = await serve((_request, response) => {
      hits += 1;
      response.end();
    });
    const { port } = await serve((_request, response) =>
      response.writeHead(status, { location: local(target.port) }).end(),
    );
    const answer = await open().request(get(local(port), { method: 'POST', body: 'x' }));
    expect([answer.status, answer.headers.location, hits]).toEqual([status, local(target.port), 0]);
  });

  test('takes at most 1 MiB of an answer without an end, and closes the connection', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const { port } = await serve((_request, response) => {
      closed = once(response, 'close');
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect((await open().request(get(local(port)))).body).toHaveLength(2 ** 20);
    await closed;
  });

  test.each<[string, Record<string, string>]>([
    ['headers.Host', { Host: 'metadata' }],
    ['headers.content-length', { 'content-length': '1' }],
    ['headers.Transfer-Encoding', { 'Transfer-Encoding': 'chunked' }],
    ['headers.connection', { connection: 'upgrade' }],
    ['headers.Upgrade', { Upgrade: 'h2c' }],
    ['headers.X-Forwarded-For', { 'X-Forwarded-For': '127.0.0.1' }],
    ['headers.Proxy-Authorization', { 'Proxy-Authorization': 'x' }],
    ['headers.Metadata-Flavor', { 'Metadata-Flavor': 'Google' }],
    ['headers.x', { x: 'a\r\nHost: b' }],
    ['headers.x', { x: 'a\nb' }],
    ['headers.x', { x: 'a\0' }],
    ['headers.x', { x: 'ſ' }],
    ['headers.a??b?', { 'a\r\nb:': 'c' }],
    ['headers.', { '': 'c' }],
  ])('cannot set %s', async (field, headers) => {
    const failed = open().request(get(local(1), { headers }));
    await expect(failed).rejects.toMatchObject({ name: 'PermanentError', code: 'invalid_field', field });
  });
});

describe('DNS rebinding', () => {
  test('a name that is public when it is checked and private when it is connected to', async () => {
    let hits = 0;
    const { port } = await serve((_request, response) => {
      hits += 1;
      response.end();
    });
    const answers = ['93.184.216.34', '127.0.0.1'];
    const lookup = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
    const egress = open({ allow: [], plainHttp: true, lookup });
    const url = `http://rebind.example:${port}/`;
    await expect(egress.check(url)).resolves.toBeUndefined();
    await expect(egress.request(get(url))).rejects.toMatchObject({ code: 'egress_denied' });
    const target = { host: 'rebind.example', port, tls: null, signal: AbortSignal.timeout(10_000) };
    await expect(egress.connect(target)).rejects.toMatchObject({ code: 'egress_denied' });
    expect(hits).toBe(0);
  });

  test('a connection asks once, and goes to what it was answered', async () => {
    const asked: string[] = [];
    const answers = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
    const lookup = async (host: string) => {
      asked.push(host);
      return [{ address: answers[asked.length - 1]!, family: 4 }];
    };
    const wildcard = createServer((request, response) => response.end(request.socket.localAddress)).listen(
      0,
      '0.0.0.0',
    );
    await once(wildcard, 'listening');
    closers.push(() => wildcard.close());
    closers.push(() => wildcard.closeAllConnections());
    const egress = open({ allow: ['127.0.0.0/8'], lookup });
    const url = `http://twice.example:${(wildcard.address() as AddressInfo).port}/`;
    expect(String((await egress.request(get(url))).body)).toBe('127.0.0.2');
    expect(asked).toEqual(['twice.example']);
  });

  test('of several addresses the next is tried when one does not take the connection', async () => {
    const { port } = await serve(hello);
    const lookup = async () => ['127.0.0.9', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    const answer = await open({ allow: ['127.0.0.0/8'], lookup }).request(get(`http://two.example:${port}/`));
    expect(answer.status).toBe(200);
  });
});

describe('what goes wrong is said, and may be tried again', () => {
  const unavailable = (detail: RegExp) => ({
    name: 'RetryableError',
    code: 'destination_unavailable',
    message: expect.stringMatching(detail) as string,
  });

  test('an answer that does not come', async () => {
    const port = await serveBytes(() => {});
    await expect(open().request(get(local(port), { timeoutMs: 1000 }))).rejects.toMatchObject(
      unavailable(/no answer in time/),
    );
  });

  test('an answer that stops in its middle', async () => {
    const { port } = await serve((_request, response) => response.write('a'));
    await expect(open().request(get(local(port), { timeoutMs: 1000 }))).rejects.toMatchObject(
      unavailable(/began and did not end/),
    );
  });

  test('an answer that comes in drops for ever', async () => {
    const { port } = await serve((_request, response) => {
      const dripping = setInterval(() => response.write('a'), 10);
      response.on('close', () => clearInterval(dripping));
    });
    await expect(open().request(get(local(port), { timeoutMs: 50 }))).rejects.toMatchObject(
      unavailable(/began and did not end/),
    );
  });

  test('a peer that does not read', async () => {
    const port = await serveBytes((socket) => socket.pause());
    const body = Buffer.alloc(32 * 2 ** 20);
    await expect(open().request(get(local(port), { method: 'POST', body, timeoutMs: 1000 }))).rejects.toMatchObject(
      unavailable(/no answer in time/),
    );
  });

  test('an answer cut off', async () => {
    const port = await serveBytes((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')),
    );
    await expect(open().request(get(local(port)))).rejects.toMatchObject(unavailable(/cut off/));
  });

  test('a reset', async () => {
    const port = await serveBytes((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(open().request(get(local(port)))).rejects.toMatchObject(unavailable(/cut off/));
  });

  test('no HTTP', async () => {
    const port = await serveBytes((socket) => socket.end('220 mail.example ESMTP\r\n'));
    await expect(open().request(get(local(port)))).rejects.toMatchObject(unavailable(/does not speak HTTP/));
  });

  test('nobody there', async () => {
    const { port, server } = await serve(hello);
    server.close();
    await once(server, 'close');
    await expect(open().request(get(local(port)))).rejects.toMatchObject(unavailable(/refused/));
  });

  test('a name that is not known', async () => {
    const lookup = async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    };
    const failed = open({ lookup }).request(get('https://unknown.example/'));
    await expect(failed).rejects.toMatchObject(unavailable(/^unknown\.example: the name of the host was not found/));
  });

  test('a name server that does not answer', async () => {
    const lookup = () => new Promise<never>(() => {});
    const target = { host: 'slow.example', port: 443, tls: {}, signal: AbortSignal.timeout(10_000), timeoutMs: 50 };
    await expect(open({ lookup }).connect(target)).rejects.toMatchObject(unavailable(/name server did not answer/));
  });

  test('TLS that does not come', async () => {
    const port = await serveBytes(() => {});
    const target = { host: '127.0.0.1', port, tls: {}, signal: AbortSignal.timeout(10_000), timeoutMs: 300 };
    await expect(open().connect(target)).rejects.toMatchObject(unavailable(/no TLS within 0.3 s/));
  });
});

describe('the end of a call', () => {
  test.each<[string, () => AbortSignal, RegExp]>([
    ['a signal that has ended', () => AbortSignal.abort(), /stopped/],
    ['a signal that ends', () => AbortSignal.timeout(100), /no answer in time/],
  ])('%s', async (_what, signal, detail) => {
    const port = await serveBytes(() => {});
    const error = { code: 'destination_unavailable', message: expect.stringMatching(detail) as string };
    await expect(open().request(get(local(port), { signal: signal() }))).rejects.toMatchObject(error);
    const target = { host: '127.0.0.1', port, tls: {}, signal: signal() };
    await expect(open().connect(target)).rejects.toMatchObject(error);
  });

  test('close() ends what runs, and what comes after', async () => {
    const asked = Promise.withResolvers<void>();
    const port = await serveBytes((socket) => socket.once('data', () => asked.resolve()));
    const egress = open();
    const running = egress.request(get(local(port))).catch((error: unknown) => error);
    await asked.promise;
    await egress.close();
    await egress.close();
    const stopped = { code: 'destination_unavailable', message: expect.stringMatching(/stopping/) as string };
    expect(await running).toMatchObject(stopped);
    await expect(egress.request(get(local(port)))).rejects.toMatchObject(stopped);
    const target = { host: '127.0.0.1', port, tls: null, signal: AbortSignal.timeout(10_000) };
    await expect(egress.connect(target)).rejects.toMatchObject(stopped);
  });

  test('a hanging name server holds up no more than two lookups', async () => {
    let running = 0;
    let most = 0;
    const hanging: (() => void)[] = [];
    const lookup = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => hanging.push(resolve));
      running -= 1;
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const egress = open({ lookup });
    const checks = Array.from({ length: 9 }, (_, index) => egress.check(`http://host-${index % 3}.example/`));
    const drain = setInterval(() => hanging.shift()?.(), 5);
    await Promise.all(checks);
    clearInterval(drain);
    expect(most).toBe(2);
  });
});

test('connect() gives a socket that was checked', async () => {
  const port = await serveBytes((socket) => socket.end('hi'));
  const socket = await open().connect({ host: '127.1', port, tls: null, signal: AbortSignal.timeout(10_000) });
  expect(await text(socket)).toBe('hi');
});

/** A CONNECT proxy that notes what it was asked for. */
async function serveProxy(status = 200): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const { port, server } = await serve((_request, response) => response.writeHead(400).end());
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? 'no password'}`);
    socket.on('error', () => {});
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const there = connect(Number(request.url?.split(':')[1]), '127.0.0.1');
    there.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.on('close', () => there.destroy());
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    there.pipe(socket).pipe(there);
  });
  return { port, asked };
}

describe('through a proxy', () => {
  const lookup: EgressOptions['lookup'] = async (host) => [
    { address: host === 'proxy.example' ? '127.0.0.1' : '10.9.9.9', family: 4 },
  ];

  test('the proxy resolves the name, and gets the password', async () => {
    const { port } = await serve(hello);
    const proxy = await serveProxy();
    const egress = open({ allow: ['127.0.0.1'], plainHttp: true, lookup });
    const url = `http://only-the-proxy-knows.example:${port}/`;
    const answer = await egress.request(get(url, { proxy: `http://me:word@proxy.example:${proxy.port}` }));
    expect(String(answer.body)).toBe('hello');
    const basic = Buffer.from('me:word').toString('base64');
    expect(proxy.asked).toEqual([`only-the-proxy-knows.example:${port} Basic ${basic}`]);
  });

  test.each(['http://127.0.0.1', 'http://proxy.example', 'http://2130706433'])(
    'a proxy in a private place is not used: %s',
    async (address) => {
      const proxy = await serveProxy();
      const egress = open({ allow: [], plainHttp: true, lookup });
      const failed = egress.request(get('https://public.example/', { proxy: `${address}:${proxy.port}` }));
      await expect(failed).rejects.toMatchObject({ code: 'egress_denied' });
      expect(proxy.asked).toEqual([]);
    },
  );

  test.each(['https://169.254.169.254/', 'https://metadata.google.internal/', 'https://localhost/', 'https://[::1]/'])(
    'the proxy is not asked for %s',
    async (url) => {
      const proxy = await serveProxy();
      const failed = open({ lookup }).request(get(url, { proxy: `http://127.0.0.1:${proxy.port}` }));
      await expect(failed).rejects.toMatchObject({ code: 'egress_denied' });
      expect(proxy.asked).toEqual([]);
    },
  );

  test('a proxy whose name is public when it is checked and private when it is connected to', async () => {
    const proxy = await serveProxy();
    const answers = ['93.184.216.34', '127.0.0.1'];
    const flipping = async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }];
    const egress = open({ allow: [], plainHttp: true, lookup: flipping });
    const failed = egress.request(get('https://public.example/', { proxy: `http://flip.example:${proxy.port}` }));
    await expect(failed).rejects.toMatchObject({ code: 'egress_denied' });
    expect([answers, proxy.asked]).toEqual([[], []]);
  });

  test('what it answers is said, without its password', async () => {
    const proxy = await serveProxy(407);
    const request = get('https://public.example/', { proxy: `http://me:word@127.0.0.1:${proxy.port}` });
    const error: unknown = await open({ lookup })
      .request(request)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'destination_unavailable' });
    expect(String(error)).toContain('the proxy answered 407');
    expect(String(error)).not.toContain('word');
  });

  test('one that closes the connection is asked once', async () => {
    let connections = 0;
    const port = await serveBytes((socket) => {
      connections++;
      socket.once('data', () => socket.destroy());
    });
    const failed = open({ lookup }).request(get('https://public.example/', { proxy: `http://127.0.0.1:${port}` }));
    await expect(failed).rejects.toMatchObject({ code: 'destination_unavailable' });
    expect(connections).toBe(1);
  });
});
