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
  for (const close of closers.splice(0).reverse()) await close();
});

type Accept = (message: ListenerMessage) => Promise<Receipt>;

function contextOf(accept: Accept, port: number | 'off' = 0, limits = {}) {
  const config = receiversConfig.parse({ tls: {}, ...emptySections(), otlp: { grpc: port } });
  const context: ListenerContext = {
    ...{ config, host: '127.0.0.1', limits: { ...DEFAULT_LIMITS, ...limits }, openMode: true, stateDir: '/nowhere' },
    ...{ accept, hold: vi.fn(), release: vi.fn(), count: vi.fn(), note: vi.fn(), warn: vi.fn() },
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

test('a message over limits.bodyExpandedBytesMax is refused for good', async () => {
  const { client } = await opened(async () => RECEIPT, { bodyExpandedBytesMax: 1000 });
  await expect(call(client, Buffer.alloc(1001))).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  expect(await call(client, Buffer.alloc(1000))).toHaveLength(0);
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
  const context = contextOf(async () => RECEIPT, 4317);
  expect(await grpc.open(context)).toBeNull();
  expect(context.warn).toHaveBeenCalledOnce();
});
