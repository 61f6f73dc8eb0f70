import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeExport } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: string | Buffer, limits = {}) =>
  decodeForTest((batch) => decodeExport(Buffer.from(body as string), batch), limits);

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = decode(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

/** A field whose value may hold any bytes. */
function binary(name: string, value: Buffer | string, size = BigInt(Buffer.byteLength(value))): Buffer {
  const head = Buffer.alloc(name.length + 9);
  head.write(`${name}\n`);
  head.writeBigUInt64LE(size, name.length + 1);
  return Buffer.concat([head, Buffer.from(value as string), Buffer.from('\n')]);
}
const eventOf = (...fields: (Buffer | string)[]) =>
  Buffer.concat([...fields.map((field) => Buffer.from(field as string)), Buffer.from('\n')]);

test.each(['', '\n', '\n\n\n'])('nothing but empty lines: no event', (body) => {
  expect(decode(body)).toEqual({ events: [] });
});

test.each([
  ['a line without its end', Buffer.from('MESSAGE=x')],
  ['an event without the empty line behind it', Buffer.from('MESSAGE=x\n')],
  ['a size that is cut', Buffer.from('MESSAGE\n\x01\0\0')],
  ['a size beyond the body', binary('MESSAGE', 'x', 1n << 40n)],
  ['the largest size', binary('MESSAGE', 'x', (1n << 64n) - 1n)],
])('%s: the body is cut short', (_, body) => {
  expect(decode(body).error).toMatchObject({ code: 'invalid_body', message: expect.stringContaining('ends inside') });
});

test('a value longer or shorter than its size is refused with the position', () => {
  expect(decode(eventOf(binary('MESSAGE', 'abc', 2n))).error?.message).toContain(
    'behind the 2 bytes of MESSAGE at byte',
  );
  expect(decode('no name\n\n').error?.message).toBe('export format: expected NAME=value at byte 0');
});

test('binary values hold line feeds, equals signs and bytes that are no UTF-8', () => {
  const value = Buffer.concat([Buffer.from('a=1\n\nb'), Buffer.of(0xff, 0)]);
  expect(decode(eventOf(binary('MESSAGE', value), binary('EMPTY', '')))).toEqual({
    events: [{ message: 'a=1\n\nb\ufffd\0', attributes: { EMPTY: '' } }],
  });
});

test('the identifier names the service, else the unit; what does not stays an attribute', () => {
  const one = (...fields: string[]) => decode(eventOf(...fields)).events![0];
  expect(one('_SYSTEMD_UNIT=a.service\n', 'SYSLOG_IDENTIFIER=a\n')).toEqual({
    service: 'a',
    attributes: { _SYSTEMD_UNIT: 'a.service' },
  });
  expect(one('_SYSTEMD_UNIT=a.service\n')).toEqual({ service: 'a.service' });
  expect(one('SYSLOG_IDENTIFIER=\n', '_SYSTEMD_UNIT=a.service\n')).toMatchObject({ service: 'a.service' });
});

test.each([
  ['0', '1970-01-01T00:00:00.000000000Z'],
  ['1', '1970-01-01T00:00:00.000001000Z'],
  ['1795161600000001', '2026-11-20T08:00:00.000001000Z'],
])('time %s µs', (text, timestamp) => {
  const { events } = decode(`__REALTIME_TIMESTAMP=${text}\n\n`);
  expect(events![0].timestamp ?? '1970-01-01T00:00:00.000000000Z').toBe(timestamp);
});

test.each(['', 'x', '-1', '1.5', '99999999999999999999'])('time "%s" is no time', (text) => {
  expect(decode(`__REALTIME_TIMESTAMP=${text}\n\n`).events).toEqual([{ attributes: { __REALTIME_TIMESTAMP: text } }]);
});

test('priorities', () => {
  const body = [0, 1, 2, 3, 4, 5, 6, 7, 8, ''].map((priority) => `PRIORITY=${priority}\n\n`).join('');
  const { events } = decode(body);
  expect(events!.map(({ severityNumber }) => severityNumber)).toEqual([
    23,
    22,
    21,
    17,
    13,
    10,
    9,
    5,
    undefined,
    undefined,
  ]);
});

test('names given twice: an array; fields of the event keep the first', () => {
  const body = 'A=1\nMESSAGE=m\nB=x\nA=2\nMESSAGE=n\nA="3"\nMESSAGE=o\n\nA=4\n\n';
  expect(decode(body).events).toEqual([
    { message: 'm', attributes: { A: '["1","2","\\"3\\""] (json)', MESSAGE: '["n","o"] (json)', B: 'x' } },
    { attributes: { A: '4' } },
  ]);
});

test('a field that is no message is cut to 64 KiB, not within a character, and its size is told', () => {
  const dump = `x${'é'.repeat(40_000)}`;
  const [event] = decode(eventOf(binary('COREDUMP', dump), 'MESSAGE=dumped\n')).events!;
  const { COREDUMP, 'COREDUMP.bytes': bytes } = event.attributes as Record<string, string>;
  expect(bytes).toBe('80001 (number)');
  expect(COREDUMP).toBe(`x${'é'.repeat(32_767)}`);
});

test('limits are named, and neighbours stay', () => {
  const body = `MESSAGE=${'x'.repeat(200)}\n\nMESSAGE=y\n\nA=1\nB=2\nC=3\n\n`;
  const { events, rejections } = decode(body, { eventBytesMax: 100, eventAttributesMax: 2 });
  expect(events).toEqual([{ message: 'y' }]);
  expect(rejections!.map(({ index, error }) => [index, /limits\.\w+/.exec(error)![0]])).toEqual([
    [0, 'limits.eventBytesMax'],
    [2, 'limits.eventAttributesMax'],
  ]);
  expect(decode('A=1\n\n'.repeat(3), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('bodies made to be slow are not', () => {
  const names = Buffer.concat(Array.from({ length: 200_000 }, () => binary('A', '')));
  const distinct = Array.from({ length: 20_000 }, (_, i) => `N${i}=1\nN${i}=2\n`).join('');
  const begun = performance.now();
  expect(decode(Buffer.concat([names, Buffer.from('\n')])).events).toHaveLength(1);
  expect(decode(`${distinct}\n`).rejections).toHaveLength(1);
  expect(performance.now() - begun).toBeLessThan(4000);
});
