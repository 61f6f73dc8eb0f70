import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest, newBatch, storedEvents } from '../util/test-batch.ts';
import { decodeItems, decodeLines } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const items = (body: string | Buffer, query = '', limits = {}) =>
  decodeForTest((batch) => decodeItems(Buffer.from(body as string), batch, query), limits);
const lines = (body: string | Buffer, query = '', limits = {}) =>
  decodeForTest((batch) => decodeLines(Buffer.from(body as string), batch, query), limits);

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = (input.endsWith('.txt') ? lines : items)(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test.each(['', ' \n', '{}', '[]', '[{}]', '{}\n{ }'])('%j keeps a connection alive', (body) => {
  expect(items(body)).toEqual({ events: [] });
});

test('the query is for what an item does not say', () => {
  const query = 'ddsource=q-source&hostname=q-host&service=q-service&ddtags=env:prod,team:a&dd-api-key=k';
  expect(
    items('[{"message":"a"},{"message":"b","hostname":"h","service":"s","ddtags":"env:own"}]', query).events,
  ).toEqual([
    {
      service: 'q-service',
      host: 'q-host',
      message: 'a',
      attributes: { env: 'prod', team: 'a', ddsource: 'q-source' },
    },
    {
      service: 's',
      host: 'h',
      message: 'b',
      attributes: { env: 'own', 'ddtags.env': 'prod', team: 'a', ddsource: 'q-source' },
    },
  ]);
  expect(lines('text', query).events).toMatchObject([{ service: 'q-service', host: 'q-host', message: 'text' }]);
});

test('limits are named', () => {
  for (const read of [items, lines]) {
    const big = read(`{"message":"${'x'.repeat(200)}"}\n{"message":"ok"}`, '', { eventBytesMax: 100 });
    expect(big.rejections?.[0]?.error).toContain('limits.eventBytesMax');
    expect(big.events).toEqual([{ message: 'ok' }]);
    expect(read('{"message":"x"}\n'.repeat(3), '', { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  }
});

test('tags that were forgotten between two bodies are learnt again', () => {
  const batch = newBatch();
  for (let i = 0; i < 3; i++) {
    batch.clear();
    decodeItems(Buffer.from(`{"pad${i}":1,"ddtags":"env:e${i},same:x","message":"m"}`), batch, '');
    expect(storedEvents(batch)[0]?.attributes).toMatchObject({ env: { text: `e${i}` }, same: { text: 'x' } });
    batch.clear();
    batch.symbols.trimIfLarge(0);
  }
});

test('a list of tags of any length is read', () => {
  const tags = Array.from({ length: 400 }, (_, i) => `tag${i}:value${i}`);
  expect(
    Object.keys(items(`{"message":"m","ddtags":"${tags.join(',')}"}`).events![0].attributes as object),
  ).toHaveLength(400);
});
