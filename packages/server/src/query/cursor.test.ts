import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CursorState, decodeCursor, encodeCursor } from './cursor.ts';
import { TIME_MAX_NS, TIME_MIN_NS } from './time.ts';

const time = fc.bigInt({ min: TIME_MIN_NS, max: TIME_MAX_NS });
const state: fc.Arbitrary<CursorState> = fc.record({
  after: fc.record({
    timestampNs: time,
    node: fc.nat(0xffff),
    frame: fc.nat(2 ** 48 - 1),
    index: fc.nat(2 ** 24 - 1),
  }),
  range: fc.record({ fromNs: time, toNs: time }),
});

test('a cursor gives back its state', () => {
  fc.assert(
    fc.property(
      state,
      fc.string(),
      (s, binding) => void expect(decodeCursor(encodeCursor(s, binding), binding)).toEqual(s),
    ),
  );
});

const sample: CursorState = {
  after: { timestampNs: 1n, node: 2, frame: 3, index: 4 },
  range: { fromNs: 5n, toNs: 6n },
};
const refused = expect.objectContaining({ code: 'invalid_cursor', field: 'cursor' });

test.each(['', 'x', 'AAAA', '%00', '..', 'é', encodeCursor(sample, 'b').slice(1), `${encodeCursor(sample, 'b')}AA`])(
  '%j is no cursor',
  (text) => {
    expect(() => decodeCursor(text, 'b')).toThrow(refused);
  },
);

test('a cursor of another query is refused', () => {
  expect(() => decodeCursor(encodeCursor(sample, 'a'), 'b')).toThrow(refused);
});

test('a changed character is refused', () => {
  const cursor = encodeCursor(sample, 'b');
  for (let i = 0; i < cursor.length; i++) {
    const changed = cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1);
    expect(() => decodeCursor(changed, 'b')).toThrow(refused);
  }
});
