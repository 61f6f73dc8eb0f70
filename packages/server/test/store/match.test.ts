import { type Attribute, type AttributeKind, eventIdOf } from '@tailwater/schema';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvents } from '../../src/batch/event-rows.ts';
import { EVENTS, type EventRow, eventOfRow, eventsQuery, placeOfFrame } from '../../src/query/events-sql.ts';
import { compileMatcher, type Matchable } from '../../src/query/match.ts';
import type { Condition, EventsPlan } from '../../src/query/plan.ts';
import { parseSearchText } from '../../src/query/search-text.ts';
import { renderScope, SELECT_SETTINGS, SqlParams } from '../../src/query/sql.ts';
import { ALL_TIME } from '../../src/query/time.ts';
import type { SqlQuery } from '../../src/stores/store.ts';
import { blockOf, openTestStore, type SampleEvent, type TestStore } from '../app/api-fixture.ts';

/**
 * A condition means the same as SQL and in memory, and the same with indexes as without. Both are asked about the same
 * events: strange ones, among enough plain ones that the indexes have granules to skip.
 */
const CONDITIONS = 120;
const STRANGE_EVENTS = 400;
const PLAIN_EVENTS = 12_000;
const START_MS = Date.now();
const START_NS = BigInt(START_MS) * 1_000_000n;

const PIECES = [
  'error',
  'Error',
  'ERROR',
  'errors',
  'time',
  'out',
  'größe',
  'GRÖSSE',
  'ß',
  'é1',
  'abc123',
  '123',
  '10',
  '0',
  'x1y',
  'a',
  'É',
  '日本',
  '😀',
  '_',
  '%',
  '\\',
  "'",
  '"',
  '.',
  '-',
  ' ',
  '  ',
  '\n',
  '\t',
  '\0',
  ':',
  '=',
  '/',
  '<n>',
  'İ',
  'K',
  '\u00a0',
  '\u007f',
];
const piece = fc.constantFrom(...PIECES);
const text = fc.array(piece, { maxLength: 8 }).map((list) => list.join(''));
const value = fc.oneof(text, fc.constantFrom('', 'api', 'API', '500', '503', 'a=b', '\\N'));
const numberText = fc.constantFrom(
  '1',
  '1.5',
  '+5',
  '-0',
  '.5',
  '5.',
  '.',
  '',
  '1e3',
  '1E-3',
  '1e400',
  '-1e400',
  'inf',
  '-Infinity',
  'iNF',
  'nan',
  ' 1',
  '1 ',
  '0x10',
  '1_000',
  '00012',
  '0.1',
  '0.3',
  '0.30000000000000004',
  '9007199254740993',
  '1e',
  '1e+',
  'e5',
  '4.9e-324',
  '500',
  '503',
  'true',
  '1\n',
);
const name = fc.constantFrom('status', 'model', 'a', 'a=b', 'x.y', 'ü', '__proto__', 'constructor', "it's");
const attribute: fc.Arbitrary<Attribute> = fc.record({
  kind: fc.constantFrom<AttributeKind>('string', 'number', 'bool', 'json'),
  text: fc.oneof(numberText, value),
});
const record = <T>(values: fc.Arbitrary<T>) =>
  fc.array(fc.tuple(name, values), { maxLength: 4 }).map((list) => {
    const made: Record<string, T> = Object.create(null);
    for (const [key, item] of list) made[key] = item;
    return made;
  });

const strangeEvent: fc.Arbitrary<SampleEvent> = fc.record({
  timestampNs: fc.bigInt({ min: START_NS - 10n ** 14n, max: START_NS + 10n ** 14n }),
  receivedAtMs: fc.constant(START_MS),
  message: text,
  logType: value,
  service: value,
  userId: value,
  traceId: value,
  requestId: value,
  severityNumber: fc.integer({ min: 1, max: 24 }),
  durationMs: fc.option(fc.constantFrom(0, -1, 1.5, 0.1, 1e300, 100)),
  cost: fc.option(fc.constantFrom(0, 0.30000000000000004, 5)),
  attributes: record(attribute),
  labels: record(value),
});

const comparison = fc.constantFrom('=', '!=', '>', '>=', '<', '<=') as fc.Arbitrary<'='>;
const word = text.map((t) => t.replace(/[\0-/:-@[-`{-\x7f]+/g, '')).filter((t) => t !== '');
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('field' as const),
      column: fc.constantFrom('log_type' as const, 'service' as const, 'user_id' as const, 'trace_id' as const),
      values: fc.array(value, { maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('severity' as const),
      ranges: fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })), { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('number' as const),
      column: fc.constantFrom('duration_ms' as const, 'cost' as const),
      comparison,
      value: fc.constantFrom(0, 0.1, 0.3, 0.30000000000000004, 1.5, 100, -Number.MAX_VALUE),
    }),
    fc.record({ kind: fc.constant('attribute' as const), name, comparison, value: fc.oneof(value, numberText) }),
    fc.record({ kind: fc.constant('attribute-exists' as const), name }),
    fc.record({
      kind: fc.constant('label' as const),
      name,
      comparison: fc.constantFrom('=' as const, '!=' as const),
      value,
    }),
    fc.record({ kind: fc.constant('words' as const), words: fc.array(word, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant('phrase' as const), text: text.filter((t) => t !== '') }),
    text.filter((t) => t.trim() !== '').map((t) => parseSearchText(`"${t.replace(/["\\]/g, '\\$&')}"`)!),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      conditions: fc.array(tie('condition'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), condition: tie('condition') }),
  ),
}));

let opened: TestStore;
const events: Matchable[] = [];

beforeAll(async () => {
  opened = await openTestStore();
  const strange = fc.sample(strangeEvent, { numRuns: STRANGE_EVENTS, seed: 1 });
  const plain = Array.from(
    { length: PLAIN_EVENTS },
    (_, i): SampleEvent => ({
      message: `GET /items/${i} took ${i % 97} ms`,
      service: `s${i % 5}`,
      attributes: {
        status: { kind: 'number', text: String(200 + (i % 4) * 100) },
        'x.y': { kind: 'number', text: String(i) },
      },
      timestampNs: START_NS + BigInt(i) * 1_000_000_000n,
      receivedAtMs: START_MS,
    }),
  );
  const frames = [strange.slice(0, 200), [...plain.slice(0, 9_000), ...strange.slice(200)], plain.slice(9_000)];
  for (const [index, frame] of frames.entries()) {
    const place = { node: 1, frame: index + 1 };
    await opened.insert('acme', frame, place);
    events.push(...readEvents(blockOf('acme', frame, place)));
  }
  await opened.insert('other', strange);
});
afterAll(() => opened?.close());

const plan = (part: Partial<EventsPlan>): EventsPlan => ({
  orgId: 'acme',
  range: ALL_TIME,
  condition: null,
  order: 'asc',
  limit: null,
  offset: 0,
  after: null,
  ...part,
});

async function select<Row>(query: SqlQuery): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const chunk of opened.store.select<Row>(query, {})) rows.push(...chunk);
  return rows;
}

test('events come back as they went in', async () => {
  const rows = await select<EventRow>(eventsQuery(plan({})));
  const byId = new Map(rows.map((row) => eventOfRow(row, 'acme')).map((event) => [event.eventId, event]));
  expect(byId.size).toBe(events.length);
  for (const event of events) {
    const { retentionDays: _, ...expected } = event as Matchable & { retentionDays: number };
    expect(byId.get(event.eventId)).toEqual(expected);
  }
});

test('SQL and matcher agree, with indexes and without', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  for (const sample of fc.sample(condition, { numRuns: CONDITIONS, seed })) {
    const matches = compileMatcher(sample);
    const params = new SqlParams();
    const where = renderScope(plan({ condition: sample }), params);
    for (const settings of ['', ', use_skip_indexes = 0']) {
      const sql = `SELECT frame, frame_index FROM ${EVENTS} WHERE ${where} ${SELECT_SETTINGS}${settings}`;
      const rows = await select<Pick<EventRow, 'frame' | 'frame_index'>>({ sql, params: params.values });
      const found = new Set(rows.map((row) => eventIdOf({ ...placeOfFrame(row.frame), index: row.frame_index })));
      const differing = events.filter((event) => found.has(event.eventId) !== matches(event));
      const told = JSON.stringify({ seed, sample, sql, params: params.values });
      expect(differing.slice(0, 2), told).toEqual([]);
    }
  }
});
