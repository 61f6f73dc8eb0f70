import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, type RawAnswer } from '../../test/support/http-call.ts';
import { encodingFor, type WebFile } from './files.ts';
import { pageTemplate } from './page.ts';
import { createWebUi } from './web-ui.ts';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2000))})`;
const PAGE = '<!doctype html><html><head><meta name="csp-nonce" content=""><title>t</title></head><body></body></html>';

let dir: string;
const servers: Server[] = [];
let built: { httpPort: number };
let unbuilt: { httpPort: number };

/** A server of the pages, behind which is nothing but 418. */
async function serve(webUi: ReturnType<typeof createWebUi>): Promise<{ httpPort: number }> {
  const server = createServer((request, response) => {
    if (!webUi(request, response)) response.writeHead(418).end('not here');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { httpPort: (server.address() as AddressInfo).port };
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-web-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), PAGE);
  writeFileSync(join(dir, 'assets', 'index-a1b2.js'), SCRIPT);
  writeFileSync(join(dir, 'assets', 'font-a1b2.woff2'), Buffer.alloc(2000));
  writeFileSync(join(dir, 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  built = await serve(createWebUi(dir));
  unbuilt = await serve(createWebUi(null));
});
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(dir, { recursive: true });
});

const get = (line: string, headers: Record<string, string> = {}): Promise<RawAnswer> => call(built, line, { headers });

const PATHS = ['/', '/logs', '/stats', '/traces', '/traces/4bf9', '/patterns', '/ingest', '/sign-in'];
test.each([...PATHS, '/settings', '/settings/a/b', '/logs?q=x'])('%s is the page', async (path) => {
  const answer = await get(`GET ${path}`);
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
  });
  const nonce = /<meta name="csp-nonce" content="([^"]+)">/.exec(answer.text)?.[1] ?? '';
  expect(nonce).toMatch(/^[\w+/]{22}==$/);
  const policy = String(answer.headers['content-security-policy']);
  expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).not.toContain('unsafe');
  expect((await get(`GET ${path}`)).text).not.toContain(nonce);
});

test.each([
  'GET /index.html',
  'GET /assets/',
  'GET /assets/none.js',
  'GET /assets/../index.html',
  'GET /assets/%2e%2e/index.html',
  'GET /logs/',
  'GET /logs/x',
  'GET /traces/a/b',
  'GET /settingsx',
  'GET //logs',
  'POST /',
  'POST /logs',
  'DELETE /favicon.svg',
  'OPTIONS /assets/index-a1b2.js',
])('%s is left to others', async (line) => {
  expect((await get(line)).status).toBe(418);
});

test.each([
  ['br', 'gzip, deflate, br', brotliDecompressSync],
  ['gzip', 'gzip;q=0.5, br;q=0', gunzipSync],
  [undefined, 'identity', Buffer.from],
])('a file in %s where %s is taken', async (encoding, taken, decode) => {
  const answer = await get('GET /assets/index-a1b2.js', { 'accept-encoding': taken });
  expect(answer.headers['content-encoding']).toBe(encoding);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
    'content-length': String(answer.body.length),
  });
  expect(decode(answer.body).toString()).toBe(SCRIPT);
  const etag = String(answer.headers.etag);
  const again = { 'accept-encoding': taken, 'if-none-match': `"other", W/${etag}` };
  expect(await get('GET /assets/index-a1b2.js', again)).toMatchObject({ status: 304, text: '', headers: { etag } });
  expect((await get('GET /assets/index-a1b2.js', { ...again, 'if-none-match': '"other"' })).status).toBe(200);
});

test('other files are asked for again, and what is compressed stays as it is', async () => {
  const icon = await get('GET /favicon.svg', { 'accept-encoding': 'br' });
  expect(icon.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
  expect(String(icon.headers['content-security-policy'])).toContain("default-src 'none'");
  const font = await get('GET /assets/font-a1b2.woff2', { 'accept-encoding': 'br' });
  expect(font.headers).toMatchObject({ 'content-type': 'font/woff2', 'content-length': '2000' });
  expect(font.headers['content-encoding']).toBeUndefined();
});

test.each(['/', '/assets/index-a1b2.js'])('HEAD %s is GET without a body', async (path) => {
  const head = await get(`HEAD ${path}`);
  const full = await get(`GET ${path}`);
  expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': full.headers['content-length'] } });
});

test('a page that is not built says so at `/`, and nothing else', async () => {
  const answer = await call(unbuilt, 'GET /', {});
  expect(answer).toMatchObject({ status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  expect(answer.text).toContain('not built');
  for (const line of ['POST /', 'GET /logs']) expect((await call(unbuilt, line, {})).status).toBe(418);
});

test('a built page without the meta element gets it', () => {
  const { before, after } = pageTemplate('<html><head lang="en"><title>t</title></head></html>');
  expect(`${before}N${after}`).toBe(
    '<html><head lang="en"><meta name="csp-nonce" content="N"><title>t</title></head></html>',
  );
});

test.each([
  [undefined, 'identity'],
  ['', 'identity'],
  ['BR', 'br'],
  ['gzip ; q = 0.0', 'identity'],
  ['deflate, zstd', 'identity'],
])('Accept-Encoding %s is answered in %s', (header, encoding) => {
  expect(encodingFor({ isCompressible: true } as WebFile, header)).toBe(encoding);
});
