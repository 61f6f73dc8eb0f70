import { type ClientHttp2Stream, connect, type Settings } from 'node:http2';
import { createServer, type Server as TcpServer } from 'node:net';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, expect, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../batch/limits.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { receiversConfig } from '../config.ts';
import type { ListenerContext, ListenerMessage, OpenListener, Receipt } from '../receiver.ts';
import { grpc } from './grpc.ts';

const RECEIPT: Receipt = { accepted: 1, rejectedCount: 0, rejections: [], position: 1 };
const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0).reverse()) await close();
});

type Accept = (message: ListenerMessage) => Promise<Receipt>;

function contextOf(accept: Accept, port: number | 'auto' | 'off' = 0, limits = {}) {
  const config = receiversConfig.parse({ tls: {}, ...emptySections(), otlp: { grpc: port } });
  const context: ListenerContext = {
    ...{ config, host: '127.0.0.1', limits: { ...DEFAULT_LIMITS, ...limits }, openMode: true, stateDir: '/nowhere' },
    ...{
      check: vi.fn(async () => {}),
      missing: vi.fn(async () => []),
      accept,
      hold: vi.fn(),
      release: vi.fn(),
      count: vi.fn(),
      note: vi.fn(),
      warn: vi.fn(),
    },
  };
  return context;
}

const emptySections = () =>
  Object.fromEntries(Object.keys(receiversConfig.shape).flatMap((key) => (key === 'host' ? [] : [[key, {}]])));

async function opened(
  accept: Accept,
  limits = {},
): Promise<{ listener: OpenListener; client: Client; context: ListenerContext }> {
  const context = contextOf(accept, 0, limits);
  const listener = (await grpc.open(context))!;
  const client = new Client(`127.0.0.1:${listener.port}`, credentials.createInsecure());
  closers.push(
    () => listener.close(),
    () => client.close(),
  );
  return { listener, client, context };
}

function call(client: Client, body: Buffer, headers: Record<string, string> = {}, path = EXPORT): Promise<Buffer> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, body, metadata, (error, answer) => {
      if (error === null) resolve(answer!);
      else reject(error);
    });
  });
}

const frame = (message: string, flag = 0) => {
  const head = Buffer.alloc(5);
  head[0] = flag;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, Buffer.from(message)]);
};

function rawStream({ port }: OpenListener, headers: Record<string, string>): ClientHttp2Stream {
  const session = connect(`http://127.0.0.1:${port}`);
  closers.push(() => session.destroy());
  session.on('error', () => {});
  const all = { ':method': 'POST', ':path': EXPORT, 'content-type': 'application/grpc', te: 'trailers', ...headers };
  return session.request(all).on('error', () => {});
}

/** A call by hand: its status. Without `ends` the client leaves it open. */
function rawCall(listener: OpenListener, headers: Record<string, string>, frames: Buffer[], ends = true) {
  const stream = rawStream(listener, headers).resume();
  for (const each of frames) stream.write(each);
  if (ends) stream.end();
  return new Promise<number>((resolve) => {
    const see = (got: Record<string, unknown>) =>
      got['grpc-status'] !== undefined && resolve(Number(got['grpc-status']));
    stream.on('response', see);
    stream.on('trailers', see);
  });
}

const failure = (accept: Accept) =>
  opened(accept).then(({ client }) =>
    call(client, Buffer.from('x')).then(
      () => expect.fail(),
      (error: ServiceError) => error,
    ),
  );

test('a message and its key reach accept; the answer is empty', async () => {
  const accept = vi.fn<Accept>(async () => RECEIPT);
  const { client } = await opened(accept);
  const body = Buffer.alloc(100_000, 7);
  for (const headers of [
    { authorization: 'Bearer k1' } as Record<string, string>,
    { authorization: `Basic ${Buffer.from('any:k1').toString('base64')}` },
    { 'x-api-key': 'k1' },
  ]) {
    expect(await call(client, body, headers)).toHaveLength(0);
    expect(accept.mock.lastCall![0]).toMatchObject({ format: 'protobuf', secret: 'k1', remoteAddress: '127.0.0.1' });
    expect(accept.mock.lastCall![0].body.equals(body)).toBe(true);
  }
  await call(client, Buffer.alloc(0));
  expect(accept.mock.lastCall![0]).toMatchObject({ secret: null, body: Buffer.alloc(0) });
});

test.each(['Bearer', 'Basic', 'Digest x'])('authorization "%s" holds no key', async (authorization) => {
  const accept = vi.fn<Accept>(async () => RECEIPT);
  const { client, context } = await opened(accept);
  await expect(call(client, Buffer.alloc(1), { authorization })).rejects.toMatchObject({
    code: status.UNAUTHENTICATED,
  });
  expect(accept).not.toHaveBeenCalled();
  expect(context.note).toHaveBeenCalledOnce();
});

test('rejected events are a partial success', async () => {
  const rejections = [{ index: 1, code: 'invalid_field', field: 'cost', error: 'no number' }] as const;
  const { client } = await opened(async () => ({ ...RECEIPT, rejectedCount: 1, rejections }));
  const text = 'event 1 (cost): no number';
  const inner = Buffer.concat([Buffer.of(0x08, 1, 0x12, text.length), Buffer.from(text)]);
  expect(await call(client, Buffer.alloc(1))).toEqual(Buffer.concat([Buffer.of(0x0a, inner.length), inner]));
});

test.each([
  [new PermanentError('invalid_body', 'no protobuf'), status.INVALID_ARGUMENT],
  [new PermanentError('unauthenticated', 'no key'), status.UNAUTHENTICATED],
  [new PermanentError('forbidden', 'no scope'), status.PERMISSION_DENIED],
  [new PermanentError('too_many_events', 'too many'), status.INVALID_ARGUMENT],
  [new PermanentError('payload_too_large', 'too large'), status.RESOURCE_EXHAUSTED],
])('%s is final', async (error, code) => {
  const failed = await failure(() => Promise.reject(error));
  expect(failed).toMatchObject({ code, details: error.message });
  expect(failed.metadata.get('grpc-status-details-bin')).toEqual([]);
});

test.each([
  [
    new RetryableError('overloaded', 'full – wait', 1500),
    status.UNAVAILABLE,
    [0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 1],
  ],
  [new RetryableError('disk_full', 'disk', 5000), status.UNAVAILABLE, [0x08, 5]],
  [new RetryableError('rate_limited', 'slow', 2000), status.RESOURCE_EXHAUSTED, [0x08, 2]],
  [new PermanentError('internal', 'fault'), status.UNAVAILABLE, [0x08, 5]],
  [new Error('a bug'), status.UNAVAILABLE, [0x08, 1]],
])('%s is sent again after the time in RetryInfo', async (error, code, duration) => {
  const failed = await failure(() => Promise.reject(error));
  expect(failed.code).toBe(code);
  if ('code' in error) expect(failed.details).toBe(error.message);
  const [details] = failed.metadata.get('grpc-status-details-bin') as Buffer[];
  expect([details[0], details[1]]).toEqual([0x08, code]);
  expect(details.includes('type.googleapis.com/google.rpc.RetryInfo')).toBe(true);
  expect(details.subarray(-duration.length)).toEqual(Buffer.from(duration));
});

test('a message over limits.bodyBytesMax is refused for good, before it is all there', async () => {
  const accept = vi.fn<Accept>(async () => RECEIPT);
  const { client, context } = await opened(accept, { bodyBytesMax: 1000 });
  await expect(call(client, Buffer.alloc(1001))).rejects.toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    details: expect.stringContaining('limits.bodyBytesMax'),
  });
  expect(accept).not.toHaveBeenCalled();
  expect(context.note).toHaveBeenCalledOnce();
  expect(await call(client, Buffer.alloc(1000))).toHaveLength(0);
});

test.each([
  ['identity', 0, ['identity']],
  ['gzip', 1, ['gzip']],
  ['gzip', 0, ['identity']],
  ['deflate', 1, ['deflate']],
  ['zstd', 1, ['zstd']],
])('a message of %s, flag %i, is handed over as it came', async (encoding, flag, encodings) => {
  const accept = vi.fn<Accept>(async () => RECEIPT);
  const { listener } = await opened(accept);
  expect(await rawCall(listener, { 'grpc-encoding': encoding }, [frame('any bytes', flag)])).toBe(status.OK);
  const { body, ...rest } = accept.mock.lastCall![0];
  expect([body.toString(), rest.encodings]).toEqual(['any bytes', encodings]);
});

test('a compression that nobody here knows is UNIMPLEMENTED', async () => {
  const { listener } = await opened(async () => RECEIPT);
  expect(await rawCall(listener, { 'grpc-encoding': 'lzma' }, [frame('x', 1)])).toBe(status.UNIMPLEMENTED);
});

test('a wrong key is refused before the message comes', async () => {
  const accept = vi.fn<Accept>(async () => RECEIPT);
  const { listener, context } = await opened(accept);
  vi.mocked(context.check).mockRejectedValue(new PermanentError('unauthenticated', 'no such key'));
  // Not a byte of a message, and no end.
  expect(await rawCall(listener, { 'x-api-key': 'wrong' }, [], false)).toBe(status.UNAUTHENTICATED);
  expect(context.check).toHaveBeenCalledWith({ secret: 'wrong', remoteAddress: '127.0.0.1' });
  expect([accept.mock.calls, vi.mocked(context.hold).mock.calls]).toEqual([[], []]);
});

const heldBytes = ({ hold, release }: ListenerContext) => {
  const sum = (calls: number[][]) => calls.reduce((total, [bytes]) => total + bytes, 0);
  return sum(vi.mocked(hold).mock.calls) - sum(vi.mocked(release).mock.calls);
};

test('bytes count while the message is not whole or not ended, and no longer', async () => {
  const gate = Promise.withResolvers<Receipt>();
  const { listener, context } = await opened(() => gate.promise);
  const slow = rawStream(listener, {});
  slow.write(frame('0123456789').subarray(0, 8));
  await vi.waitUntil(() => heldBytes(context) === 8);
  slow.write(frame('0123456789').subarray(8));
  await vi.waitUntil(() => heldBytes(context) === 15);
  slow.end();
  await vi.waitUntil(() => heldBytes(context) === 0);
  const gone = rawStream(listener, {});
  gone.write(frame('x'.repeat(100)).subarray(0, 50));
  await vi.waitUntil(() => heldBytes(context) === 50);
  gone.close();
  await vi.waitUntil(() => heldBytes(context) === 0);
  gate.resolve(RECEIPT);
});

test('many slow messages together are refused, to be sent again', async () => {
  const { listener, context } = await opened(async () => RECEIPT);
  let held = 0;
  vi.mocked(context.hold).mockImplementation((bytes) => {
    if (held + bytes > 10_000) throw new RetryableError('overloaded', 'too much', 1000);
    held += bytes;
  });
  const piece = frame('x'.repeat(100_000)).subarray(0, 4000);
  const answers = Array.from({ length: 4 }, () => rawCall(listener, {}, [piece], false));
  expect(await Promise.race(answers)).toBe(status.UNAVAILABLE);
  expect(context.note).toHaveBeenCalledWith(expect.objectContaining({ code: 'overloaded' }));
});

test('a message that never becomes whole is given up, to be sent again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { listener, context } = await opened(async () => RECEIPT);
  const status = rawCall(listener, {}, [frame('0123456789').subarray(0, 8)], false);
  await vi.waitUntil(() => heldBytes(context) === 8);
  vi.advanceTimersByTime(120_000);
  expect(await status).toBe(14);
  await vi.waitUntil(() => heldBytes(context) === 0);
});

test('two messages in a call are refused', async () => {
  const { listener } = await opened(async () => RECEIPT);
  expect(await rawCall(listener, {}, [frame('a'), frame('b')])).toBe(status.INVALID_ARGUMENT);
});

test('a connection has at most 100 calls at a time', async () => {
  const { listener } = await opened(async () => RECEIPT);
  const session = connect(`http://127.0.0.1:${listener.port}`);
  closers.push(() => session.destroy());
  const settings = await new Promise<Settings>((resolve) => session.once('remoteSettings', resolve));
  expect(settings.maxConcurrentStreams).toBe(100);
});

test('other services are not there', async () => {
  const { client } = await opened(async () => RECEIPT);
  const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  await expect(call(client, Buffer.alloc(1), {}, path)).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});

test('calls under way are answered when it closes, and it does not wait for one that never ends', async () => {
  const gate = Promise.withResolvers<Receipt>();
  const { client, listener } = await opened(({ body }) => (body[0] === 1 ? gate.promise : new Promise(() => {})));
  const answered = call(client, Buffer.of(1));
  const never = call(client, Buffer.of(2)).catch((error: ServiceError) => error.code);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const begun = performance.now();
  const closing = listener.close();
  setTimeout(() => gate.resolve(RECEIPT), 100);
  expect(await answered).toHaveLength(0);
  await closing;
  expect(performance.now() - begun).toBeLessThan(2500);
  expect([status.CANCELLED, status.UNAVAILABLE]).toContain(await never);
});

test('an idle connection does not hold it up', async () => {
  const { client, listener } = await opened(async () => RECEIPT);
  await call(client, Buffer.of(1));
  const begun = performance.now();
  await listener.close();
  expect(performance.now() - begun).toBeLessThan(1000);
});

test('off opens nothing', async () => {
  expect(await grpc.open(contextOf(async () => RECEIPT, 'off'))).toBeNull();
});

function occupy(port: number): Promise<TcpServer | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

test('a taken port is an error that names it', async () => {
  const taker = (await occupy(0))!;
  closers.push(() => taker.close());
  const { port } = taker.address() as { port: number };
  await expect(grpc.open(contextOf(async () => RECEIPT, port))).rejects.toMatchObject({
    ...{ name: 'PermanentError', code: 'conflict', field: 'receivers.otlp.grpc' },
    message: expect.stringContaining(String(port)),
  });
});

test('the default port taken is only a warning', async () => {
  // Null when something else has it already, which is as good.
  const taker = await occupy(4317);
  closers.push(() => taker?.close());
  const context = contextOf(async () => RECEIPT, 'auto');
  expect(await grpc.open(context)).toBeNull();
  const words = expect.stringMatching(/port 4317 of 127\.0\.0\.1 is taken.* receivers\.otlp\.grpc$/);
  expect(context.warn).toHaveBeenCalledExactlyOnceWith({ port: 4317, key: 'receivers.otlp.grpc' }, words);
});
