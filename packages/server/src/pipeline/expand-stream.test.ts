import { PassThrough, type Readable } from 'node:stream';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { ContentEncoding } from '../receivers/receiver.ts';
import { canExpandStream, expandStream } from './expand-stream.ts';

const text = Buffer.from('hello '.repeat(50_000));
const layers: [ContentEncoding[], (body: Buffer) => Buffer][] = [
  [['identity'], (body) => body],
  [['gzip'], (body) => gzipSync(body)],
  [['deflate'], (body) => deflateSync(body)],
  [['zstd'], (body) => zstdCompressSync(body)],
  [['zstd', 'gzip'], (body) => gzipSync(zstdCompressSync(body))],
];

async function all(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test.each(layers)('%s comes out as it went in', async (encodings, compress) => {
  const source = new PassThrough();
  source.end(compress(text));
  expect((await all(expandStream(source, encodings))).equals(text)).toBe(true);
});

// As of a client that compresses each of its buffers by itself.
test.each(layers.filter(([[first]]) => first !== 'deflate'))(
  '%s: several behind one another',
  async (encodings, compress) => {
    const source = new PassThrough();
    source.end(Buffer.concat([compress(text), compress(text)]));
    expect((await all(expandStream(source, encodings))).length).toBe(text.length * 2);
  },
);

test.each(layers)('%s: what came is there before the end', async (encodings, compress) => {
  const source = new PassThrough();
  const expanded = expandStream(source, encodings);
  let bytes = 0;
  expanded.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  source.write(compress(text));
  await expect.poll(() => bytes).toBe(text.length);
  source.end();
});

test.each(layers.slice(1))(
  '%s: noise and cuts are the fault of the sender, who gets an answer',
  async (encodings, compress) => {
    for (const body of [Buffer.from('not compressed at all'), compress(text).subarray(0, 30)]) {
      const source = new PassThrough();
      source.end(body);
      await expect(all(expandStream(source, encodings))).rejects.toMatchObject({ code: 'invalid_body' });
      expect(source.destroyed && source.errored).toBeFalsy();
    }
  },
);

test.each(layers)('%s: a source that fails', async (encodings) => {
  const source = new PassThrough();
  const expanded = all(expandStream(source, encodings));
  source.destroy(new Error('aborted'));
  await expect(expanded).rejects.toThrow('aborted');
});

test.each(layers.slice(1))('%s: a bomb goes no faster than its reader', async (encodings, compress) => {
  const source = new PassThrough();
  const expanded = expandStream(source, encodings);
  source.end(compress(Buffer.alloc(20 << 20)));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(expanded.readableLength).toBeLessThanOrEqual(128 << 10);
  expanded.destroy();
});

test('snappy blocks cannot be undone while they come', () => {
  expect(canExpandStream(['snappy'])).toBe(false);
  expect(canExpandStream(['gzip', 'snappy'])).toBe(false);
});
