import { expect, test } from 'vitest';
import type { ContentEncoding } from '../receivers/receiver.ts';
import { contentEncodings } from './content-encodings.ts';

const plain = { encodings: () => ['identity', 'gzip', 'zstd'] as const };
const snappy = { encodings: () => ['snappy', 'gzip'] as const, innerEncoding: () => 'snappy' as const };
const of = (route: Parameters<typeof contentEncodings>[0], header?: string) =>
  contentEncodings(route, 'any', { headers: { 'content-encoding': header } });

test.each<[string | undefined, ContentEncoding[], ContentEncoding[]]>([
  [undefined, ['identity'], ['snappy']],
  ['', ['identity'], ['snappy']],
  ['gzip', ['gzip'], ['snappy', 'gzip']],
  [' X-GZIP ', ['gzip'], ['snappy', 'gzip']],
  ['gzip, gzip', ['gzip', 'gzip'], ['snappy', 'gzip', 'gzip']],
])('%j', (header, without, within) => {
  expect(of(plain, header)).toEqual(without);
  expect(of(snappy, header)).toEqual(within);
});

test('graypy names two encodings and means zlib', () => {
  const route = { encodings: () => ['identity', 'gzip', 'deflate'] as const };
  expect(of(route, 'gzip,deflate')).toEqual(['deflate']);
  expect(of(route, 'gzip, deflate')).toEqual(['gzip', 'deflate']);
});

test('an inner encoding that is named is undone once', () => {
  expect(of(snappy, 'snappy')).toEqual(['snappy']);
  expect(of(snappy, 'snappy, gzip')).toEqual(['snappy', 'gzip']);
});

test.each(['br', 'snappy', 'gzip, gzip, gzip', 'gzip;q=1', 'constructor'])('%j is none that is read', (header) => {
  expect(() => of(plain, header)).toThrow(`Content-Encoding "${header}" not supported: this path reads `);
});
