import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createProxy } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Authority, hasOpenssl, makeAuthority } from '../../../test/support/certificates.ts';
import { createEgress } from './create-egress.ts';
import type { Egress, EgressTls } from './egress.ts';
import { describeConnectionFailure } from './failures.ts';
import { probeConnection } from './probe.ts';

/** `ACCEPT 127.0.0.1:40000`, as s_server says once it listens. */
async function portOf(output: Readable): Promise<number> {
  for await (const line of createInterface(output)) {
    const [, port] = /^ACCEPT .*:(\d+)/.exec(line) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error('openssl s_server does not listen');
}

const needs = hasOpenssl ? '' : ' (skipped: no openssl)';

describe.skipIf(!hasOpenssl)(`TLS${needs}`, () => {
  let ours: Authority;
  let theirs: Authority;
  let egress: Egress;
  const closers: (() => void)[] = [];
  beforeAll(() => {
    ours = makeAuthority();
    theirs = makeAuthority('Other CA');
    egress = createEgress({ mode: 'public', allow: ['127.0.0.1', 'localhost', '::1'], plainHttp: false });
  });
  afterAll(async () => {
    await egress.close();
    for (const close of closers) close();
    ours.close();
    theirs.close();
  });

  async function serve(names: string, options: { days?: number; askForCertificate?: boolean } = {}): Promise<number> {
    const asking = { requestCert: true, rejectUnauthorized: true, ca: ours.ca };
    const server = createServer(
      { ...ours.issue(names, options.days), ...(options.askForCertificate ? asking : {}) },
      (request, response) => response.end(request.socket.remoteAddress),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  const call = (host: string, port: number, tls?: EgressTls) =>
    egress.request({
      method: 'GET',
      url: `https://${host}:${port}/`,
      signal: AbortSignal.timeout(10_000),
      ...(tls && { tls }),
    });

  test('a CA of one’s own, by name, by address and by a server name that is set', async () => {
    const port = await serve('DNS:localhost,DNS:logs.example,IP:127.0.0.1');
    const { ca } = ours;
    expect((await call('localhost', port, { ca })).status).toBe(200);
    expect((await call('127.0.0.1', port, { ca })).status).toBe(200);
    const byAddress = await serve('IP:10.0.0.7');
    expect((await call('localhost', byAddress, { ca, serverName: '10.0.0.7' })).status).toBe(200);
    const other = await serve('DNS:logs.example');
    expect((await call('127.0.0.1', other, { ca, serverName: 'logs.example' })).status).toBe(200);
  });

  test('trust of one integration is not that of the next', async () => {
    const port = await serve('DNS:localhost');
    await call('localhost', port, { ca: ours.ca });
    await expect(call('localhost', port)).rejects.toMatchObject({ code: 'destination_unavailable' });
    await expect(call('localhost', port, { ca: theirs.ca })).rejects.toThrow(/CA that is not trusted/);
  });

  test('a client certificate', async () => {
    const port = await serve('DNS:localhost', { askForCertificate: true });
    const { ca } = ours;
    expect((await call('localhost', port, { ca, ...ours.issue('DNS:client') })).status).toBe(200);
    await expect(call('localhost', port, { ca })).rejects.toMatchObject({ code: 'destination_unavailable' });
  });

  test('a server that asks for a client certificate in vain', async () => {
    const [{ cert, key }, dir] = [ours.issue('DNS:localhost'), mkdtempSync(join(tmpdir(), 'tls-'))];
    closers.push(() => rmSync(dir, { recursive: true }));
    const pem = join(dir, 'server.pem');
    writeFileSync(pem, cert + key);
    const args = ['s_server', '-accept', '127.0.0.1:0', '-cert', pem, '-key', pem, '-Verify', '1'];
    const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    closers.push(() => child.kill());
    const port = await portOf(child.stdout);
    const error: unknown = await call('localhost', port, { ca: ours.ca }).catch((thrown: unknown) => thrown);
    expect(describeConnectionFailure(error)).toMatchObject({
      step: 'tls',
      detail: 'the destination asks for a client certificate',
    });
  });

  test.each<[string, string, number, RegExp]>([
    ['expired', 'DNS:localhost', -1, /expired/],
    ['for another host', 'DNS:other.example', 2, /for another host \(DNS:other\.example\)/],
  ])('a certificate that is %s', async (_what, names, days, detail) => {
    const port = await serve(names, { days });
    const error: unknown = await call('localhost', port, { ca: ours.ca }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'destination_unavailable' });
    const failure = describeConnectionFailure(error);
    expect(failure.step).toBe('tls');
    expect(failure.detail).toMatch(detail);
  });

  test.each<EgressTls>([
    { ca: 'secret' },
    { cert: 'secret', key: 'secret' },
    { ca: '-----BEGIN CERTIFICATE-----\nsecret\n-----END CERTIFICATE-----\n' },
  ])('PEM that is none is the setting’s fault: %j', async (tls) => {
    await expect(call('localhost', 1, tls)).rejects.toMatchObject({
      name: 'PermanentError',
      code: 'invalid_field',
      field: 'tls',
      message: expect.not.stringContaining('secret') as string,
    });
  });

  test('through a proxy the certificate is that of the destination', async () => {
    const port = await serve('DNS:localhost');
    const proxy = createProxy((request, response) => response.end(request.url));
    proxy.on('connect', (_request, socket: Socket) => {
      const there = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      there
        .on('error', () => {})
        .pipe(socket.on('error', () => {}))
        .pipe(there);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    closers.push(() => proxy.close());
    const send = (host: string, tls: EgressTls) =>
      egress.request({
        method: 'GET',
        url: `https://${host}:${port}/`,
        tls,
        proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        signal: AbortSignal.timeout(10_000),
      });
    expect((await send('localhost', { ca: ours.ca })).status).toBe(200);
    expect((await send('other.example', { ca: ours.ca, serverName: 'localhost' })).status).toBe(200);
    await expect(send('other.example', { ca: ours.ca })).rejects.toThrow(/for another host/);
    await expect(send('localhost', { ca: theirs.ca })).rejects.toThrow(/CA that is not trusted/);
  });

  test('connect() offers only the protocols it is told to', async () => {
    const { cert, key } = ours.issue('DNS:localhost');
    const offered: string[][] = [];
    const server = createTlsServer({
      cert,
      key,
      ALPNCallback: ({ protocols }) => {
        offered.push(protocols);
        return protocols[0];
      },
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const target = { host: 'localhost', port, tls: { ca: ours.ca }, signal: AbortSignal.timeout(10_000) };
    for (const alpn of [undefined, ['h2']]) (await egress.connect({ ...target, ...(alpn && { alpn }) })).destroy();
    expect(offered).toEqual([['h2']]);
  });

  describe('the probe', () => {
    const probe = (target: string, tls: EgressTls | null = {}) =>
      probeConnection(egress, { target, tls }, AbortSignal.timeout(10_000));

    test('tells address, connection and certificate', async () => {
      const port = await serve('DNS:localhost', { days: 40 });
      expect(await probe(`https://localhost:${port}/`, { ca: ours.ca })).toEqual([
        { name: 'address', ok: true, detail: 'localhost has an address that is allowed' },
        { name: 'connection', ok: true, detail: `localhost takes connections on port ${port}` },
        { name: 'tls', ok: true, detail: 'TLSv1.3, certificate for leaf by Test CA, 39 days left' },
      ]);
      expect((await probe(`localhost:${port}`, null)).map(({ name }) => name)).toEqual(['address', 'connection']);
    });

    test('stops at the step that fails', async () => {
      const port = await serve('DNS:localhost', { days: -1 });
      const steps = await probe(`localhost:${port}`, { ca: ours.ca });
      expect(steps.map(({ name, ok }) => [name, ok])).toEqual([
        ['address', true],
        ['connection', true],
        ['tls', false],
      ]);
      expect(steps[2]).toMatchObject({ field: 'tls', detail: 'the certificate has expired' });
      expect(await probe('https://10.0.0.1/')).toMatchObject([{ name: 'address', ok: false, field: 'url' }]);
      expect(await probe('nonsense')).toMatchObject([{ name: 'address', ok: false, detail: /host:port/ }]);
    });
  });
});
