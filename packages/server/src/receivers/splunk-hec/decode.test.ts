import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeEvents, decodeRaw } from './decode.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const decode = (body: string | Buffer, query = '', limits = {}) =>
  decodeForTest((batch) => decodeEvents(Buffer.from(body as string), batch, query), limits);
const raw = (body: string, query = '') => decodeForTest((batch) => decodeRaw(Buffer.from(body), batch, query));

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const decoded = decode(readFileSync(new URL('input.json', folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

test.each(['', ' \r\n\t'])('no data: %j', (body) => {
  for (const decoded of [decode(body), raw(body)]) {
    expect(decoded.error).toEqual({ code: 'invalid_body', message: 'No data' });
  }
});

test.each([
  ['without anything between', '{"event":"a"}{"event":"b"}', 2],
  ['with line breaks', '{"event":"a"}\r\n{"event":"b"}\n', 2],
  ['over many lines', '{\n "event": "a"\n}\n{\n "event": "b"\n}', 2],
  ['in an array', '[{"event":"a"},{"event":"b"}]', 2],
  ['in an empty array', '[]', 0],
])('envelopes %s', (_, body, count) => {
  expect(decode(body)).toEqual({ events: expect.objectContaining({ length: count }) });
});

test('the query is for what an envelope does not say', () => {
  const query = 'host=q-host&source=q-source&sourcetype=q-type&index=q-index&channel=x';
  expect(
    decode('{"event":"a"}{"event":"b","host":"h","source":"s","sourcetype":"t","index":"i"}', query).events,
  ).toEqual([
    {
      service: 'q-type',
      host: 'q-host',
      message: 'a',
      attributes: { source: 'q-source', sourcetype: 'q-type', index: 'q-index' },
    },
    { service: 't', host: 'h', message: 'b', attributes: { source: 's', sourcetype: 't', index: 'i' } },
  ]);
});

test('raw: a line is an event, with what the query says', () => {
  expect(raw('one\r\n\ntwo "x" {}\n \nthree', 'host=h&time=1795248980.5')).toEqual({
    events: ['one', 'two "x" {}', ' ', 'three'].map((message) => ({
      timestamp: '2026-11-21T08:16:20.500000000Z',
      host: 'h',
      message,
    })),
  });
  expect(raw('one', '?time=soon').events).toEqual([{ message: 'one', attributes: { time: 'soon' } }]);
});

test('limits are named', () => {
  const big = decode(`{"event":"${'x'.repeat(200)}"}{"event":"ok"}`, '', { eventBytesMax: 100 });
  expect(big.rejections?.[0]?.error).toContain('limits.eventBytesMax');
  expect(big.events).toEqual([{ message: 'ok' }]);
  expect(decode('{"event":"x"}'.repeat(3), '', { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('a name that would fill the table of symbols stays an attribute', () => {
  const long = 'h'.repeat(5000);
  expect(decode(`{"event":"a","host":"${long}","sourcetype":"${long}"}`).events).toEqual([
    { message: 'a', attributes: { host: long, sourcetype: long } },
  ]);
});
