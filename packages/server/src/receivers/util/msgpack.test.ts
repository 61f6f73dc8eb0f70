import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from './byte-queue.ts';
import { JsonBytes } from './json-bytes.ts';
import { MsgpackJson, MsgpackSkipper } from './msgpack.ts';

const pack = (value: unknown) => Buffer.from(encode(value, { useBigInt64: true }));

function asJson(bytes: Buffer): string {
  const out = new JsonBytes();
  expect(new MsgpackJson(out).write(bytes, 0)).toBe(bytes.length);
  return out.bytes().toString();
}

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme', maxLength: 80 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 20 }),
    fc.dictionary(fc.string({ maxLength: 40 }), tie('value'), { maxKeys: 20 }),
  ),
})).value;

test('values come out as they went in', () => {
  fc.assert(
    fc.property(value, (any) => {
      expect(JSON.parse(asJson(pack(any)))).toEqual(JSON.parse(JSON.stringify(any)));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  [2n ** 64n - 1n, '18446744073709551615'],
  [-(2n ** 63n), '-9223372036854775808'],
  [Number.POSITIVE_INFINITY, '"Infinity"'],
  [new Map<unknown, unknown>([[5, 1]]), '{"5":1}'],
])('%s', (any, json) => {
  const bytes = any instanceof Map ? Buffer.of(0x81, 5, 1) : pack(any);
  expect(asJson(bytes)).toBe(json);
});

test('a single is written as the shortest number that it is', () => {
  const single = fc.float({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(single, (any) => {
      const bytes = Buffer.alloc(5, 0xca);
      bytes.writeFloatBE(any, 1);
      expect(Math.fround(Number(asJson(bytes)))).toBe(any === 0 ? 0 : any);
    }),
  );
});

test('the ends of values are found, in whatever pieces they come', () => {
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      (values, sizes) => {
        const encoded = values.map(pack);
        const stream = Buffer.concat(encoded);
        const queue = new ByteQueue();
        const skipper = new MsgpackSkipper();
        const found: Buffer[] = [];
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length];
          queue.append(stream.subarray(at, at + size));
          at += size;
          for (let end = skipper.end(queue.bytes(), 0); end > 0; end = skipper.end(queue.bytes(), 0)) {
            found.push(queue.copy(end));
            queue.drop(end);
          }
        }
        expect([found, queue.length]).toEqual([encoded, 0]);
      },
    ),
    { numRuns: 500 },
  );
});
