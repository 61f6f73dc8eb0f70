import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { kafka } from '../../../src/destinations/kafka/index.ts';
import type { Fault, Vendor } from './vendor.ts';

const [USER, PASSWORD, TOPIC] = ['tailwater', 'kafka0secret5e1f4b7a9c3d2e6f8a0b', 'logs'];
/** `message.max.bytes`: https://kafka.apache.org/documentation/#brokerconfigs_message.max.bytes */
const BATCH_BYTES_MAX = 1_048_588;

interface Taken {
  key: string | null;
  value: string;
  headers: Record<string, string>;
  timestampMs: number;
}

/**
 * One broker with one topic of one partition, and SASL PLAIN, by https://kafka.apache.org/protocol: it takes the versions
 * that brokers of 1.0 and of 4.x have in common, checks lengths, CRC-32C and counts, and refuses all else.
 */
export async function openKafkaVendor(): Promise<Vendor & { taken: Taken[] }> {
  const taken: Taken[] = [];
  const complaints: string[] = [];
  const sockets = new Set<Socket>();
  let fault: Fault | null = null;
  let stall = Promise.withResolvers<void>();
  let port = 0;
  const produce = (body: Cursor): Buffer => {
    const [, acks] = [body.text(), body.int(2), body.int(4)];
    if (acks !== -1) complaints.push(`acks ${acks}`);
    const answers: Buffer[] = [];
    for (let topics = body.int(4); topics > 0; topics--) {
      const name = body.text();
      const codes: Buffer[] = [];
      for (let partitions = body.int(4); partitions > 0; partitions--) {
        const index = body.int(4);
        const batch = body.take(body.int(4));
        const isKnown = name === TOPIC && index === 0;
        const code = fault === 'failing' ? 19 : isKnown ? takeBatch(batch, fault, taken, complaints) : 3;
        codes.push(Buffer.concat([be(index, 4), be(code, 2), be(0, 8), be(-1, 8)]));
      }
      answers.push(Buffer.concat([text(name), be(codes.length, 4), ...codes]));
    }
    return Buffer.concat([be(answers.length, 4), ...answers, be(0, 4)]);
  };
  const answer = (request: Buffer, session: { isKnown: boolean }, socket: Socket): Buffer | null => {
    const body = new Cursor(request);
    const api = `${body.int(2)}.${body.int(2)}`;
    const correlation = body.take(4);
    body.text();
    if (api === '17.1') {
      const isOffered = body.text() === 'PLAIN';
      return Buffer.concat([correlation, be(isOffered ? 0 : 33, 2), be(1, 4), text('PLAIN')]);
    }
    if (api === '36.0') return Buffer.concat([correlation, authenticate(body, session)]);
    if (!session.isKnown) complaints.push(`${api} without login`);
    else if (api === '3.4') return Buffer.concat([correlation, metadata(body, port)]);
    else if (api === '0.3' && fault === 'stalled') {
      stall.resolve();
      return null;
    } else if (api === '0.3' && fault !== 'reset') return Buffer.concat([correlation, produce(body)]);
    else if (api !== '0.3') complaints.push(`api ${api}`);
    socket.resetAndDestroy();
    return null;
  };
  const server = createServer((socket) => {
    const session = { isKnown: false };
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    eachFrame(socket, (request) => {
      const reply = answer(request, session, socket);
      if (reply !== null) socket.write(Buffer.concat([be(reply.length, 4), reply]));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  const at = (host: string, to: number, password = PASSWORD) => ({
    config: kafka.config.parse({
      brokers: [`${host}:${to}`],
      topic: TOPIC,
      sasl: 'plain',
      username: USER,
      key: 'service',
    }),
    secrets: { password },
  });
  return {
    settings: at('127.0.0.1', port),
    unauthorized: at('127.0.0.1', port, 'kafka0wrong5e1f4b7a9c3d2e6f8a0b1'),
    at: (host, to) => at(host, to),
    faults: ['failing', 'reset', 'stalled', 'too_large'],
    fail: (next) => {
      stall = Promise.withResolvers();
      fault = next;
    },
    stalled: () => stall.promise,
    messages: () => taken.map(({ value }) => (JSON.parse(value) as { message: string }).message),
    complaints: () => complaints,
    takesOnce: false,
    taken,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const NOTHING = Buffer.alloc(0);

/** Itself, and the topic if it is asked for. */
function metadata(body: Cursor, port: number): Buffer {
  const names = Array.from({ length: body.int(4) }, () => body.text());
  const topics = names.map((name) => {
    const isKnown = name === TOPIC;
    const partition = Buffer.concat([be(0, 2), be(0, 4), be(7, 4), be(1, 4), be(7, 4), be(1, 4), be(7, 4)]);
    return Buffer.concat([
      be(isKnown ? 0 : 3, 2),
      text(name),
      be(0, 1),
      be(isKnown ? 1 : 0, 4),
      isKnown ? partition : NOTHING,
    ]);
  });
  const broker = Buffer.concat([be(7, 4), text('127.0.0.1'), be(port, 4), be(-1, 2)]);
  return Buffer.concat([be(0, 4), be(1, 4), broker, text('cluster'), be(7, 4), be(topics.length, 4), ...topics]);
}

function authenticate(body: Cursor, session: { isKnown: boolean }): Buffer {
  const given = body.take(body.int(4)).toString();
  session.isKnown = given === `\0${USER}\0${PASSWORD}`;
  if (session.isKnown) return Buffer.concat([be(0, 2), be(-1, 2), be(0, 4)]);
  return Buffer.concat([be(58, 2), text(`Authentication failed: ${given}`), be(0, 4)]);
}

/** Requests as they come, however they are cut. */
function eachFrame(socket: Socket, told: (request: Buffer) => void): void {
  let waiting = NOTHING;
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE()) {
      const end = 4 + waiting.readInt32BE();
      told(waiting.subarray(4, end));
      waiting = waiting.subarray(end);
    }
  });
}

/** Big-endian, two's complement. */
function be(value: number, length: 1 | 2 | 4 | 8): Buffer {
  const wide = Buffer.alloc(8);
  wide.writeBigInt64BE(BigInt(value));
  return wide.subarray(8 - length);
}

const text = (value: string): Buffer => Buffer.concat([be(Buffer.byteLength(value), 2), Buffer.from(value)]);

class Cursor {
  private readonly buffer: Buffer;
  at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  take(length: number): Buffer {
    if (this.at + length > this.buffer.length) throw new RangeError('cut off');
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }

  int(length: 1 | 2 | 4): number {
    return this.take(length).readIntBE(0, length);
  }

  text(): string {
    const length = this.int(2);
    return length < 0 ? '' : this.take(length).toString();
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.take(1)[0]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
  }

  get isAtEnd(): boolean {
    return this.at === this.buffer.length;
  }
}

/** Takes a record batch (magic 2), or says by its error code what is wrong with it. */
function takeBatch(batch: Buffer, fault: Fault | null, taken: Taken[], complaints: string[]): number {
  if (fault === 'too_large' || batch.length > BATCH_BYTES_MAX) return 10;
  const head = new Cursor(batch);
  const [, length, , magic, crc] = [head.take(8), head.int(4), head.int(4), head.int(1), head.take(4).readUInt32BE()];
  if (length !== batch.length - 12 || magic !== 2 || crc !== castagnoli(batch.subarray(21))) {
    complaints.push(`a batch of ${batch.length} bytes: length ${length}, magic ${magic}, CRC ${crc}`);
    return 2;
  }
  const [attributes, lastDelta] = [head.int(2), head.int(4)];
  const [first] = [head.take(8).readBigInt64BE(), head.take(8), head.take(14)];
  const count = head.int(4);
  const content = batch.subarray(head.at);
  const records = new Cursor((attributes & 7) === 1 ? gunzipSync(content) : content);
  for (let i = 0; i < count; i++) {
    const record = new Cursor(records.take(records.varint()));
    record.take(1);
    const [timeDelta, offset, keyLength] = [record.varint(), record.varint(), record.varint()];
    const key = keyLength < 0 ? null : record.take(keyLength).toString();
    const value = record.take(record.varint()).toString();
    const headers: Record<string, string> = {};
    for (let left = record.varint(); left > 0; left--) {
      const name = record.take(record.varint()).toString();
      headers[name] = record.take(record.varint()).toString();
    }
    if (offset !== i || !record.isAtEnd) complaints.push(`record ${i}: offset ${offset}`);
    taken.push({ key, value, headers, timestampMs: Number(first) + timeDelta });
  }
  if (!records.isAtEnd || lastDelta !== count - 1) complaints.push(`${count} records, last ${lastDelta}`);
  return 0;
}

/** CRC-32C, bit by bit. */
function castagnoli(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}
