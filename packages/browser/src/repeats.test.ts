import { expect, test } from 'vitest';
import { Repeats } from './repeats.ts';
import type { EmitEvent } from './types.ts';

function repeatsWith() {
  const emitted: EmitEvent[] = [];
  const ends: (() => void)[] = [];
  const repeats = new Repeats(
    (event) => emitted.push(event),
    (run) => ends.push(run),
  );
  return { emitted, ends, repeats };
}

test('the same once, then how often it came again; after that it is new', () => {
  const { emitted, ends, repeats } = repeatsWith();
  for (let i = 0; i < 5; i++) repeats.add('stack', { message: 'no', metadata: { a: 1 } });
  expect(emitted).toEqual([{ message: 'no', metadata: { a: 1 } }]);
  ends[0]!();
  expect(emitted[1]).toEqual({ message: 'no', metadata: { a: 1, repeated: 4 } });
  repeats.add('stack', { message: 'no' });
  ends[1]!();
  expect(emitted).toHaveLength(3);
});

test('before the page goes it is told at once, and not again', () => {
  const { emitted, ends, repeats } = repeatsWith();
  for (let i = 0; i < 3; i++) repeats.add('stack', { message: 'no' });
  repeats.tellAll();
  repeats.tellAll();
  ends[0]!();
  expect(emitted.map(({ metadata }) => metadata?.repeated)).toEqual([undefined, 2]);
});

test('a loop that changes its words is cut off and counted', () => {
  const { emitted, ends, repeats } = repeatsWith();
  for (let i = 0; i < 1_000; i++) repeats.add(`stack ${i}`, { message: `no ${i}` });
  expect(emitted).toHaveLength(20);
  for (const end of ends) end();
  expect(emitted.slice(20)).toEqual([expect.objectContaining({ message: '980 more errors within seconds' })]);
});
