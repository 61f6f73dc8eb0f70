import { expect, test } from 'vitest';
import { CHUNKS_DEADLINE_MS, ChunkAssembler } from './chunks.ts';
import { NulFramer } from './nul-framer.ts';

function chunk(id: number, number: number, count: number, text: string): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x1e0f);
  head.writeUInt32BE(id, 6);
  head[10] = number;
  head[11] = count;
  return Buffer.concat([head, Buffer.from(text)]);
}

function assembler() {
  const lost: string[] = [];
  const chunks = new ChunkAssembler((reason) => lost.push(reason));
  const add = (datagram: Buffer, peer = 'p', atMs = 0) => chunks.add(datagram, peer, atMs)?.toString() ?? null;
  return { add, lost, chunks };
}

test('in any order, more than once, mixed with others', () => {
  const { add, lost, chunks } = assembler();
  expect(add(Buffer.from('{}'))).toBe('{}');
  expect(add(chunk(1, 0, 1, 'one'))).toBe('one');
  expect(add(chunk(2, 2, 3, 'c'))).toBeNull();
  expect(add(chunk(3, 0, 2, 'x'))).toBeNull();
  expect(add(chunk(2, 2, 3, 'c'))).toBeNull();
  expect(add(chunk(2, 0, 3, 'a'), 'another')).toBeNull();
  expect(add(chunk(2, 0, 3, 'a'))).toBeNull();
  expect(add(chunk(2, 1, 3, 'b'))).toBe('abc');
  expect(add(chunk(3, 1, 2, 'y'))).toBe('xy');
  expect([lost, chunks.size]).toEqual([[], 1]);
});

test('chunks that cannot be', () => {
  const { add, lost } = assembler();
  const bad = [chunk(1, 3, 3, ''), chunk(1, 0, 0, ''), chunk(1, 0, 129, ''), chunk(1, 0, 2, '').subarray(0, 11)];
  for (const datagram of bad) expect(add(datagram)).toBeNull();
  add(chunk(1, 0, 2, 'a'));
  add(chunk(1, 1, 3, 'b'));
  expect(lost).toEqual(Array(5).fill('chunk_invalid'));
});

test('the incomplete are forgotten after a time, and when there are too many', () => {
  const { add, lost, chunks } = assembler();
  add(chunk(1, 0, 2, 'a'), 'p', 0);
  expect(add(chunk(1, 1, 2, 'b'), 'p', CHUNKS_DEADLINE_MS)).toBeNull();
  expect(lost).toEqual(['chunks_incomplete']);
  for (let id = 2; id < 1500; id++) add(chunk(id, 0, 2, 'a'), 'p', CHUNKS_DEADLINE_MS);
  expect([chunks.size, lost.length]).toEqual([1000, 1 + 499]);
  chunks.expire(CHUNKS_DEADLINE_MS * 2);
  expect(chunks.size).toBe(0);
});

test.each([1, 2, 3, 100])('NULs end messages, in pieces of %i bytes', (size) => {
  const frames: string[] = [];
  const framer = new NulFramer(6, (bytes, isCut) => frames.push(bytes.toString() + (isCut ? '!' : '')));
  const bytes = Buffer.from(['{"a"}', '', '{}', '{"too":"long"}', '123456', '{}'].join('\0'));
  for (let p = 0; p < bytes.length; p += size) framer.push(bytes.subarray(p, p + size));
  expect(frames).toEqual(['{"a"}', '{}', '{"too"!', '123456']);
  framer.flush();
  framer.flush();
  expect(frames.slice(4)).toEqual(['{}']);
});
