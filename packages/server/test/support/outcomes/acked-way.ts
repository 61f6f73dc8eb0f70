import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { decodeMulti, encode } from '@msgpack/msgpack';
import type { Bed } from './bed.ts';
import { sendRaw } from './raw.ts';
import type { OpenWay, OutcomeRow, OutcomeSender, Patience, Told } from './way.ts';

/** A protocol on whose connections what is durable is acknowledged, and nothing else is said. */
export interface AckedWire {
  receiver: string;
  /** What is sent, and how to read in the answers which messages of it are acknowledged: so many of the first. */
  exchange(messages: readonly string[]): { bytes: Buffer; acknowledged(answers: Buffer): number };
  /** Bytes that no client sends. */
  bad: readonly Buffer[];
}

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Version 2, as Beats send: https://github.com/logstash-plugins/logstash-input-beats/blob/main/PROTOCOL.md */
const lumberjackWindow = (documents: readonly string[]) =>
  Buffer.concat([
    ...[Buffer.from('2W'), uint32(documents.length)],
    ...documents.flatMap((json, i) => [Buffer.from('2J'), uint32(i + 1), uint32(json.length), Buffer.from(json)]),
  ]);

export const lumberjackWire: AckedWire = {
  receiver: 'lumberjack',
  exchange: (messages) => ({
    bytes: lumberjackWindow(messages.map((message) => JSON.stringify({ message }))),
    // 0 is a sign of life.
    acknowledged: (answers) => {
      let last = 0;
      for (let p = 0; p + 6 <= answers.length; p += 6) last = Math.max(last, answers.readUInt32BE(p + 2));
      return last;
    },
  }),
  bad: [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(100, 0xff),
    Buffer.from('2'),
    Buffer.from('2X'),
    Buffer.concat([Buffer.from('2C'), uint32(3), Buffer.from('abc')]),
    Buffer.concat([Buffer.from('2C'), uint32(0xffffffff), Buffer.from('abc')]),
    Buffer.concat([Buffer.from('2J'), uint32(1), uint32(100), Buffer.from('{"cut":')]),
    Buffer.concat([Buffer.from('2D'), uint32(1), uint32(0xffffffff)]),
    lumberjackWindow(['not json', '7', '[[[['.repeat(10_000), '{"a":'.repeat(10_000), '']),
  ],
};

const forward = (messages: readonly string[], option: object) =>
  Buffer.from(encode(['app', messages.map((message) => [1_763_712_000, { message }]), option]));

/** https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1#response */
export const forwardWire: AckedWire = {
  receiver: 'fluent-forward',
  exchange: (messages) => {
    const chunk = randomUUID();
    const acknowledged = (answers: Buffer) =>
      wholeOf(answers).some((answer) => (answer as { ack?: unknown } | null)?.ack === chunk) ? messages.length : 0;
    return { bytes: forward(messages, { chunk }), acknowledged };
  },
  bad: [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(100, 0xc1),
    Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0x91]),
    Buffer.alloc(100_000, 0x91),
    forward(['cut off'], { chunk: 'x' }).subarray(0, 12),
    Buffer.from(encode(['app', 7, { chunk: 'x' }])),
    Buffer.from(encode([7, [[1, { message: 'x' }]], { chunk: 'x' }])),
    Buffer.from(encode(['app', Buffer.from('no gzip'), { compressed: 'gzip', chunk: 'x' }])),
    Buffer.from(encode(['app', [[1, 'no map'], ['no time', {}], 'nothing'], { chunk: 7 }])),
  ],
};

/** Messages of the forward protocol whose sender does not ask. */
export const forwardUnasked = (messages: readonly string[]): Buffer => forward(messages, {});

function wholeOf(bytes: Buffer): unknown[] {
  const values: unknown[] = [];
  try {
    for (const value of decodeMulti(bytes)) values.push(value);
  } catch {
    // The last one is not all there yet.
  }
  return values;
}

export interface Certificate {
  cert: string;
  key: string;
}

/** Opens a connection to a port of either kind. */
export const connectTo = (port: number, isTls: boolean): Socket =>
  isTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, servername: 'localhost' })
    : connect(port, '127.0.0.1');

export function ackedRow(wire: AckedWire, listener: 'tcp' | 'tls', tls: Certificate | null): OutcomeRow {
  const { receiver } = wire;
  const isTls = listener === 'tls';
  const open = async (bed: Bed): Promise<OpenWay> => {
    const section = { [listener]: 0, apiKey: bed.apiKey };
    const opened = await bed.openListener(receiver, listener, {
      [receiver]: section,
      ...(isTls && tls ? { tls } : {}),
    });
    const port = opened.port!;
    return {
      sender: () => new AckedSender(wire, () => connectTo(port, isTls)),
      async abuse() {
        await Promise.all(wire.bad.map((bytes) => sendRaw(() => connectTo(port, isTls), bytes)));
        if (isTls) await sendRaw(() => connect(port, '127.0.0.1'), Buffer.from('no handshake'));
      },
      close: () => opened.close(),
    };
  };
  const row = { title: `${receiver}.${listener}`, receiver, listener, learns: 'acknowledgements', open } as const;
  return isTls && tls === null ? { ...row, skipped: 'needs openssl' } : row;
}

/** Sends again on a new connection what was not acknowledged, as the clients of these protocols do. */
class AckedSender implements OutcomeSender {
  private readonly wire: AckedWire;
  private readonly connect: () => Socket;
  private socket: Socket | null = null;

  constructor(wire: AckedWire, connect: () => Socket) {
    this.wire = wire;
    this.connect = connect;
  }

  async send(messages: readonly string[], { tries, waitMs }: Patience): Promise<Told> {
    let done = 0;
    for (let i = 0; i < tries && done < messages.length; i++) done += await this.once(messages.slice(done), waitMs);
    return { acknowledged: messages.slice(0, done), rest: 'unanswered' };
  }

  close(): void {
    this.socket?.destroy();
  }

  /** How many of the messages were acknowledged before the connection ended or patience did. */
  private once(messages: readonly string[], waitMs: number): Promise<number> {
    const { bytes, acknowledged } = this.wire.exchange(messages);
    this.socket ??= this.connect();
    const { socket } = this;
    return new Promise((resolve) => {
      let answers = Buffer.alloc(0);
      const end = (isGood: boolean) => {
        clearTimeout(timer);
        socket.removeAllListeners('data').removeAllListeners('close');
        if (!isGood) {
          socket.destroy();
          this.socket = null;
        }
        resolve(acknowledged(answers));
      };
      const timer = setTimeout(() => end(false), waitMs);
      socket.removeAllListeners('error').on('error', () => {});
      socket.on('close', () => end(false));
      socket.on('data', (chunk: Buffer) => {
        answers = Buffer.concat([answers, chunk]);
        if (acknowledged(answers) >= messages.length) end(true);
      });
      socket.write(bytes);
    });
  }
}
