import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeBrowser } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: string | Buffer) =>
  decodeForTest((batch) => decodeBrowser(Buffer.from(body as string), batch), {});

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = decode(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test.each([
  ['one event', '{"message":"a"}', 1],
  ['an array', '[{"message":"a"},{"message":"b"}]', 2],
  ['lines', '{"message":"a"}\n{"message":"b"}', 2],
  ['wrapped', '{"logs":[{"message":"a"}]}', 1],
])('%s', (_, body, count) => {
  expect(decode(body)).toEqual({ events: expect.objectContaining({ length: count }) });
});

test.each([
  ['nothing', ''],
  ['white space', ' \n'],
])('a body of %s is refused', (_, body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test('a bad event takes no neighbour with it', () => {
  const decoded = decode('{"message":"a"}\n{"message":"b","timestamp":"never"}\nplain\n{"message":"c"}');
  expect(decoded.events?.map(({ message }) => message)).toEqual(['a', 'c']);
  expect(decoded.rejections?.map(({ index }) => index)).toEqual([1, 2]);
});
