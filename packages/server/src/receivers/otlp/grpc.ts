import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext, OpenListener, ReceiverListener } from '../receiver.ts';
import { openTcp } from '../util/tcp-listener.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { secretOf, statusOf } from './grpc-status.ts';
import { responseBytes } from './respond.ts';

/** OTLP over gRPC: the message is the same protobuf as over HTTP, and is read by the same decoder. See README.md. */
export const grpc: ReceiverListener = {
  id: 'grpc',
  decode: (body, batch) => decodeProtobuf(body, batch),
  open,
};

const DEFAULT_PORT = 4317;
/** Calls of one connection at a time; exporters make one. */
const STREAMS_MAX = 100;
/** Time that calls under way are given when the listener closes. */
const GRACE_MS = 1500;

const same = (bytes: Buffer) => bytes;

/** Messages stay bytes: they are decoded in the ingest worker. */
const LOGS_SERVICE: ServiceDefinition = {
  Export: {
    path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    originalName: 'export',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};

async function open(context: ListenerContext): Promise<OpenListener | null> {
  const server = new Server({
    // Holds for the message as sent and, when it is compressed, for what comes out of it.
    'grpc.max_receive_message_length': context.limits.bodyExpandedBytesMax,
    'grpc.max_concurrent_streams': STREAMS_MAX,
  });
  server.addService(LOGS_SERVICE, {
    Export: (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) => {
      void answer(context, call, callback);
    },
  });
  // The sockets are ours: grpc-js reports a taken port as text only, and caps no connections.
  const sessions = server.createConnectionInjector(ServerCredentials.createInsecure());
  const tcp = await openUnlessTaken(context, (socket) => {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    sessions.injectConnection(socket);
    return { finish: () => closed };
  });
  if (tcp === null) {
    server.forceShutdown();
    return null;
  }
  return {
    port: tcp.port,
    async close() {
      const closed = tcp.close();
      sessions.drain(GRACE_MS);
      await closed;
      server.forceShutdown();
    },
  };
}

/** A collector on this machine may have the default port: no reason not to start. Any other port was asked for. */
async function openUnlessTaken(
  context: ListenerContext,
  onConnection: Parameters<typeof openTcp>[1]['onConnection'],
): Promise<OpenListener | null> {
  const { grpc: port } = context.config.otlp;
  try {
    return await openTcp(context, { receiver: 'otlp', listener: 'grpc', port, onConnection });
  } catch (error) {
    if (port !== DEFAULT_PORT || !(error instanceof PermanentError) || error.code !== 'conflict') throw error;
    context.warn({ port, reason: error.message }, 'the OTLP/gRPC port is not free: there is no OTLP over gRPC');
    return null;
  }
}

async function answer(
  context: ListenerContext,
  call: ServerUnaryCall<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
): Promise<void> {
  try {
    callback(null, responseBytes(await accept(context, call)));
  } catch (caught) {
    const error = isKnownError(caught) ? caught : new RetryableError('overloaded', 'a fault of the server', 1000);
    const { code, details, statusDetails } = statusOf(error);
    const metadata = new Metadata();
    if (statusDetails !== null) metadata.set('grpc-status-details-bin', statusDetails);
    callback({ code, details, metadata });
  }
}

async function accept(context: ListenerContext, call: ServerUnaryCall<Buffer, Buffer>) {
  const remoteAddress = addressOf(call.getPeer());
  let secret: string | null;
  try {
    secret = secretOf(call.metadata);
  } catch (error) {
    const reason = error instanceof Error ? error.message : '';
    context.note({ remoteAddress: remoteAddress ?? '', code: 'unauthenticated', reason });
    throw error;
  }
  return context.accept({ body: call.request, format: 'protobuf', secret, remoteAddress });
}

/** The address in `127.0.0.1:5` or `::1:5`; grpc-js puts no brackets around an IPv6 address. */
function addressOf(peer: string): string | undefined {
  return peer === 'unknown' ? undefined : peer.replace(/:\d+$/, '');
}
