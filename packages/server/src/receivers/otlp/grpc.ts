import {
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { isKnownError, PermanentError, RetryableError } from '../../runtime/errors.ts';
import type { ListenerContext, OpenListener, ReceiverListener } from '../receiver.ts';
import { MESSAGE_DEADLINE_MS, openTcp } from '../util/tcp-listener.ts';
import { GRPC_PORT } from './config.ts';
import { decodeProtobuf } from './decode-protobuf.ts';
import { IncomingMessage } from './grpc-message.ts';
import { secretOf, statusOf } from './grpc-status.ts';
import { responseBytes } from './respond.ts';

/** OTLP over gRPC: the message is the same protobuf as over HTTP, and is read by the same decoder. See README.md. */
export const grpc = listener('grpc');
export const grpcTls = listener('grpcTls');

function listener(id: 'grpc' | 'grpcTls'): ReceiverListener {
  return { id, decode: (body, batch) => decodeProtobuf(body, batch), open: (context) => open(context, id) };
}

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

type ExportCall = ServerUnaryCall<Buffer, Buffer>;
/** The message that belongs to a call's metadata: grpc-js has no other place for it. */
type Messages = WeakMap<Metadata, IncomingMessage>;

async function open(context: ListenerContext, id: 'grpc' | 'grpcTls'): Promise<OpenListener | null> {
  const messages: Messages = new WeakMap();
  const server = new Server({
    'grpc.max_receive_message_length': context.limits.bodyBytesMax,
    'grpc.max_concurrent_streams': STREAMS_MAX,
    interceptors: [admitting(context, messages)],
  });
  server.addService(LOGS_SERVICE, {
    Export: (call: ExportCall, callback: sendUnaryData<Buffer>) => void answer(context, messages, call, callback),
  });
  // The sockets are ours: grpc-js reports a taken port as text only, and caps no connections.
  const sessions = server.createConnectionInjector(ServerCredentials.createInsecure());
  let isDraining = false;
  const tcp = await openPort(context, id, (socket) => {
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    sessions.injectConnection(socket);
    const finish = () => {
      // Only now that no connection is taken any more: a client that is sent away comes back at once.
      if (!isDraining) sessions.drain(GRACE_MS);
      isDraining = true;
      return closed;
    };
    return { finish };
  });
  if (tcp === null) {
    server.forceShutdown();
    return null;
  }
  return {
    port: tcp.port,
    async close() {
      await tcp.close();
      server.forceShutdown();
    },
  };
}

/** `auto` opens the default port where it is free: a collector on this machine may have it. */
async function openPort(
  context: ListenerContext,
  id: 'grpc' | 'grpcTls',
  onConnection: Parameters<typeof openTcp>[1]['onConnection'],
): Promise<OpenListener | null> {
  const { [id]: wanted } = context.config.otlp;
  const port = wanted === 'auto' ? GRPC_PORT : wanted;
  const options = { receiver: 'otlp', listener: id, port, tls: id === 'grpcTls', alpn: ['h2'], onConnection };
  try {
    return await openTcp(context, options);
  } catch (error) {
    if (wanted !== 'auto' || !(error instanceof PermanentError) || error.code !== 'conflict') throw error;
    const key = `receivers.otlp.${id}`;
    context.warn({ port, key }, `${error.message}: there is no OTLP over gRPC. Another port can be set as ${key}`);
    return null;
  }
}

/** Asks for the key before a byte of the message is read, and counts what is read. */
function admitting(context: ListenerContext, messages: Messages): ServerInterceptor {
  return (_, call) => {
    let message: IncomingMessage | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const end = () => {
      isOver = true;
      clearTimeout(timer);
      message?.release();
    };
    const onReceiveMetadata = async (metadata: Metadata, next: (metadata: Metadata) => void) => {
      try {
        await checkKey(context, call, metadata);
        if (isOver) return;
        message = new IncomingMessage(context, call, (error, firstBytes) => {
          note(context, call, error, firstBytes);
          call.sendStatus(failure(error));
        });
        messages.set(metadata, message);
        timer = setTimeout(() => call.sendStatus(failure(tooSlow())), MESSAGE_DEADLINE_MS).unref();
        next(metadata);
      } catch (error) {
        call.sendStatus(failure(error));
      }
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, receive) => void onReceiveMetadata(metadata, receive),
          onReceiveMessage: (bytes, receive) => receive(bytes),
          onReceiveHalfClose: (receive) => {
            end();
            receive();
          },
          onCancel: end,
        }),
      sendMetadata: (metadata, next) => next(metadata),
      sendMessage: (bytes, next) => next(bytes),
      sendStatus: (status, next) => next(status),
    });
  };
}

function tooSlow(): RetryableError {
  return new RetryableError('overloaded', `the message was not whole after ${MESSAGE_DEADLINE_MS / 1000} s`, 1000);
}

/** @throws PermanentError, which is noted, or RetryableError. */
async function checkKey(context: ListenerContext, call: ServerInterceptingCallInterface, metadata: Metadata) {
  let secret: string | null;
  try {
    secret = secretOf(metadata);
  } catch (error) {
    note(context, call, error as PermanentError);
    throw error;
  }
  await context.check({ secret, remoteAddress: addressOf(call.getPeer()) });
}

function note(
  context: ListenerContext,
  call: ServerInterceptingCallInterface,
  { code, message: reason }: PermanentError | RetryableError,
  firstBytes?: Buffer,
): void {
  const remoteAddress = addressOf(call.getPeer()) ?? '';
  // Copied: the rest of what it was read with is not to be kept.
  const bytes = firstBytes === undefined ? {} : { firstBytes: Buffer.from(firstBytes.subarray(0, 512)) };
  context.note({ remoteAddress, code, reason, ...bytes });
}

async function answer(
  context: ListenerContext,
  messages: Messages,
  call: ExportCall,
  callback: sendUnaryData<Buffer>,
): Promise<void> {
  try {
    const { metadata, request: body } = call;
    const encodings = messages.get(metadata)?.encodings() ?? [];
    const remoteAddress = addressOf(call.getPeer());
    const message = { body, format: 'protobuf', encodings, secret: secretOf(metadata), remoteAddress };
    callback(null, responseBytes(await context.accept(message)));
  } catch (error) {
    callback(failure(error));
  }
}

/** A failure in gRPC's words. */
function failure(caught: unknown) {
  const error = isKnownError(caught) ? caught : new RetryableError('overloaded', 'a fault of the server', 1000);
  const { code, details, statusDetails } = statusOf(error);
  const metadata = new Metadata();
  if (statusDetails !== null) metadata.set('grpc-status-details-bin', statusDetails);
  return { code, details, metadata };
}

/** The address in `127.0.0.1:5` or `::1:5`; grpc-js puts no brackets around an IPv6 address. */
function addressOf(peer: string): string | undefined {
  return peer === 'unknown' ? undefined : peer.replace(/:\d+$/, '');
}
