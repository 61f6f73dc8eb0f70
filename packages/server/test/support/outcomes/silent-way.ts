import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { type Certificate, connectTo, forwardUnasked, forwardWire } from './acked-way.ts';
import type { Bed } from './bed.ts';
import { sendRaw } from './raw.ts';
import type { OpenWay, OutcomeRow, OutcomeSender } from './way.ts';

/** A protocol whose senders are told nothing. */
interface SilentWire {
  receiver: string;
  listener: 'udp' | 'tcp' | 'tls';
  /** For the name of the row, where the receiver has another. */
  variant?: string;
  /** What stands for the message on the wire. */
  encode(message: string, index: number): Buffer;
  bad: readonly Buffer[];
}

const DEEP = `{"short_message":"x","_a":${'['.repeat(20_000)}`;

/** RFC 5424 and RFC 3164 in turn. */
function syslogLine(message: string, index: number): string {
  if (index % 2 === 0) return `<14>1 2026-01-02T03:04:05Z box app 7 - - ${message}`;
  return `<14>Jan  2 03:04:05 box app[7]: ${message}`;
}

const SYSLOG_BAD = [
  Buffer.of(0),
  Buffer.alloc(300, 0xff),
  Buffer.from('<999>1 x'),
  Buffer.from('<14>1 2026-13-45T99:99:99Z - - - [a b="'),
  Buffer.from('99999999999999999999 <14>x'),
  Buffer.from('1000 <14>cut short'),
  Buffer.from(`<14>1 - - - - [${'a'.repeat(100_000)}`),
];

const GELF_BAD = [
  Buffer.of(0),
  Buffer.alloc(300, 0xff),
  Buffer.from('{"short_message":'),
  Buffer.from('[]\0"x"\0 7\0null\0{}\0'),
  Buffer.from(`${DEEP}\0`),
  Buffer.from('1f8b08', 'hex'),
  Buffer.from('789c00', 'hex'),
];
const GELF_BAD_CHUNKS = [
  '1e0f',
  '1e0f01020304050607080000',
  '1e0f01020304050607080502aa',
  '1e0f010203040506070800ffaa',
];

const gelf = (message: string) => JSON.stringify({ version: '1.1', host: 'box', short_message: message });
/** Octet counting and line feeds in turn, as a connection of one sender. */
const framed = (line: string, index: number) => (index % 4 < 2 ? `${Buffer.byteLength(line)} ${line}` : `${line}\n`);

export const silentRows = (tls: Certificate | null): OutcomeRow[] => [
  ...(['tcp', 'tls'] as const).map((listener) =>
    rowOf(tls, {
      ...{ receiver: 'syslog', listener, bad: SYSLOG_BAD },
      encode: (message, i) => Buffer.from(framed(syslogLine(message, i), i)),
    }),
  ),
  rowOf(tls, {
    ...{ receiver: 'syslog', listener: 'udp', bad: SYSLOG_BAD },
    encode: (message, i) => Buffer.from(syslogLine(message, i)),
  }),
  rowOf(tls, {
    ...{ receiver: 'gelf', listener: 'tcp', bad: GELF_BAD },
    encode: (message) => Buffer.from(`${gelf(message)}\0`),
  }),
  rowOf(tls, {
    ...{ receiver: 'gelf', listener: 'udp' },
    bad: [...GELF_BAD, ...GELF_BAD_CHUNKS.map((hex) => Buffer.from(hex, 'hex'))],
    encode: (message) => Buffer.from(gelf(message)),
  }),
  rowOf(tls, {
    ...{ receiver: 'fluent-forward', listener: 'tcp', variant: ' without acknowledgements', bad: forwardWire.bad },
    encode: (message) => forwardUnasked([message]),
  }),
];

function rowOf(tls: Certificate | null, wire: SilentWire): OutcomeRow {
  const { receiver, listener, variant = '' } = wire;
  const isTls = listener === 'tls';
  const open = async (bed: Bed): Promise<OpenWay> => {
    const section = { [listener]: 0, apiKey: bed.apiKey };
    const opened = await bed.openListener(receiver, listener, {
      [receiver]: section,
      ...(isTls && tls ? { tls } : {}),
    });
    const port = opened.port!;
    return {
      sender: () => (listener === 'udp' ? datagramSender(wire, port) : streamSender(wire, port)),
      abuse: () => abuse(wire, port),
      close: () => opened.close(),
    };
  };
  const closesOnRefusal = receiver === 'fluent-forward';
  const row = {
    title: `${receiver}.${listener}${variant}`,
    receiver,
    listener,
    learns: 'none',
    closesOnRefusal,
    open,
  } as const;
  return isTls && tls === null ? { ...row, skipped: 'needs openssl' } : row;
}

function datagramSender({ encode }: SilentWire, port: number): OutcomeSender {
  const socket = createSocket('udp4').unref();
  let sent = 0;
  return {
    async send(messages) {
      for (const message of messages) await sendDatagram(socket, encode(message, sent++), port);
      return { acknowledged: [], rest: 'handed' };
    },
    close: () => socket.close(),
  };
}

const sendDatagram = (socket: ReturnType<typeof createSocket>, bytes: Buffer, port: number) =>
  new Promise<void>((resolve) => socket.send(bytes, port, '127.0.0.1', () => resolve()));

function streamSender({ encode, listener }: SilentWire, port: number): OutcomeSender {
  const socket = connectTo(port, listener === 'tls').on('error', () => {});
  let sent = 0;
  return {
    async send(messages) {
      for (const message of messages) {
        const bytes = encode(message, sent++);
        await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
      }
      return { acknowledged: [], rest: 'handed' };
    },
    close: () => socket.destroy(),
  };
}

async function abuse({ listener, bad }: SilentWire, port: number): Promise<void> {
  if (listener === 'udp') {
    const socket = createSocket('udp4');
    for (const bytes of [...bad, Buffer.alloc(0), Buffer.alloc(65_000, 0x7b)]) {
      await sendDatagram(socket, bytes.subarray(0, 65_000), port);
    }
    socket.close();
    return;
  }
  const isTls = listener === 'tls';
  await Promise.all(bad.map((bytes) => sendRaw(() => connectTo(port, isTls), bytes)));
  if (isTls) await sendRaw(() => connect(port, '127.0.0.1'), Buffer.from('no handshake'));
}
