import { decodeSyslog } from '../../src/receivers/syslog/decode.ts';
import { SyslogFramer } from '../../src/receivers/syslog/framer.ts';
import { joinMessages } from '../../src/receivers/util/framed.ts';
import { decoderRun } from './decoder-run.ts';

const REQUEST = { format: 'syslog', query: '', params: {}, receivedAtMs: Date.UTC(2026, 0, 1) };
const SEEDS = [
  '<165>1 2003-10-11T22:14:15.003Z host app 12 ID47 [ex@32473 iut="3" src="a \\"b\\" \\] c"][prio@1 class="high"] x',
  '<34>1 - - - - - - \ufeffmessage',
  '<13>Nov 21 14:00:00 host su[12]: failed\n<14>Dec 31 23:59:59 h CEF:0|V|P\n',
  '<189>123: sw: *Mar  1 00:00:00.123 UTC: %SYS-5-CONFIG_I: configured',
  '46 <13>Nov 21 14:00:00 last message repeated 3 times9 <13>t: m\n<13>2026-11-21T14:00:00+01:00 h t: m\0',
].map((text) => Buffer.from(text));

/** Bytes of a connection: what the framer makes of them, decoded. Bodies of a listener, mutated. */
export function fuzzCases(): { name: string; seeds: Buffer[]; run(body: Buffer): void }[] {
  const decode = decoderRun((body, batch) => decodeSyslog(body, batch, REQUEST));
  const stream = (bytes: Buffer) => {
    const messages: { bytes: Buffer; peer: string; isCut: boolean }[] = [];
    const framer = new SyslogFramer((frame, isCut) => messages.push({ bytes: Buffer.from(frame), peer: '::1', isCut }));
    for (let p = 0; p < bytes.length; p += 50) framer.push(bytes.subarray(p, p + 50));
    framer.flush();
    decode(joinMessages(messages));
  };
  const body = joinMessages(SEEDS.map((bytes) => ({ bytes, peer: '10.1.2.3' })));
  return [
    { name: 'syslog connection', seeds: SEEDS, run: stream },
    { name: 'syslog body', seeds: [body], run: decode },
  ];
}
