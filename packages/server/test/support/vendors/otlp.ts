import { Metadata, Server, ServerCredentials, status, type UntypedHandleCall } from '@grpc/grpc-js';
import { otlp } from '../../../src/destinations/otlp/index.ts';
import { openGate } from '../tcp-gate.ts';
import { echo, HTTP_FAULTS, openHttpVendor, type VendorAnswer, type VendorRequest } from './http-vendor.ts';
import { partialSuccess, type ReadRecord, readRequest, statusWithRetry } from './otlp-request.ts';
import { type Fault, RETRY_AFTER_S, type Vendor } from './vendor.ts';

const KEY = 'otlp0secret5e1f4b7a9c3d2e6f8a0b1c2d';
const WRONG = 'otlp0wrong5e1f4b7a9c3d2e6f8a0b1c2d';
const POISON = 'too.many';
const REQUEST_BYTES_MAX = 4 << 20;

interface OtlpVendor extends Vendor {
  records: ReadRecord[];
}

/** A receiver that takes an API key, and rejects events with one attribute: it says how many, not which. */
export async function openOtlpVendor(): Promise<OtlpVendor> {
  const records: ReadRecord[] = [];
  const takeLogs = (request: VendorRequest): VendorAnswer => {
    if (request.headers['api-key'] !== KEY) return { status: 401, body: echo(request) };
    if (request.headers['content-type'] !== 'application/x-protobuf') return { status: 415, body: 'protobuf only' };
    if (request.body.length > REQUEST_BYTES_MAX) return { status: 413, body: 'too large' };
    const read = readRequest(request.body);
    const good = read.filter(({ attributes }) => !(POISON in attributes));
    records.push(...good);
    const answer = good.length < read.length ? partialSuccess(read.length - good.length, `no ${POISON}, ${KEY}`) : '';
    return { status: 200, headers: { 'content-type': 'application/x-protobuf' }, body: answer.toString() };
  };
  const http = await openHttpVendor({
    handle: (request) =>
      `${request.method} ${request.path}` === 'POST /v1/logs' ? takeLogs(request) : { status: 404, body: 'not found' },
  });
  const at = (url: string, key = KEY) => ({
    config: otlp.config.parse({ url }),
    secrets: { headers: `api-key=${key}` },
  });
  return {
    ...http,
    settings: at(http.origin),
    unauthorized: at(http.origin, WRONG),
    at: (host, port) => at(`http://${host}:${port}`),
    faults: HTTP_FAULTS,
    messages: () => records.map(({ body }) => String(body)),
    complaints: () => http.complaints,
    takesOnce: false,
    poison: (event) => ({ ...event, attributes: { [POISON]: { kind: 'bool', text: 'true' } } }),
    records,
  };
}

const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;

/** The same over gRPC, by gRPC's own implementation for Node. */
export async function openOtlpGrpcVendor(): Promise<OtlpVendor> {
  const records: ReadRecord[] = [];
  const complaints: string[] = [];
  let fault: Fault | null = null;
  let stall = Promise.withResolvers<void>();
  const gate = await openGate();
  const server = new Server({ 'grpc.max_receive_message_length': REQUEST_BYTES_MAX });
  const failed = (code: status, details: string, retryAfterS?: number) => {
    const metadata = new Metadata();
    if (retryAfterS !== undefined) metadata.set('grpc-status-details-bin', statusWithRetry(code, details, retryAfterS));
    return { code, details, metadata };
  };
  const handle: UntypedHandleCall = (
    call: { request: Buffer; metadata: Metadata },
    answer: (error: object | null, value?: Buffer) => void,
  ) => {
    const given = `${JSON.stringify(call.metadata.getMap())} ${'long '.repeat(200)}`;
    if (fault === 'reset') gate.shut();
    if (fault === 'stalled') stall.resolve();
    if (fault === 'throttled') answer(failed(status.RESOURCE_EXHAUSTED, given, RETRY_AFTER_S));
    if (fault === 'failing') answer(failed(status.UNAVAILABLE, given));
    if (fault === 'too_large') answer(failed(status.RESOURCE_EXHAUSTED, `received message larger than max: ${given}`));
    if (fault !== null) return;
    if (call.metadata.get('api-key')[0] !== KEY) {
      answer(failed(status.UNAUTHENTICATED, given));
      return;
    }
    try {
      const read = readRequest(call.request);
      const good = read.filter(({ attributes }) => !(POISON in attributes));
      records.push(...good);
      answer(
        null,
        good.length < read.length ? partialSuccess(read.length - good.length, `no ${POISON}`) : Buffer.alloc(0),
      );
    } catch (error) {
      complaints.push(String(error));
      answer(failed(status.INVALID_ARGUMENT, String(error)));
    }
  };
  const service = {
    Export: {
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      ...{ requestStream: false, responseStream: false },
      ...{ requestSerialize: bytesAsTheyAre, requestDeserialize: bytesAsTheyAre },
      ...{ responseSerialize: bytesAsTheyAre, responseDeserialize: bytesAsTheyAre },
    },
  };
  server.addService(service, { Export: handle });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  gate.open(port);
  const at = (url: string, key = KEY) => ({
    config: otlp.config.parse({ url, protocol: 'grpc' }),
    secrets: { headers: `api-key=${key}` },
  });
  const origin = `http://127.0.0.1:${gate.port}`;
  return {
    settings: at(origin),
    unauthorized: at(origin, WRONG),
    at: (host, otherPort) => at(`http://${host}:${otherPort}`),
    faults: ['throttled', 'failing', 'too_large', 'reset', 'stalled'],
    fail: (next) => {
      stall = Promise.withResolvers();
      fault = next;
      gate.open(port);
    },
    stalled: () => stall.promise,
    messages: () => records.map(({ body }) => String(body)),
    complaints: () => complaints,
    takesOnce: false,
    poison: (event) => ({ ...event, attributes: { [POISON]: { kind: 'bool', text: 'true' } } }),
    records,
    close: async () => {
      await gate.close();
      server.forceShutdown();
    },
  };
}
