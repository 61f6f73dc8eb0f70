import type { Socket } from 'node:net';
import type { Egress, EgressTls } from '../../runtime/egress/egress.ts';
import { PermanentError, RetryableError } from '../../runtime/errors.ts';
import { type Strip, tellText } from '../util/answers.ts';
import { brokenConnection, connectTo } from '../util/tcp.ts';
import type { KafkaConfig } from './config.ts';
import { failureOfCode } from './errors.ts';
import { logIn } from './sasl.ts';
import { bytes, int16, int32, Reader, string } from './wire.ts';

/** Versions that every broker from Kafka 1.0 to 4.x speaks: https://cwiki.apache.org/confluence/display/KAFKA/KIP-896 */
const PRODUCE = { key: 0, version: 3 };
const METADATA = { key: 3, version: 4 };
const SASL_HANDSHAKE = { key: 17, version: 1 };
const SASL_AUTHENTICATE = { key: 36, version: 0 };
export const API = { produce: PRODUCE, metadata: METADATA } as const;

const CLIENT_ID = 'tailwater';
const ANSWER_BYTES_MAX = 16 << 20;
/** More than brokers wait for their replicas. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface BrokerOptions {
  host: string;
  port: number;
  config: KafkaConfig;
  secrets: Readonly<Record<string, string>>;
  tls: EgressTls | null;
  egress: Egress;
  strip: Strip;
}

/** A connection to one broker, made when it is first needed and again after it broke. Requests go one after another. */
export interface Broker {
  /** The answer without its head. Throws the two errors, or what the signal says. */
  request(api: { key: number; version: number }, body: Buffer, signal: AbortSignal): Promise<Buffer>;
  close(): void;
}

export function createBroker(options: BrokerOptions): Broker {
  let socket: Socket | null = null;
  let correlation = 0;
  const ask = (api: { key: number; version: number }, body: Buffer, through: Socket, signal: AbortSignal) => {
    correlation = (correlation + 1) & 0x7fffffff;
    const head = [int16(api.key), int16(api.version), int32(correlation), string(CLIENT_ID)];
    return exchange(through, { request: Buffer.concat([...head, body]), correlation, host: options.host, signal });
  };
  const open = async (signal: AbortSignal): Promise<Socket> => {
    const { host, port, tls, egress } = options;
    const made = await connectTo(egress, { host, port, tls, signal });
    made.on('error', () => made.destroy());
    try {
      if (options.config.sasl !== 'none') await authenticate(options, (api, body) => ask(api, body, made, signal));
      return made;
    } catch (error) {
      made.destroy();
      throw error;
    }
  };
  return {
    request: async (api, body, signal) => {
      signal.throwIfAborted();
      if (socket === null || socket.destroyed || !socket.writable) socket = await open(signal);
      return ask(api, body, socket, signal);
    },
    close: () => socket?.destroy(),
  };
}

type Ask = (api: { key: number; version: number }, body: Buffer) => Promise<Buffer>;

/** https://kafka.apache.org/protocol#sasl_handshake */
async function authenticate({ config, secrets, strip }: BrokerOptions, ask: Ask): Promise<void> {
  const handshake = new Reader(await ask(SASL_HANDSHAKE, string(config.sasl.toUpperCase())));
  if (handshake.int16() !== 0) {
    const offered = handshake.array(() => handshake.string()).join(', ');
    const message = `The broker has no ${config.sasl}, but ${tellText(offered, strip) || 'nothing'}.`;
    throw new PermanentError('destination_unauthorized', message, 'sasl');
  }
  await logIn(config, secrets, async (message) => {
    const answer = new Reader(await ask(SASL_AUTHENTICATE, bytes(message)));
    const code = answer.int16();
    const told = answer.string();
    if (code !== 0) throw failureOfCode(code, tellText(told ?? 'no message', strip));
    return answer.bytes();
  });
}

interface Exchange {
  request: Buffer;
  correlation: number;
  host: string;
  signal: AbortSignal;
}

/** Sends a frame and reads the one that answers it. After any failure the connection is of no more use. */
async function exchange(socket: Socket, { request, correlation, host, signal }: Exchange): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < 4) return;
    const all = Buffer.concat(chunks.splice(0));
    chunks.push(all);
    const size = all.readInt32BE();
    if (size < 4 || size > ANSWER_BYTES_MAX) reject(notKafka());
    else if (length >= size + 4) resolve(all.subarray(4, size + 4));
  };
  const onClose = () => reject(socket.errored ?? new Error('closed'));
  const onAbort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(timedOut(host)), ANSWER_TIMEOUT_MS);
  socket.on('data', onData).once('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    socket.write(Buffer.concat([int32(request.length), request]));
    const answer = await promise;
    if (answer.readInt32BE() !== correlation) throw notKafka();
    return answer.subarray(4);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    throw brokenConnection(host, error);
  } finally {
    clearTimeout(timer);
    socket.off('data', onData).off('close', onClose);
    signal.removeEventListener('abort', onAbort);
  }
}

const notKafka = () => new RetryableError('destination_unavailable', 'What answers there does not speak Kafka.', 0);
const timedOut = (host: string) =>
  new RetryableError('destination_unavailable', `${host}: there was no answer in time.`, 0);
