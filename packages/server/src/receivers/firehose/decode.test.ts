import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeForTest, newBatch } from '../util/test-batch.ts';
import { decodeFirehose } from './decode.ts';
import { revealFirehose } from './reveal.ts';
import { formatOf } from './surroundings.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const request = (format = 'json') => ({ format, query: '', params: {}, receivedAtMs: 1 });
const decode = (body: string | Buffer, limits = {}, format = 'json') =>
  decodeForTest((batch) => decodeFirehose(Buffer.from(body as string), batch, request(format)), limits);

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const decoded = decode(readFileSync(new URL(input, folder)));
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

const bodyOf = (...records: (string | Buffer)[]) =>
  JSON.stringify({
    requestId: 'r-1',
    records: records.map((record) => ({ data: Buffer.from(record as string).toString('base64') })),
  });

test.each(['', '{', '[]', '7', '{"records":{}}', '{"requestId":"x"}', '\ufeff{}'])('%s is no request', (body) => {
  expect(decode(body).error?.code).toBe('invalid_body');
});

test('a thousand records that are no gzip are rejected one by one, more are no stream', () => {
  const broken = (count: number) =>
    bodyOf('{"message":"good"}', ...Array.from({ length: count }, () => Buffer.from([0x1f, 0x8b, 8])));
  const some = decode(broken(1000));
  expect(some.events).toHaveLength(1);
  expect(some.rejections?.length).toBeGreaterThan(0);
  expect(some.error).toBeUndefined();
  expect(decode(broken(1001)).error).toMatchObject({ code: 'invalid_body' });
});

test('the answer gets the id that the body has', () => {
  const batch = newBatch();
  expect(decodeFirehose(Buffer.from('{"requestId":"abc","records":[]}'), batch, request())).toBe('abc');
  expect(decodeFirehose(Buffer.from('{"records":[]}'), batch, request())).toBe('');
});

test('common attributes and the ARN are of every event; its own words win', () => {
  const common = JSON.stringify({ commonAttributes: { service: 'shop', environment: 'prod', level: 3 } });
  const format = formatOf(common, 'arn:aws:firehose:eu-west-1:1:deliverystream/s');
  const { events } = decode(bodyOf('{"service":"own","environment":"dev"}\ntext'), {}, format);
  const arn = 'arn:aws:firehose:eu-west-1:1:deliverystream/s';
  expect(events).toEqual([
    {
      ...{ service: 'own', clientEventId: 'r-1/0' },
      attributes: { environment: 'dev', service: 'shop', level: '3', 'aws.firehose.arn': arn },
    },
    {
      ...{ service: 'shop', message: 'text', clientEventId: 'r-1/1' },
      attributes: { environment: 'prod', level: '3', 'aws.firehose.arn': arn },
    },
  ]);
});

test.each(['', 'x', '[]', '{}', '{"commonAttributes":7}'])('common attributes "%s" are none', (header) => {
  expect(formatOf(header, undefined)).toBe('json');
});

test('times in milliseconds, and in seconds as moto sends them', () => {
  const at = (timestamp: unknown) =>
    decode(JSON.stringify({ timestamp, records: [{ data: 'eA==' }] })).events![0].timestamp;
  expect(at(1795161600123)).toBe('2026-11-20T08:00:00.123000000Z');
  expect(at(1795161600)).toBe('2026-11-20T08:00:00.000000000Z');
  for (const none of [0, -1, 'x', null]) expect(at(none)).toBeUndefined();
});

test('what is compressed never expands beyond the limit of a body, in one record or in many', () => {
  const bomb = gzipSync(Buffer.alloc(600_000, 0x78));
  const limits = { bodyExpandedBytesMax: 1_000_000, eventBytesMax: 1_000_000 };
  expect(decode(bodyOf(bomb), limits).events).toHaveLength(1);
  expect(decode(bodyOf(bomb, bomb), limits).error?.code).toBe('payload_too_large');
});

test('limits are named, and neighbours stay', () => {
  const { events, rejections } = decode(bodyOf('x'.repeat(200), 'y', `{"message":"${'x'.repeat(200)}"}`), {
    eventBytesMax: 100,
  });
  expect(events).toMatchObject([{ message: 'y' }]);
  expect(rejections!.map(({ index, error }) => [index, /limits\.\w+/.exec(error)![0]])).toEqual([
    [0, 'limits.eventBytesMax'],
    [2, 'limits.eventBytesMax'],
  ]);
  expect(decode(bodyOf('x\n'.repeat(3)), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  expect(decode(bodyOf('{}'.repeat(3)), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('a body as a dead letter keeps it: records as text, masked, and the same events at the same places', () => {
  const bytes = ['{"message":"a","n":1}\nline', gzipSync('gzipped text'), Buffer.from([0xff, 0xfe, 0x41])];
  const records: unknown[] = bytes.map((data) => ({ data: Buffer.from(data as string).toString('base64') }));
  records.push(
    { data: '***' },
    { data: gzipSync('x'.repeat(99)).subarray(0, 20).toString('base64') },
    { data: 'bGFzdA==' },
  );
  const body = Buffer.from(JSON.stringify({ requestId: 'r', timestamp: 1_790_000_000_000, records }));
  const masked: string[] = [];
  const revealed = revealFirehose(body, { mask: (part) => masked.push(part.toString()), bytesMax: 4000 });
  expect(masked).toEqual(['{"message":"a","n":1}\nline', 'gzipped text', '\ufffd\ufffdA', 'last']);
  const kept = (JSON.parse(revealed.toString()) as { records: unknown[] }).records;
  expect(kept.slice(0, 2)).toEqual([{ text: masked[0] }, { text: masked[1] }]);
  expect(kept.slice(3)).toEqual([{ bytes: 14 }, { bytes: expect.any(Number) }, { text: 'last' }]);
  const [first, again] = [decode(body), decode(revealed)];
  expect(again.events).toEqual(first.events);
  expect(again.rejections?.map(({ index }) => index)).toEqual(first.rejections?.map(({ index }) => index));
  expect(() => revealFirehose(body, { mask: () => {}, bytesMax: 20 })).toThrow();
});
