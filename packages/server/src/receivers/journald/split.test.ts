import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../../test/support/share.ts';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeExport } from './decode.ts';
import { lastEventEnd } from './split.ts';

function sized(name: string, value: string | Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([Buffer.from(`${name}\n`), size, Buffer.from(value as string), Buffer.from('\n')]);
}

test.each([
  ['nothing', '', 0],
  ['a line without its end', 'MESSAGE=x', 0],
  ['an event without the empty line', 'MESSAGE=x\n', 0],
  ['one event', 'MESSAGE=x\n\n', 11],
  ['one and a half', 'MESSAGE=x\n\nMESSAGE=', 11],
  ['empty lines', '\n\n\n', 3],
  ['a value with an empty line in it', sized('MESSAGE', 'a\n\nb=c'), 0],
  ['a size that is cut', 'A=1\n\nMESSAGE\n\x05\0\0', 5],
  ['a size of a value that is to come', Buffer.concat([Buffer.from('A=1\n\n'), sized('B', 'xyz').subarray(0, -2)]), 5],
  ['noise behind an event', 'A=1\n\n<html>\n', 5],
  ['noise at first: the decoder says what it is', '<html>\nA=1\n\n', 12],
  ['a long line without an equals sign', `${'a'.repeat(100)}\n`, 101],
  ['a value longer than its size', `B\n\x01${'\0'.repeat(7)}xyz\n\n`, 15],
])('%s', (_, bytes, end) => {
  expect(lastEventEnd(Buffer.from(bytes as string))).toBe(end);
});

test('cut anywhere, both parts are what they were together', () => {
  const value = fc.oneof(
    fc.constantFrom('a\n\nb', '', '\n', 'A=1\n\n', 'x=y', '\0\xff'),
    fc.string({ unit: 'binary', maxLength: 30 }),
  );
  const field = fc.tuple(fc.constantFrom('MESSAGE', 'A', '_B_1'), value);
  const event = fc.array(field, { minLength: 1, maxLength: 4 });
  const decode = (bytes: Buffer) => decodeForTest((batch) => decodeExport(bytes, batch));
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 5 }), fc.nat(), (events, place) => {
      const whole = Buffer.concat(
        events.map((fields) => Buffer.concat([...fields.map(([name, v]) => sized(name, v)), Buffer.from('\n')])),
      );
      const end = lastEventEnd(whole.subarray(0, place % (whole.length + 1)));
      expect(lastEventEnd(whole)).toBe(whole.length);
      const parts = [decode(whole.subarray(0, end)), decode(whole.subarray(end))];
      expect(parts.flatMap(({ events: some }) => some)).toEqual(decode(whole).events);
    }),
    { numRuns: runs(100) },
  );
});
