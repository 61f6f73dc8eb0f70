import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decodeForTest } from '../util/test-batch.ts';
import { decodeBulk, decodeDocument } from './decode.ts';
import { logTypeOfIndex } from './names.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);

interface Asked {
  query?: string;
  params?: Record<string, string>;
  limits?: object;
  decode?: typeof decodeBulk;
}

function decode(body: string | Buffer, { query = '', params = {}, limits = {}, decode = decodeBulk }: Asked = {}) {
  let reply = '';
  const request = { format: 'bulk', query, params, receivedAtMs: 1_800_000_000_000 };
  const decoded = decodeForTest((batch) => {
    reply = decode(Buffer.from(body as string), batch, request);
  }, limits);
  return { ...decoded, reply };
}

const lines = (...all: (object | string)[]) =>
  all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

interface Item {
  _index: string;
  _id: string;
  status: number;
  error?: { type: string; reason: string };
}

const itemsOf = (reply: string) =>
  (JSON.parse(reply) as Record<string, Item>[]).map((item) => {
    const [[verb, { _index, _id, status, error }]] = Object.entries(item) as [[string, Item]];
    return [verb, _index, _id, status, ...(error === undefined ? [] : [error.type, error.reason])];
  });

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const { reply, ...decoded } = decode(readFileSync(new URL('input.ndjson', folder)));
  const text = `${JSON.stringify({ ...decoded, items: itemsOf(reply) }, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(new URL('expected.json', folder).pathname);
});

test.each([
  ['nothing', ''],
  ['white space', ' \r\n'],
  ['documents without actions', '{"message":"x"}\n{"message":"y"}\n'],
  ['text', 'hello\n'],
  ['an action that is none', '{"index":7}\n{}\n'],
])('a body of %s is refused', (_, body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test('items are in the order of the keys that clients look for', () => {
  expect(decode(lines({ create: { _index: 'a"b', _id: 'x' } }, {})).reply).toBe(
    '[{"create":{"_index":"a\\"b","_id":"x","_version":1,"result":"created",' +
      '"_shards":{"total":1,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1,"status":201}}]',
  );
  expect(decode(lines({ index: { _index: 'a' } }, '{')).reply).toMatch(
    /^\[\{"index":\{"_index":"a","_id":"[\w-]+","status":400,"error":\{"type":"document_parsing_exception","reason":"/,
  );
});

test.each([
  ['errors,items.*.status,items.*.error', '[{"index":{"status":201}},{"create":{"status":400,"error":E}}]'],
  ['items.*.error', '[{"create":{"error":E}}]'],
  ['items.*.error.type', '[{"create":{"error":E}}]'],
  ['errors', '[]'],
  ['items.index', null],
  ['**.status', '[{"index":{"status":201}},{"create":{"status":400}}]'],
  ['items.*.st*s', '[{"index":{"status":201}},{"create":{"status":400}}]'],
  ['items,-items.*._*,-**.result', '[{"index":{"status":201}},{"create":{"status":400,"error":E}}]'],
])('filter_path %s', (filterPath, expected) => {
  const { reply } = decode(lines({ index: {} }, {}, { create: {} }, '[]'), { query: `filter_path=${filterPath}` });
  const text = reply.replace(/"error":\{[^}]*\}/, '"error":E');
  if (expected === null) expect(text).toMatch(/^\[\{"index":\{"_index":"","_id".*"status":201\}\}\]$/);
  else expect(text).toBe(expected);
});

test('the index of the path is that of lines that name none', () => {
  const { events, reply } = decode(lines({ index: {} }, {}, { index: { _index: 'b' } }, {}), {
    params: { index: 'auth' },
  });
  expect(events).toEqual([{ logType: 'auth', attributes: { index: 'auth' } }, { attributes: { index: 'b' } }]);
  expect(itemsOf(reply).map(([, index]) => index)).toEqual(['auth', 'b']);
});

test('a document’s own index, id and log type stay', () => {
  const document = { index: 'mine', event_id: 'e', log_type: 'kb' };
  const { events } = decode(lines({ index: { _index: 'auth', _id: 'x' } }, document));
  expect(events).toEqual([{ clientEventId: 'e', logType: 'kb', attributes: { index: 'mine' } }]);
});

test('limits are named, and count what is refused too', () => {
  const big = decode(lines({ index: {} }, { message: 'x'.repeat(200) }), { limits: { eventBytesMax: 100 } });
  expect(itemsOf(big.reply)[0]?.[5]).toContain('limits.eventBytesMax');
  for (const pair of [lines({ index: {} }, {}), lines({ index: {} }, '{'), lines({ delete: {} })]) {
    expect(decode(pair.repeat(3), { limits: { batchEventsMax: 2 } }).error?.code).toBe('too_many_events');
  }
  const long = { index: { _index: 'x'.repeat(256) } };
  expect(decode(lines({ index: {} }, {}, long, {})).rejections?.[0]?.error).toContain('_index must be');
  const many = decode(lines({ index: {} }, '[').repeat(150));
  expect(itemsOf(many.reply)).toHaveLength(150);
  expect(itemsOf(many.reply).every(([, , , status]) => status === 400)).toBe(true);
});

test('one document, over many lines', () => {
  const body = JSON.stringify({ message: 'x', 'event.name': 'y' }, null, 2);
  const asked = { decode: decodeDocument, params: { index: 'logs-billing-prod', id: '7' } };
  const { events, reply } = decode(body, asked);
  expect(events).toEqual([
    {
      message: 'x',
      eventType: 'y',
      logType: 'billing',
      clientEventId: '7',
      attributes: { index: 'logs-billing-prod' },
    },
  ]);
  expect(JSON.parse(reply)).toMatchObject({ _index: 'logs-billing-prod', _id: '7', result: 'created' });
  expect(decode('{}', { ...asked, query: 'filter_path=_id,result' }).reply).toBe('{"_id":"7","result":"created"}');
  expect(decode('{"a":', asked).rejections).toHaveLength(1);
  expect(decode('[]', asked).rejections).toHaveLength(1);
  expect(decode(' ', asked).error?.code).toBe('invalid_body');
  expect(decode('{"a":1}{"a":2}', asked).events?.map(({ clientEventId }) => clientEventId)).toEqual(['7', undefined]);
});

test.each([
  ['auth', 'auth'],
  ['auth-2026.11.21', 'auth'],
  ['Billing_v2', 'billing'],
  ['logs-auth.login-prod', 'auth'],
  ['logs-gateway-default', 'gateway'],
  ['logs-shop-auth', ''],
  ['logs', ''],
  ['authx', ''],
  ['', ''],
])('the log type of index %j is %j', (index, logType) => expect(logTypeOfIndex(index)).toBe(logType));
