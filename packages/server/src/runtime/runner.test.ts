import { expect, test } from 'vitest';
import { Runner } from './runner.ts';

test('closes in reverse order, once, and goes on after a fault and a hang', async () => {
  const closed: string[] = [];
  const faults: string[] = [];
  const runner = new Runner((_, name) => faults.push(name));
  runner.defer('first', () => void closed.push('first'));
  runner.defer('hangs', () => new Promise<void>(() => {}));
  runner.defer('throws', () => {
    throw new Error('x');
  });
  runner.defer('last', async () => void closed.push('last'));
  await Promise.all([runner.stop(200), runner.stop(200)]);
  expect(closed).toEqual(['last', 'first']);
  expect(faults).toEqual(['throws', 'hangs']);
});
