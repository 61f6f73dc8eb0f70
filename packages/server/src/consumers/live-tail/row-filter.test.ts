import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tailFrame } from '../../../test/app/tail-fixture.ts';
import { decodeFrame } from '../../batch/frame.ts';
import { compileMatcher } from '../../query/match.ts';
import type { Condition } from '../../query/plan.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { anyOf, compileRowFilter } from './row-filter.ts';

const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    kind: fc.constant('field' as const),
    column: fc.constantFrom('service' as const, 'log_type' as const, 'receiver' as const, 'trace_id' as const),
    values: fc.array(fc.constantFrom('api', 'worker', 'app', 'ndjson', 'none', ''), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('severity' as const),
    ranges: fc.array(fc.constantFrom([1, 8] as const, [9, 12] as const, [17, 24] as const), { maxLength: 2 }),
  }),
  fc.constant({ kind: 'words' as const, words: ['disk'] }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      conditions: fc.array(tie('condition'), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), condition: tie('condition') }),
  ),
}));
const sample = fc.record({
  message: fc.constantFrom('disk full', 'all well'),
  service: fc.constantFrom('api', 'worker', ''),
  severityNumber: fc.constantFrom(5, 9, 17, 21),
  attributes: fc.constantFrom<Record<string, string>>({}, { a: '1', b: 'x'.repeat(200) }),
});

test('a filter rules out no event that matches one of the conditions', () => {
  const whole = new FrameDecoder(0);
  const filtered = new FrameDecoder(0);
  let ruledOut = 0;
  fc.assert(
    fc.property(fc.array(condition, { minLength: 1, maxLength: 3 }), fc.array(sample), (conditions, samples) => {
      const frame = decodeFrame(tailFrame('acme', samples));
      const matchers = conditions.map(compileMatcher);
      const all = [...whole.events(frame, 7, null)];
      const some = [...filtered.events(frame, 7, anyOf(conditions.map(compileRowFilter)))];
      const matching = (events: typeof all) => events.filter((event) => matchers.some((matches) => matches(event)));
      expect(matching(some)).toEqual(matching(all));
      ruledOut += all.length - some.length;
    }),
  );
  expect(ruledOut).toBeGreaterThan(0);
});

test.each<[string, Condition]>([
  ['a text field', { kind: 'field', column: 'trace_id', values: ['1'] }],
  ['an alternative that needs the event', { kind: 'or', conditions: [{ kind: 'words', words: ['a'] }] }],
  ['a negation', { kind: 'not', condition: { kind: 'severity', ranges: [[1, 8]] } }],
])('nothing is ruled out by %s', (_, of) => {
  expect(compileRowFilter(of)).toBeNull();
});
