import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { expect } from 'vitest';
import { samplesOf } from '../receiver-samples.ts';
import { type Certificate, connectTo } from './acked-way.ts';
import type { Bed } from './bed.ts';
import { sendRaw } from './raw.ts';
import type { OpenWay, OutcomeRow, OutcomeSender, Patience, Told } from './way.ts';

const EXPORT = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

/** OTLP over gRPC: https://opentelemetry.io/docs/specs/otlp/#failures */
export function grpcRow(listener: 'grpc' | 'grpcTls', tls: Certificate | null): OutcomeRow {
  const isTls = listener === 'grpcTls';
  const open = async (bed: Bed): Promise<OpenWay> => {
    const section = { otlp: { grpc: 'off', [listener]: 0 }, ...(isTls && tls ? { tls } : {}) };
    const opened = await bed.openListener('otlp', listener, section);
    const clientOf = () => connectClient(opened.port!, isTls ? tls : null);
    return {
      sender: () => senderOf(bed, clientOf()),
      abuse: () => abuse(bed, clientOf(), () => connectTo(opened.port!, isTls)),
      close: () => opened.close(),
    };
  };
  const row = { title: `otlp.${listener}`, receiver: 'otlp', listener, learns: 'answers', open } as const;
  return isTls && tls === null ? { ...row, skipped: 'needs openssl' } : row;
}

function connectClient(port: number, tls: Certificate | null): Client {
  const address = `127.0.0.1:${port}`;
  if (tls === null) return new Client(address, credentials.createInsecure());
  const options = { 'grpc.ssl_target_name_override': 'localhost' };
  return new Client(address, credentials.createSsl(readFileSync(tls.cert)), options);
}

const encode = (messages: readonly string[]) =>
  samplesOf('otlp').formats[0]!.encode(messages.map((message) => ({ message })));

/** Null when the call succeeded. */
function call(client: Client, body: Buffer, headers: Record<string, string>): Promise<ServiceError | null> {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(EXPORT, same, same, body, metadata, (error) => resolve(error));
  });
}

function senderOf({ apiKey }: Bed, client: Client): OutcomeSender {
  const send = async (messages: readonly string[], { tries }: Patience): Promise<Told> => {
    for (let i = 0; i < tries; i++) {
      const error = await call(client, encode(messages), { authorization: `Bearer ${apiKey}` });
      if (error === null) return { acknowledged: messages, rest: 'refused' };
      const verdict = verdictOf(error);
      if (verdict !== 'deferred') return { acknowledged: [], rest: verdict };
    }
    return { acknowledged: [], rest: 'deferred' };
  };
  return { send, close: () => client.close() };
}

const FINAL: readonly status[] = [
  status.INVALID_ARGUMENT,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  // Without RetryInfo, for a message that is too large.
  status.RESOURCE_EXHAUSTED,
];

function verdictOf({ code, metadata }: ServiceError): 'refused' | 'deferred' | 'unanswered' {
  const [details] = metadata.get('grpc-status-details-bin');
  if (details?.includes('google.rpc.RetryInfo')) {
    expect([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]).toContain(code);
    return 'deferred';
  }
  // The client's own word for a connection that is not there.
  if (code === status.UNAVAILABLE || code === status.CANCELLED) return 'unanswered';
  expect(FINAL).toContain(code);
  return 'refused';
}

const BAD_MESSAGES = [Buffer.alloc(50, 0xff), Buffer.of(0x0a, 0xff, 0xff, 0x0f), Buffer.alloc(100_000, 0x0a)];

async function abuse({ apiKey }: Bed, client: Client, connectRaw: () => Socket): Promise<void> {
  const good = encode(['good']);
  try {
    for (const body of [...BAD_MESSAGES, good.subarray(0, good.length - 2)]) {
      const error = await call(client, body, { authorization: `Bearer ${apiKey}` });
      expect(error?.code).toBe(status.INVALID_ARGUMENT);
    }
    expect((await call(client, good, { authorization: 'Bearer' }))?.code).toBe(status.UNAUTHENTICATED);
    const error = await call(client, good, { authorization: `Bearer ${apiKey}`, 'grpc-encoding': 'br' });
    // INTERNAL by the specification of compression is told for a message that is marked; ours is not.
    expect([undefined, status.UNIMPLEMENTED, status.INTERNAL]).toContain(error?.code);
  } finally {
    client.close();
  }
  const bytes = ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', '\0\0\0\0\0', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ''];
  await Promise.all(bytes.map((each) => sendRaw(connectRaw, Buffer.from(each))));
}
