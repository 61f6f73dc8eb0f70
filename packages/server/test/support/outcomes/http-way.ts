import { expect } from 'vitest';
import { call, openRaw, type RawAnswer } from '../http-call.ts';
import { contentHeaders, encodeContent, type SampleRoute, samplePath, sampleRoutes } from '../receiver-samples.ts';
import { type Bed, ORIGIN } from './bed.ts';
import type { OpenWay, OutcomeRow, OutcomeSender, Patience, Told } from './way.ts';

/** All routes of a receiver. Each sender takes them in turn. */
export function httpRow(receiver: string): OutcomeRow {
  return { title: receiver, receiver, listener: null, learns: 'answers', open: (bed) => open(bed, receiver) };
}

async function open(bed: Bed, receiver: string): Promise<OpenWay> {
  const http = await bed.openHttp();
  const routes = sampleRoutes.filter((sample) => sample.receiver === receiver);
  return {
    sender: (index) => senderOf(bed, http.httpPort, routes, index),
    // One path of those that read the same.
    abuse: () => abuse(bed, http.httpPort, new Map(routes.map((sample) => [sample.format, sample])).values()),
    close: http.close,
  };
}

/** Where and how one route of the receiver is spoken to, with a key. */
function addressOf({ apiKey, browserKey }: Bed, { route, format }: SampleRoute) {
  const path = samplePath(route);
  if (route.forBrowsers !== true) {
    const headers = { ...contentHeaders(format), authorization: `Bearer ${apiKey}` };
    return { line: `${route.method} ${path}`, headers };
  }
  return { line: `${route.method} ${path}?key=${browserKey}`, headers: { ...contentHeaders(format), origin: ORIGIN } };
}

function senderOf(bed: Bed, httpPort: number, routes: readonly SampleRoute[], index: number): OutcomeSender {
  let turn = index;
  const send = async (messages: readonly string[], { tries }: Patience): Promise<Told> => {
    const sample = routes[turn++ % routes.length]!;
    const { line, headers } = addressOf(bed, sample);
    const { format } = sample;
    const body = encodeContent(format.encode(messages.map((message) => ({ message }))), format.encoding);
    // Where a body may be taken while it comes, every other one has no length.
    const isStreamed = sample.route.split !== undefined && turn % 2 === 0;
    const framing = isStreamed ? { 'transfer-encoding': 'chunked' } : {};
    for (let i = 0; i < tries; i++) {
      const answer = await call({ httpPort }, line, { headers: { ...headers, ...framing }, body }).catch(() => null);
      if (answer === null) return { acknowledged: [], rest: 'unanswered' };
      const verdict = verdictOf(sample, answer);
      if (verdict === 'acknowledged') return { acknowledged: messages, rest: 'refused' };
      if (verdict === 'refused') return { acknowledged: [], rest: 'refused' };
    }
    return { acknowledged: [], rest: 'deferred' };
  };
  return { send, close: () => {} };
}

/** What the protocol's clients make of an answer. Throws when it is none that they know. */
function verdictOf({ samples, format }: SampleRoute, answer: RawAnswer): 'acknowledged' | 'refused' | 'deferred' {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return 'acknowledged';
  expect(samples.refusalText(answer, format)).not.toBe('');
  if (samples.retried.includes(status)) {
    expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
    return 'deferred';
  }
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(headers['retry-after']).toBeUndefined();
  return 'refused';
}

/** Bodies, and what is said of them, that no client would send. */
function badRequests(good: Buffer): { headers?: Record<string, string>; body: Buffer }[] {
  const text = (body: string) => ({ body: Buffer.from(body) });
  return [
    { body: Buffer.alloc(0) },
    { body: Buffer.alloc(300, 0xff) },
    { body: Buffer.alloc(300, 0) },
    { body: good.subarray(0, good.length >> 1) },
    { body: good.subarray(0, -1) },
    { body: Buffer.concat([good, Buffer.of(0xff)]) },
    text('{"a":'.repeat(50_000)),
    text('['.repeat(100_000)),
    text('null'),
    text('<html><body>502 Bad Gateway</body></html>'),
    { body: good, headers: { 'content-type': 'image/png' } },
    { body: good, headers: { 'content-type': 'application/x-protobuf; a="' } },
    { body: good, headers: { 'content-encoding': 'br' } },
    { body: good, headers: { 'content-encoding': 'gzip, gzip, gzip' } },
    { body: good, headers: { 'content-encoding': 'gzip' } },
    { body: Buffer.from('1f8b08', 'hex'), headers: { 'content-encoding': 'gzip' } },
    { body: good, headers: { 'content-encoding': 'zstd' } },
    { body: good, headers: { 'content-encoding': 'snappy' } },
  ];
}

async function abuse(bed: Bed, httpPort: number, routes: Iterable<SampleRoute>): Promise<void> {
  const abuseRoute = async (sample: SampleRoute) => {
    const { line, headers } = addressOf(bed, sample);
    const cut = cutShort(httpPort, line, headers);
    const good = encodeContent(sample.format.encode([{ message: 'good' }]), sample.format.encoding);
    for (const bad of badRequests(good)) {
      const answer = await call({ httpPort }, line, { headers: { ...headers, ...bad.headers }, body: bad.body });
      const about = `${line} ${JSON.stringify(bad.headers ?? '')} ${bad.body.toString('latin1', 0, 40)}`;
      expect(answer.status, about).toBeLessThan(500);
      // A sender of what is broken is never told to send it again.
      expect(answer.headers['retry-after'], about).toBeUndefined();
    }
    await cut;
  };
  await Promise.all(Iterator.from(routes).map(abuseRoute));
}

/** A sender that goes away in the middle of its body: the connection is closed behind it. */
async function cutShort(httpPort: number, line: string, headers: Record<string, string>): Promise<void> {
  const connection = await openRaw({ httpPort });
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  await connection.write(`${line} HTTP/1.1\r\nhost: x\r\n${head.join('')}content-length: 1000\r\n\r\n{"a"`);
  connection.end();
  const answer = await connection.closed;
  expect(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer), answer.slice(0, 60)).toBe(true);
}
