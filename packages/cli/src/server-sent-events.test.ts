import { expect, test } from 'vitest';
import { linesOf } from './line-stream.ts';
import { serverSentEvents } from './server-sent-events.ts';

/** The text's bytes in chunks of `size`, so that characters and line ends are cut anywhere. */
async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const SIZES = [1, 2, 3, 1000];

test.each<[string, string[]]>([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\n\nb', ['a', '', 'b']],
  ['a\r\nb\r\n', ['a', 'b']],
  ['a\rb\r', ['a', 'b']],
  ['ä✓\n😀', ['ä✓', '😀']],
])('lines of %j', async (text, expected) => {
  for (const size of SIZES) expect(await collect(linesOf(chunksOf(text, size))), `chunks of ${size}`).toEqual(expected);
});

test.each<[string, string, [string, string][]]>([
  ['typed', 'event: log\ndata: {"a":1}\n\n', [['log', '{"a":1}']]],
  ['untyped', 'data: x\n\n', [['message', 'x']]],
  ['comment', ': ping\n\nevent: log\n: ping\ndata: x\n\n', [['log', 'x']]],
  ['several data lines', 'data: a\ndata:b\ndata\n\n', [['message', 'a\nb\n']]],
  ['id and retry pass by', 'id: 7\nretry: 1\nevent: log\ndata: x\n\n', [['log', 'x']]],
  ['a type without data is none', 'event: log\n\ndata: x\n\n', [['message', 'x']]],
  ['CRLF', 'event: log\r\ndata: x\r\n\r\n', [['log', 'x']]],
  ['cut off', 'data: x\n\ndata: y\n', [['message', 'x']]],
])('server-sent events: %s', async (_name, text, expected) => {
  for (const size of SIZES) {
    const events = await collect(serverSentEvents(chunksOf(text, size)));
    expect(
      events.map(({ type, data }) => [type, data]),
      `chunks of ${size}`,
    ).toEqual(expected);
  }
});
