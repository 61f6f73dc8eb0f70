import { deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import snappy from 'snappy';
import { expect, test } from 'vitest';
import type { ContentEncoding } from '../receivers/receiver.ts';
import { expand } from './expand.ts';

const text = Buffer.from('hello '.repeat(1000));
const bomb = Buffer.alloc(10 << 20);
const compressors: [string, ContentEncoding, (body: Buffer) => Buffer][] = [
  ['gzip', 'gzip', gzipSync],
  ['zlib', 'deflate', deflateSync],
  ['raw deflate', 'deflate', deflateRawSync],
  ['zstd', 'zstd', zstdCompressSync],
  ['snappy', 'snappy', (body) => snappy.compressSync(body) as Buffer],
];

test.each(compressors)('%s comes out as it went in', (_, encoding, compress) => {
  expect(expand(compress(text), [encoding], 1 << 20).equals(text)).toBe(true);
});

test.each(compressors)('%s: a bomb stops at the limit and names it', (_, encoding, compress) => {
  expect(() => expand(compress(bomb), [encoding], 1 << 20)).toThrow(/limits\.bodyExpandedBytesMax/);
});

test.each(compressors)("%s: garbage is the sender's fault", (_, encoding) => {
  for (const body of [Buffer.from('not compressed at all'), Buffer.alloc(0), compressors[0][2](text).subarray(0, 20)]) {
    expect(() => expand(body, [encoding], 1 << 20)).toThrow(expect.objectContaining({ code: 'invalid_body' }));
  }
});

test('several members of gzip are one body', () => {
  const body = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')]);
  expect(expand(body, ['gzip'], 100).toString()).toBe('one\ntwo\n');
});

test('encodings are undone from the last to the first', () => {
  const body = gzipSync(snappy.compressSync(text) as Buffer);
  expect(expand(body, ['snappy', 'gzip'], 1 << 20).equals(text)).toBe(true);
});

test('a plain body over the limit is refused too', () => {
  expect(() => expand(text, ['identity'], 10)).toThrow(/limits\.bodyExpandedBytesMax/);
});
