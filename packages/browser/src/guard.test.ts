import { expect, test } from 'vitest';
import { createGuard } from './guard.ts';

test('what throws answers otherwise, and the next call works', () => {
  const guarded = createGuard()((fail: boolean) => {
    if (fail) throw new Error('inside');
    return 'done';
  }, 'otherwise');
  expect([guarded(true), guarded(false)]).toEqual(['otherwise', 'done']);
});

test('what is called from inside does nothing', () => {
  const guard = createGuard();
  const calls: number[] = [];
  const outer = guard((depth: number) => {
    calls.push(depth);
    outer(depth + 1);
  }, undefined);
  outer(0);
  outer(10);
  expect(calls).toEqual([0, 10]);
});
