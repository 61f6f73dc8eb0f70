import { readFileSync } from 'node:fs';
import { type ChannelCredentials, Client, compressionAlgorithms, credentials, Metadata, status } from '@grpc/grpc-js';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selfSigned } from '../support/peer.ts';
import {
  ADMIN_KEY,
  allEvents,
  eventually,
  removeTempDirs,
  type SpawnedServer,
  spawnServer,
} from '../support/server.ts';

/** The OpenTelemetry SDK over gRPC with TLS, and what is refused before the server decodes it. */
let server: SpawnedServer;
/** Asks for client certificates. */
let strict: SpawnedServer;
let ca: Buffer;
let key: Buffer;

beforeAll(async () => {
  const files = selfSigned();
  ca = readFileSync(files.cert);
  key = readFileSync(files.key);
  const env = {
    TAILWATER_RECEIVERS_OTLP_GRPC_TLS: '0',
    TAILWATER_RECEIVERS_TLS_CERT: files.cert,
    TAILWATER_RECEIVERS_TLS_KEY: files.key,
    TAILWATER_LIMITS_BODY_EXPANDED_BYTES_MAX: String(EXPANDED_BYTES_MAX),
    TAILWATER_STORE_INSERT_INTERVAL_MS: '200ms',
  };
  [server, strict] = await Promise.all([
    spawnServer({ env }),
    spawnServer({ env: { ...env, TAILWATER_RECEIVERS_TLS_CLIENT_CA: files.cert } }),
  ]);
});
afterAll(async () => {
  await Promise.all([server?.stop(), strict?.stop()]);
  removeTempDirs();
});

const EVENTS = 100;
/** Small: the client compresses what expands beyond it. */
const EXPANDED_BYTES_MAX = 4 << 20;

function portOf(listener: string, of = server): number {
  return (of.ready as { listeners: Record<string, number> }).listeners[listener]!;
}

/** Emits numbered events, and returns what the exporter could not send. */
async function emit(service: string, to: SpawnedServer, secure: ChannelCredentials): Promise<Error[]> {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${ADMIN_KEY}`);
  const url = `https://localhost:${portOf('otlp.grpcTls', to)}`;
  const exporter = new OTLPLogExporter({ url, credentials: secure, metadata, compression: 'gzip' as never });
  const errors: Error[] = [];
  const watched = {
    export: (events: ReadableLogRecord[], done: (result: { code: number; error?: Error }) => void) =>
      exporter.export(events, (result) => {
        if (result.error !== undefined) errors.push(result.error);
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    processors: [new BatchLogRecordProcessor({ exporter: watched, maxExportBatchSize: 64 })],
  });
  const logger = provider.getLogger('shop');
  for (let i = 0; i < EVENTS; i++) logger.emit({ body: String(i) });
  await provider.shutdown();
  return errors;
}

async function expectEach(service: string, of: SpawnedServer): Promise<void> {
  const events = await eventually(async () => {
    const found = await allEvents(of, `service=${service}&from=-1h`);
    return found.length >= EVENTS ? found : undefined;
  });
  const numbers = events.map(({ message }) => Number(message)).toSorted((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: EVENTS }, (_, i) => i));
}

test('over TLS', async () => {
  expect(await emit('tls', server, credentials.createSsl(ca))).toEqual([]);
  await expectEach('tls', server);
});

test('with a client certificate, where one is asked for', async () => {
  expect(await emit('mtls', strict, credentials.createSsl(ca, key, ca))).toEqual([]);
  await expectEach('mtls', strict);
});

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
const same = (bytes: Buffer) => bytes;

/** One call without the SDK, which would try again for its whole timeout: what it failed with. */
function failureOf(client: Client, body: Buffer): Promise<unknown> {
  const metadata = new Metadata();
  metadata.set('x-api-key', ADMIN_KEY);
  return new Promise((resolve) => client.makeUnaryRequest(EXPORT, same, same, body, metadata, resolve));
}

test('not without that certificate, nor where only one side speaks TLS', async () => {
  for (const [port, secure] of [
    [portOf('otlp.grpcTls', strict), credentials.createSsl(ca)],
    [portOf('otlp.grpcTls'), credentials.createInsecure()],
    [portOf('otlp.grpc'), credentials.createSsl(ca)],
  ] as const) {
    const client = new Client(`localhost:${port}`, secure);
    expect(await failureOf(client, Buffer.alloc(0))).toMatchObject({ code: status.UNAVAILABLE });
    client.close();
  }
});

test('bodies that expand beyond the limit are refused for good', async () => {
  const client = new Client(`127.0.0.1:${portOf('otlp.grpc')}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    'grpc.max_send_message_length': -1,
  });
  const zeros = Buffer.alloc(EXPANDED_BYTES_MAX + 1);
  for (const failed of await Promise.all([failureOf(client, zeros), failureOf(client, zeros)])) {
    expect(failed).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      details: expect.stringContaining('limits.bodyExpandedBytesMax'),
    });
  }
  client.close();
  await emit('after', server, credentials.createSsl(ca));
  await expectEach('after', server);
});
