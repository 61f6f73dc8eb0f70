import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countQuery, eventQuery, eventsQuery } from './events-sql.ts';
import type { Condition, EventsPlan } from './plan.ts';
import { TEXT_COLUMNS } from './plan.ts';

/** Marks user text so that it can be found: no SQL of ours holds it. */
const MARK = 'zq7';
const text = fc.oneof(fc.string(), fc.constantFrom("'", '{p0:String}', '%_\\', '*/', ';', 'É')).map((s) => MARK + s);
const word = fc.constantFrom(MARK, `${MARK}é`, `${MARK.slice(0, 2)}x`);
const comparison = fc.constantFrom('=', '!=', '>', '>=', '<', '<=') as fc.Arbitrary<'='>;

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    fc.record({
      kind: fc.constant('field' as const),
      column: fc.constantFrom(...TEXT_COLUMNS),
      values: fc.array(text),
    }),
    fc.record({ kind: fc.constant('attribute' as const), name: text, comparison, value: text }),
    fc.record({ kind: fc.constant('attribute' as const), name: fc.constant('status'), comparison, value: text }),
    fc.record({ kind: fc.constant('attribute-exists' as const), name: text }),
    fc.record({ kind: fc.constant('label' as const), name: text, comparison: fc.constant('=' as const), value: text }),
    fc.record({ kind: fc.constant('words' as const), words: fc.array(word) }),
    fc.record({ kind: fc.constant('phrase' as const), text }),
    fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), conditions: fc.array(tie('condition')) }),
    fc.record({ kind: fc.constant('not' as const), condition: tie('condition') }),
  ),
}));

const plan = (part: Partial<EventsPlan>): EventsPlan => ({
  orgId: MARK,
  range: { fromNs: 777_777n, toNs: 888_888n },
  condition: null,
  order: 'desc',
  limit: 777,
  offset: 888,
  after: { timestampNs: 777_888n, node: 7, frame: 777, index: 888 },
  ...part,
});

test('no value of a plan becomes SQL text, and every placeholder has its value', () => {
  fc.assert(
    fc.property(condition, text, (c, orgId) => {
      for (const { sql, params } of [
        eventsQuery(plan({ condition: c, orgId })),
        countQuery(plan({ condition: c, orgId })),
      ]) {
        expect(sql).not.toContain(MARK);
        expect(sql).not.toMatch(/777|888/);
        const placeholders = [...sql.matchAll(/\{(\w+):/g)].map((match) => match[1]);
        expect(new Set(placeholders)).toEqual(new Set(Object.keys(params)));
      }
    }),
  );
});

test('framesBefore leaves out one node from a frame on', () => {
  const { sql, params } = eventsQuery(plan({ framesBefore: { node: 65_535, frame: 5 } }));
  const [, first, last] = /frame NOT BETWEEN \{(\w+):UInt64\} AND \{(\w+):UInt64\}/.exec(sql)!;
  expect(params[first!]).toBe(((65_535n << 48n) | 5n).toString());
  expect(params[last!]).toBe((2n ** 64n - 1n).toString());
});

test('every query is bound to the org', () => {
  for (const { sql, params } of [
    eventsQuery(plan({})),
    countQuery(plan({})),
    eventQuery(MARK, { node: 1, frame: 2, index: 3 }),
  ]) {
    expect(sql).toMatch(/ WHERE org = \{p0:String\} AND /);
    expect(params.p0).toBe(MARK);
  }
});

test('a search that could match another org through OR is in brackets', () => {
  const or: Condition = {
    kind: 'or',
    conditions: [
      { kind: 'words', words: ['a'] },
      { kind: 'words', words: ['b'] },
    ],
  };
  expect(eventsQuery(plan({ condition: or })).sql).toMatch(/AND \(hasAllTokens\(.*\) OR hasAllTokens\(.*\)\) AND/);
});
