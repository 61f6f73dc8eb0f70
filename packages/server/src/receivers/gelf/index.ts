import type { Socket } from 'node:net';
import { RetryableError } from '../../runtime/errors.ts';
import type {
  HttpAnswer,
  IngestOutcome,
  ListenerContext,
  OpenListener,
  Receipt,
  Receiver,
  RequestHead,
} from '../receiver.ts';
import { errorAnswer, jsonAnswer } from '../util/answers.ts';
import { framedConnection } from '../util/framed-connection.ts';
import { DATAGRAM_PENDING_BYTES_MAX, MessageSender } from '../util/message-sender.ts';
import { rejectionReason } from '../util/rejection.ts';
import { listenerSecret, openTcp } from '../util/tcp-listener.ts';
import { openUdp, plainAddress } from '../util/udp-listener.ts';
import { CHUNKS_DEADLINE_MS, ChunkAssembler } from './chunks.ts';
import { decodeGelf, decodeGelfMessages, messageBytesMax } from './decode.ts';
import { NulFramer } from './nul-framer.ts';

/** Graylog's GELF over HTTP, UDP and TCP. See README.md. */
export const gelf: Receiver = {
  id: 'gelf',
  summary: 'Graylog’s GELF',
  credential,
  keyPlaces: ['?key=KEY'],
  routes: [
    {
      method: 'POST',
      path: '/gelf',
      contentTypes: ['application/json'],
      // Graylog does not look at the Content-Type, and clients say all sorts of things.
      format: () => 'json',
      encodings: () => ['identity', 'gzip', 'deflate', 'zstd'],
      decode: (body, batch) => decodeGelf(body, batch),
      respond,
    },
  ],
  listeners: [
    { id: 'udp', decode: (body, batch) => decodeGelfMessages(body, batch), open: openDatagrams },
    { id: 'tcp', decode: (body, batch) => decodeGelfMessages(body, batch), open: openStream },
  ],
};

/** Graylog asks for no key, so some of its clients can be given a path, but no headers. */
function credential({ headers, query }: RequestHead): string | undefined {
  if (headers.authorization !== undefined || headers['x-api-key'] !== undefined) return undefined;
  return query.get('key') ?? undefined;
}

/** Graylog answers 202 with nothing in it, and 400 for what it cannot read. */
function respond(outcome: IngestOutcome): HttpAnswer {
  if (outcome.kind === 'accepted') return respondTo(outcome.receipt, outcome.requestId);
  const answer = errorAnswer(outcome);
  // Clients of GELF know 429 and 503 at best.
  const isRetried = outcome.error instanceof RetryableError && answer.status !== 429;
  return isRetried ? { ...answer, status: 503 } : answer;
}

function respondTo({ accepted, rejectedCount, rejections }: Receipt, requestId: string): HttpAnswer {
  if (rejectedCount === 0) return { status: 202, headers: {}, body: '' };
  const rejected = rejections.map(({ index, field, error }) => ({ index, field, error }));
  const answer = { accepted, rejected_total: rejectedCount, rejected };
  if (accepted > 0) return jsonAnswer(202, answer);
  const first = rejections.at(0);
  const message = first === undefined ? 'all events were rejected' : rejectionReason(first);
  return jsonAnswer(400, { error: { code: first?.code ?? 'invalid_body', message, request_id: requestId }, ...answer });
}

function senderOf(context: ListenerContext, dropAboveBytes?: number): MessageSender {
  const secret = listenerSecret(context, context.config.gelf.apiKey, 'receivers.gelf.apiKey');
  return new MessageSender(context, {
    secret,
    format: 'messages',
    ...(dropAboveBytes === undefined ? {} : { dropAboveBytes }),
  });
}

async function openDatagrams(context: ListenerContext): Promise<OpenListener | null> {
  const port = context.config.gelf.udp;
  if (port === 'off') return null;
  const sender = senderOf(context, DATAGRAM_PENDING_BYTES_MAX);
  const chunks = new ChunkAssembler((reason) => context.count(reason));
  const onDatagram = (datagram: Buffer, peer: string) => {
    const bytes = datagram.length === 0 ? null : chunks.add(datagram, peer, performance.now());
    if (bytes !== null) sender.push({ bytes, peer });
  };
  const open = await openUdp(context, { receiver: 'gelf', listener: 'udp', port, onDatagram });
  if (open === null) return null;
  const timer = setInterval(() => chunks.expire(performance.now()), CHUNKS_DEADLINE_MS);
  timer.unref();
  return closingWith(open, sender, () => clearInterval(timer));
}

async function openStream(context: ListenerContext): Promise<OpenListener | null> {
  const port = context.config.gelf.tcp;
  if (port === 'off') return null;
  const sender = senderOf(context);
  const bytesMax = messageBytesMax(context.limits);
  const onConnection = (socket: Socket, address: string) =>
    framedConnection({
      ...{ context, socket, sender, peer: plainAddress(address) },
      framer: (onFrame) => new NulFramer(bytesMax, onFrame),
    });
  const open = await openTcp(context, { receiver: 'gelf', listener: 'tcp', port, onConnection });
  return open === null ? null : closingWith(open, sender);
}

function closingWith(open: OpenListener, sender: MessageSender, before?: () => void): OpenListener {
  return {
    port: open.port,
    close: async () => {
      before?.();
      await open.close();
      await sender.close();
    },
  };
}
