import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../test/support/share.ts';
import { fillAttributeTypes } from './attribute-types.ts';
import { EventBatch, KIND } from './event-batch.ts';
import { readEvents } from './event-rows.ts';
import { FIELD } from './fields.ts';
import { appendFrame, decodeFrame, encodeFrame } from './frame.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { SymbolTable } from './symbol-table.ts';

const newBatch = (limits = {}) => new EventBatch(new SymbolTable(), { ...DEFAULT_LIMITS, ...limits });

interface Sample {
  message: string;
  service: string;
  durationMs: number | null;
  attributes: Record<string, [0 | 1 | 2 | 3, string]>;
}

const text = fc
  .oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 400 }))
  .map((s) => s.toWellFormed());
const sample: fc.Arbitrary<Sample> = fc.record({
  message: text,
  service: fc.constantFrom('', 'api', 'worker', 'größe'),
  durationMs: fc.option(fc.double({ noNaN: true }), { nil: null }),
  attributes: fc.dictionary(
    fc.oneof(fc.constantFrom('a', 'b.c', 'x,y:z%', '__proto__'), text),
    fc.tuple(fc.constantFrom(0, 1, 2, 3), text) as fc.Arbitrary<[0 | 1 | 2 | 3, string]>,
    { maxKeys: 6, noNullPrototype: false },
  ),
});

function addRow(batch: EventBatch, row: Sample): boolean {
  batch.beginRow();
  batch.setText(FIELD.message, row.message);
  batch.setText(FIELD.service, row.service);
  if (row.durationMs !== null) batch.setDurationMs(row.durationMs);
  batch.setTimestamp(7, 1);
  for (const [name, [kind, value]] of Object.entries(row.attributes)) batch.addAttribute(name, kind, value);
  return batch.endRow();
}

function finish(batch: EventBatch): void {
  batch.org.fill(batch.symbols.internText('acme'), batch.rows);
  batch.receiver.fill(batch.symbols.internText('otlp'), batch.rows);
  batch.receivedAt.fillNumber(1_700_000_000_123, batch.rows);
  batch.retentionDays.fill(30, batch.rows);
  fillAttributeTypes(batch);
}

const KINDS = ['string', 'number', 'bool', 'json'];

test('what goes into frames comes out of the merged frames', () => {
  fc.assert(
    fc.property(fc.array(fc.array(sample, { maxLength: 8 }), { minLength: 1, maxLength: 4 }), (frames) => {
      const batch = newBatch();
      const merged = newBatch();
      frames.forEach((rows, i) => {
        batch.clear();
        for (const row of rows) addRow(batch, row);
        finish(batch);
        const payload = encodeFrame(batch, { orgId: 'acme', receiver: 'otlp', receivedAtMs: 5 });
        const frame = decodeFrame(payload);
        expect(frame).toMatchObject({ orgId: 'acme', receiver: 'otlp', receivedAtMs: 5, rows: rows.length });
        appendFrame(merged, frame, 3, i + 2 ** 33);
      });
      const events = [...readEvents(merged)];
      const expected = frames.flatMap((rows, i) => rows.map((row, index) => ({ row, frame: i + 2 ** 33, index })));
      expect(events.length).toBe(expected.length);
      events.forEach((event, i) => {
        const { row, frame, index } = expected[i];
        expect(event.message).toBe(row.message);
        expect(event.service).toBe(row.service);
        expect(event.durationMs).toEqual(row.durationMs);
        expect(event.timestampNs).toBe(2n ** 32n + 7n);
        expect(event.receivedAtMs).toBe(1_700_000_000_123);
        expect(event.eventId).toBe(`0003${frame.toString(16).padStart(12, '0')}${index.toString(16).padStart(6, '0')}`);
        const attributes = Object.entries(row.attributes).map(([k, [kind, t]]) => [k, { text: t, kind: KINDS[kind] }]);
        expect(Object.entries(event.attributes)).toEqual(attributes);
      });
    }),
    { numRuns: runs(50) },
  );
});

test('a rejected event leaves nothing behind', () => {
  const batch = newBatch({ eventBytesMax: 100 });
  addRow(batch, { message: 'one', service: 's', durationMs: 1, attributes: { a: [KIND.string, 'x'] } });
  addRow(batch, { message: 'x'.repeat(101), service: 't', durationMs: 2, attributes: { b: [KIND.number, '1'] } });
  addRow(batch, { message: 'two', service: '', durationMs: null, attributes: {} });
  finish(batch);
  expect([...readEvents(batch)].map((e) => [e.message, e.service, e.durationMs, Object.keys(e.attributes)])).toEqual([
    ['one', 's', 1, ['a']],
    ['two', '', null, []],
  ]);
  expect(batch.rejections).toMatchObject([{ index: 1, code: 'event_too_large' }]);
});

test('names given twice: the first wins', () => {
  const batch = newBatch();
  batch.beginRow();
  batch.addAttribute('a', KIND.string, '1');
  batch.addAttribute('a', KIND.string, '2');
  batch.setText(FIELD.userId, 'u1');
  batch.setText(FIELD.userId, 'u2');
  batch.endRow();
  finish(batch);
  expect([...readEvents(batch)]).toMatchObject([{ userId: 'u1', attributes: { a: { text: '1' } } }]);
});

test('an attribute name over its limit rejects the event', () => {
  const batch = newBatch({ attributeNameBytesMax: 10 });
  expect(addRow(batch, { message: '', service: '', durationMs: null, attributes: { ['k'.repeat(11)]: [0, ''] } })).toBe(
    false,
  );
  expect(batch.rejections[0].error).toContain('limits.attributeNameBytesMax (10)');
});

test('broken UTF-8 becomes U+FFFD, long and short, in columns and symbols', () => {
  const batch = newBatch();
  const source = Buffer.from([0x61, 0xff, 0x62, 0x63, 0x64, 0x65]);
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  batch.beginRow();
  batch.setBytes(FIELD.message, source, view, 0, 6);
  batch.setBytes(FIELD.service, source, view, 0, 3);
  batch.setBytes(FIELD.userId, Buffer.from('é'), new DataView(Uint8Array.from(Buffer.from('é')).buffer), 0, 2);
  batch.endRow();
  finish(batch);
  expect([...readEvents(batch)]).toMatchObject([{ message: 'a\ufffdbcde', service: 'a\ufffdb', userId: 'é' }]);
});
