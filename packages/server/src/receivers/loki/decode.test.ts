import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePush, encodePushJson, type PushStream } from '../../../test/support/loki-push.ts';
import { runs } from '../../../test/support/share.ts';
import { expand } from '../../pipeline/expand.ts';
import { decodeForTest, isoOfNanos, newBatch, plainEvent, storedEvents } from '../util/test-batch.ts';
import { decodeJson } from './decode-json.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

const FIXTURES = new URL('./fixtures/', import.meta.url);
const fromJson = (body: string, limits = {}) => decodeForTest((batch) => decodeJson(Buffer.from(body), batch), limits);
const fromProtobuf = (body: Buffer, limits = {}) => decodeForTest((batch) => decodeProtobuf(body, batch), limits);

/** `.gzip.hex`: a body as it is sent, a snappy block in gzip. */
function bytesOf(hex: string, file: string): Buffer {
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  return file.endsWith('.gzip.hex') ? expand(bytes, ['snappy', 'gzip'], 1 << 20) : bytes;
}

test.each(readdirSync(FIXTURES))('fixture %s', async (name) => {
  const folder = new URL(`${name}/`, FIXTURES);
  const input = readdirSync(folder).find((file) => file.startsWith('input.'))!;
  const text = readFileSync(new URL(input, folder), 'utf8');
  const decoded = input.endsWith('.hex') ? fromProtobuf(bytesOf(text, input)) : fromJson(text);
  const expected = new URL('expected.json', folder).pathname;
  await expect(`${JSON.stringify(decoded, null, 2)}\n`).toMatchFileSnapshot(expected);
});

const text = fc.string({ unit: 'binary', maxLength: 30 }).map((value) => value.toWellFormed());
const value = text.filter((t) => t !== '');
/** Names that mean nothing to the receiver. */
const labelName = fc.stringMatching(/^x[a-zA-Z0-9_]{0,8}$/);
const entry = fc.record({
  nanos: fc.bigInt({ min: 10n ** 17n, max: 9n * 10n ** 18n }),
  line: text,
  metadata: fc.dictionary(
    fc.oneof(
      labelName,
      text.map((t) => `y${t}`),
    ),
    text,
    { maxKeys: 4, noNullPrototype: true },
  ),
});
const streams: fc.Arbitrary<PushStream[]> = fc.array(
  fc.record({
    labels: fc.dictionary(labelName, value, { maxKeys: 3, noNullPrototype: true }),
    entries: fc.array(entry, { maxLength: 4 }),
  }),
  { maxLength: 4 },
);

test('protobuf and JSON say the same, and every entry comes out as it went in', () => {
  fc.assert(
    fc.property(streams, (push) => {
      const expected = push.flatMap(({ labels, entries }) =>
        entries.map(({ nanos, line, metadata = {} }) => ({
          message: line,
          timestamp: isoOfNanos(nanos),
          labels: { ...labels },
          attributes: { ...metadata },
        })),
      );
      for (const { events } of [fromProtobuf(encodePush(push)), fromJson(encodePushJson(push))]) {
        expect(
          events!.map(({ message = '', timestamp, labels = {}, attributes = {} }) => ({
            message,
            timestamp,
            labels,
            attributes,
          })),
        ).toEqual(expected);
      }
    }),
    { numRuns: runs(100) },
  );
});

test('a protobuf body cut anywhere is refused or read up to there, and the batch stays whole', () => {
  const push: PushStream[] = [
    { labels: { app: 'a' }, entries: [{ nanos: 10n ** 18n, line: 'one', metadata: { k: 'v', trace_id: 't' } }] },
    { labels: { app: 'b' }, entries: [{ nanos: 10n ** 18n, line: 'two' }] },
  ];
  const body = encodePush(push);
  const firstEnd = encodePush(push.slice(0, 1)).length;
  const batch = newBatch();
  for (let length = 0; length < body.length; length++) {
    batch.clear();
    const mark = batch.mark();
    const whole = length === 0 || length === firstEnd;
    const decode = () => decodeProtobuf(body.subarray(0, length), batch);
    if (whole) decode();
    else expect(decode).toThrow(expect.objectContaining({ code: 'invalid_body' }));
    if (!whole) batch.rewind(mark);
    expect(storedEvents(batch).map((event) => plainEvent(event).message)).toEqual(length === firstEnd ? ['one'] : []);
  }
});

test.each([
  ['a length beyond the body', '0a 7f 0a 01 7b'],
  ['a length beyond its message', '0a 02 0a 05 7b 7d 00 00 00'],
  ['a length of more than 32 bits', '0a ff ff ff ff 7f'],
  ['a length without end', '0a ff ff ff ff ff ff ff ff ff ff ff'],
  ['a number without end', '18 ff ff ff ff ff ff ff ff ff ff ff ff'],
  ['a group', '0b 0c'],
  ['field number 0', '02 00'],
  ['eight bytes that are not there', '19 00 00'],
  ['four bytes that are not there', '1d 00'],
])('protobuf with %s is refused, and the message says where', (_, hex) => {
  const { error } = fromProtobuf(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  expect(error).toMatchObject({ code: 'invalid_body', message: expect.stringMatching(/ at byte \d+$/) });
});

test.each([
  ['labelsMax', { a: '1', b: '2' }, 'entry for stream \'{a="1", b="2"}\' has 2 label names; limit 1'],
  ['a label name', { ['n'.repeat(1025)]: '1' }, /^stream '\{n+.*' has label name too long: 'n+…'$/],
  ['a label value', { a: 'v'.repeat(2049) }, /^stream '\{a="v+.*' has label value too long: 'v+…'$/],
])("over a limit of labels, in Loki's words: %s", (_, labels, error) => {
  const body = encodePushJson([{ labels: labels as Record<string, string>, entries: [{ nanos: 1n, line: 'x' }] }]);
  const { events, rejections } = fromJson(body, { labelsMax: 1 });
  expect(events).toEqual([]);
  expect(rejections).toMatchObject([
    { index: 0, error: error instanceof RegExp ? expect.stringMatching(error) : error },
  ]);
});

test.each([
  [
    'a line',
    { line: 'x'.repeat(101) },
    `max entry size '100' bytes exceeded for stream '{app="a"}' while adding an entry with length '101' bytes`,
  ],
  [
    'structured metadata, bytes',
    { line: '', metadata: { k: 'v'.repeat(65_536) } },
    `stream '{app="a"}' has structured metadata too large: '65537' bytes, limit: '65536' bytes. Please see \`limits_config.max_structured_metadata_size\` or contact your Loki administrator to increase it`,
  ],
  [
    'structured metadata, names',
    { line: '', metadata: Object.fromEntries(Array.from({ length: 129 }, (_, i) => [`k${i}`, ''])) },
    `stream '{app="a"}' has too many structured metadata labels: '129', limit: '128'. Please see \`limits_config.max_structured_metadata_entries_count\` or contact your Loki administrator to increase it`,
  ],
])(
  "over a limit of entries, in Loki's words: %s",
  (_, { line, metadata }: { line: string; metadata?: object }, error) => {
    const good = { nanos: 10n ** 18n, line: 'good' };
    const bad = { nanos: 10n ** 18n, line, metadata: metadata as Record<string, string> };
    const push = [{ labels: { app: 'a' }, entries: [good, bad, good] }];
    for (const decoded of [
      fromJson(encodePushJson(push), { eventBytesMax: 100 }),
      fromProtobuf(encodePush(push), { eventBytesMax: 100 }),
    ]) {
      expect(decoded.events?.map(({ message }) => message)).toEqual(['good', 'good']);
      expect(decoded.rejections).toMatchObject([{ index: 1, error }]);
    }
  },
);

test('too many entries', () => {
  const push = [{ labels: { app: 'a' }, entries: Array(3).fill({ nanos: 1n, line: '' }) }];
  expect(fromProtobuf(encodePush(push), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
  expect(fromJson(encodePushJson(push), { batchEventsMax: 2 }).error?.code).toBe('too_many_events');
});

test('symbols that were forgotten between two bodies are learnt again', () => {
  const batch = newBatch();
  const push = [
    { labels: { app: 'shop' }, entries: [{ nanos: 10n ** 18n, line: '', metadata: { level: 'error', k: 'v' } }] },
  ];
  for (let i = 0; i < 3; i++) {
    batch.clear();
    batch.symbols.internText(`pad${i}`);
    decodeProtobuf(encodePush(push), batch);
    expect(storedEvents(batch)).toMatchObject([{ service: 'shop', severityNumber: 17, labels: { app: 'shop' } }]);
    batch.clear();
    batch.symbols.trimIfLarge(0);
  }
});
