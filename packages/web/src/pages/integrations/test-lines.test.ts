import { expect, test } from 'vitest';
import { linesOf } from './test-lines.ts';

test('lines come whole, however the bytes are cut', async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}\n{"b":1}\n{"c":2}');
  const cuts = [bytes.slice(0, 7), bytes.slice(7, 12), bytes.slice(12)];
  const lines: string[] = [];
  for await (const line of linesOf(ReadableStream.from(cuts))) lines.push(line);
  expect(lines).toEqual(['{"a":"ä"}', '{"b":1}', '{"c":2}']);
});
