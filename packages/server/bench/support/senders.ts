import { createSocket } from 'node:dgram';
import { renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { ADMIN_KEY, type SpawnedServer } from '../../test/support/server.ts';
import type { BenchEvent, Protocol } from '../protocols/protocol.ts';
import { httpAnswerEnd, httpRequest, openExchange } from './exchange.ts';

/** Sends what was built before, in the protocol's own framing. */
export interface Sender {
  /** Sends each message once. Resolves with the ms that each waited for its answer; none where nothing is answered. */
  send(): Promise<number[]>;
  close(): void;
}

export interface SenderPlace {
  server: SpawnedServer;
  /** The directory that file-tail watches. */
  filesDir: string;
}

/** Connections, each with one message under way. */
const CONNECTIONS = 4;
const GRPC_PATH = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

const chunked = (events: readonly BenchEvent[], size: number): BenchEvent[][] =>
  Array.from({ length: Math.floor(events.length / size) }, (_, i) => events.slice(i * size, (i + 1) * size));

/** What is sent, and whatever there is to connect. All bytes are made here. */
export async function openSender(
  protocol: Protocol,
  events: readonly BenchEvent[],
  place: SenderPlace,
): Promise<Sender> {
  const { wire, batch, body } = protocol;
  const groups = chunked(events, batch);
  switch (wire.kind) {
    case 'http': {
      const headers = { authorization: `Bearer ${ADMIN_KEY}`, ...wire.headers };
      const compress = wire.compress ?? ((bytes: Buffer) => bytes);
      const requests = groups.map((group) => httpRequest(wire.path, headers, compress(body(group))));
      return openAcked(requests, place.server.httpPort, httpAnswerEnd, /^HTTP\/1\.1 2/);
    }
    case 'acked': {
      const messages = groups.map(body);
      return openAcked(messages, portOf(place.server, wire.listener), wire.answerEnd, /^/);
    }
    case 'grpc':
      return openGrpc(groups.map(body), portOf(place.server, 'otlp.grpc'));
    case 'stream':
      return openStream(groups.map(wire.bytes), portOf(place.server, wire.listener));
    case 'datagrams':
      return openDatagrams(events.map(wire.datagram), portOf(place.server, wire.listener));
    case 'file':
      return openFiles(Buffer.concat(groups.map(body)), place.filesDir);
  }
}

function portOf({ ready }: SpawnedServer, listener: string): number {
  const port = (ready as { listeners: Record<string, number> }).listeners[listener];
  if (port === undefined) throw new Error(`the server has not opened ${listener}`);
  return port;
}

async function openAcked(
  messages: readonly Buffer[],
  port: number,
  answerEnd: (answer: Buffer) => number,
  expected: RegExp,
): Promise<Sender> {
  const exchanges = await Promise.all(Array.from({ length: CONNECTIONS }, () => openExchange(port, answerEnd)));
  return {
    send: () =>
      timed(messages, exchanges, async (exchange, message) => {
        const answer = await exchange.send(message);
        if (!expected.test(answer)) throw new Error(`the server answered ${answer}`);
      }),
    close: () => {
      for (const exchange of exchanges) exchange.close();
    },
  };
}

/** Every lane takes the next message as soon as its last one is answered. */
async function timed<Lane>(
  messages: readonly Buffer[],
  lanes: readonly Lane[],
  send: (lane: Lane, message: Buffer) => Promise<void>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const run = async (lane: Lane) => {
    while (next < messages.length) {
      const message = messages[next++];
      const startedAt = performance.now();
      await send(lane, message);
      times.push(performance.now() - startedAt);
    }
  };
  await Promise.all(lanes.map(run));
  return times;
}

function openGrpc(messages: readonly Buffer[], port: number): Sender {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${ADMIN_KEY}`);
  const lane = (_: unknown, i: number) =>
    new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.local_subchannel_pool': 1, lane: i });
  const clients = Array.from({ length: CONNECTIONS }, lane);
  const same = (bytes: Buffer) => bytes;
  const call = (client: Client, message: Buffer) =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(GRPC_PATH, same, same, message, metadata, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  return {
    send: () => timed(messages, clients, call),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

/** One connection: what it has not read yet waits in the kernel. */
function openStream(pieces: readonly Buffer[], port: number): Sender {
  const socket = connect({ host: '127.0.0.1', port });
  return {
    send: async () => {
      for (const piece of pieces) {
        if (!socket.write(piece)) await new Promise<void>((resolve) => socket.once('drain', () => resolve()));
      }
      return [];
    },
    close: () => socket.destroy(),
  };
}

/** Datagrams at once, and the ms between two such bursts: what the kernel's default buffer holds, at 16,000 a second. */
const BURST = 64;
const BURST_INTERVAL_MS = 4;

function openDatagrams(datagrams: readonly Buffer[], port: number): Sender {
  const socket = createSocket('udp4');
  const send = (datagram: Buffer) =>
    new Promise<void>((resolve, reject) => {
      socket.send(datagram, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
    });
  return {
    send: async () => {
      const startedAt = performance.now();
      for (let at = 0; at < datagrams.length; at += BURST) {
        await Promise.all(datagrams.slice(at, at + BURST).map(send));
        const dueMs = (at / BURST + 1) * BURST_INTERVAL_MS - (performance.now() - startedAt);
        if (dueMs > 0) await sleep(dueMs);
      }
      return [];
    },
    close: () => socket.close(),
  };
}

/** A file that is there at once with all it holds. */
function openFiles(text: Buffer, dir: string): Sender {
  let count = 0;
  return {
    send: async () => {
      const name = `bench-${count++}`;
      // The name tells the files apart, and so must their first bytes.
      writeFileSync(join(dir, `${name}.tmp`), Buffer.concat([Buffer.from(`{"message":"${name}"}\n`), text]));
      renameSync(join(dir, `${name}.tmp`), join(dir, `${name}.log`));
      return [];
    },
    close: () => {},
  };
}
