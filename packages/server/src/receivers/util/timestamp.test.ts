import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numberOfText, readNumber } from './number.ts';
import { TimestampReader } from './timestamp.ts';

const reader = new TimestampReader();
const nanos = () => BigInt.asIntN(64, (BigInt(reader.high) << 32n) | BigInt(reader.low));
const read = (text: string) => {
  // With digits on both sides, so that reading too far is seen.
  const bytes = Buffer.from(`12${text}34`);
  return reader.fromText(bytes, 2, bytes.length - 2) ? nanos() : null;
};

const inStore = { min: new Date('1680-01-01'), max: new Date('2262-01-01'), noInvalidDate: true };
const fraction = fc.bigInt({ min: 0n, max: 999_999_999n });

test('ISO 8601 is read as Date reads it, to the nanosecond', () => {
  fc.assert(
    fc.property(fc.date(inStore), fraction, fc.integer({ min: -1439, max: 1439 }), (date, nano, offset) => {
      const seconds = Math.floor(date.getTime() / 1000);
      const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
      const minutes = Math.abs(offset);
      const zone = `${offset < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
      expect(read(`${local}.${pad(nano, 9)}${zone}`)).toBe(BigInt(seconds) * 1_000_000_000n + nano);
    }),
  );
});

test.each([
  ['seconds', 9, 0n],
  ['milliseconds', 6, 10n ** 17n],
  ['microseconds', 3, 10n ** 17n],
  ['nanoseconds', 0, 10n ** 17n],
])('an epoch in %s, with a fraction', (_, places, least) => {
  // Nanoseconds that fit a signed 64-bit integer and, written in this unit, have the number of digits that says so.
  fc.assert(
    fc.property(fc.bigInt({ min: least, max: 9_200_000_000_000_000_000n }), fc.boolean(), (value, negative) => {
      const text = pad(value, places + 1);
      const point = text.length - places;
      const number = `${negative ? '-' : ''}${text.slice(0, point)}${places > 0 ? '.' : ''}${text.slice(point)}`;
      expect(read(number)).toBe(negative ? -value : value);
    }),
  );
});

test.each([
  '',
  '-',
  '.5',
  '1.',
  '1x',
  '0x10',
  '1e',
  '1e99',
  '12:30',
  'now',
  '20000000000000000000',
  '2026-11-21T',
  '2026-11-21T8:00',
  '2026-11-21T08',
  '2026-11-21T08:0',
  '2026-11-21T08:00:0',
  '2026-11-21T08:00:00+1',
  '2026-11-21T08:00:00+01:',
  '2026-11-21T08:00:00+24:00',
  '2026-11-21T08:00:00 CET',
  '2026-11-21T24:00:00Z',
  '2026-11-21T08:60:00Z',
  '2026-11-21T08:00:61Z',
  '2026-11-21x08:00:00',
  '2026-02-29',
  '2026-00-10',
  '2026-13-10',
  '2026-04-31',
  '2026-1-021',
  '2026-11-2',
  '2026/11/21',
  '21 Nov 2026',
])('%j is no timestamp', (text) => {
  expect(read(text)).toBe(null);
});

test('numbers are read as Number() reads them', () => {
  const decimal = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 17n }), fc.nat(20)).map(([digits, places]) => {
    const text = pad(digits, places + 1);
    return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
  });
  fc.assert(
    fc.property(
      fc.oneof(decimal, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)),
      fc.boolean(),
      (text, negative) => {
        const number = negative ? `-${text.replace(/^-/, '')}` : text;
        const bytes = Buffer.from(`9${number}9`);
        expect(readNumber(bytes, 1, bytes.length - 1)).toBe(Number(number));
      },
    ),
  );
});

test.each([
  ['12.5', 12.5],
  ['+3', 3],
  ['-.5e1', -5],
  ['1.', 1],
])('%s is the text of a number', (text, value) => {
  expect(numberOfText(text)).toBe(value);
});

test.each(['', ' ', '1 ', '0x1', '1e999', 'Infinity', 'NaN', '1_0', '12ms'])('%j is not', (text) => {
  expect(numberOfText(text)).toBeNaN();
});

function pad(value: bigint | number, digits: number): string {
  return String(value).padStart(digits, '0');
}
