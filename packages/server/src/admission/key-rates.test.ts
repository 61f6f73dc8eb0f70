import { expect, test } from 'vitest';
import { RetryableError } from '../runtime/errors.ts';
import { KeyRates } from './key-rates.ts';

let nowMs = 0;
const open = (bytesPerSecond = 10_000) => {
  nowMs = 1_800_000_000_000;
  return new KeyRates(bytesPerSecond, () => nowMs);
};

/** Sends until the key is refused. */
function drain(rates: KeyRates, keyId: string, bytes: number): { taken: number; error: RetryableError } {
  for (let taken = 0; ; taken++) {
    try {
      rates.take(keyId, bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(RetryableError);
      return { taken, error: error as RetryableError };
    }
  }
}

test('ten seconds of the rate may come at once, then the key is refused for as long as it takes', () => {
  const rates = open();
  const { taken, error } = drain(rates, 'a', 20_000);
  expect([taken, error.code, error.message]).toEqual([
    5,
    'rate_limited',
    expect.stringContaining('limits.browserKeyBytesPerSecond'),
  ]);
  nowMs += error.retryAfterMs;
  rates.take('a', 20_000);
  // It has overdrawn by 2 s.
  expect(drain(rates, 'a', 1).error.retryAfterMs).toBeGreaterThan(1900);
  nowMs += 3600_000;
  expect(drain(rates, 'a', 20_000).taken).toBe(5);
});

test('keys have rates of their own', () => {
  const rates = open();
  drain(rates, 'a', 20_000);
  expect(drain(rates, 'b', 20_000).taken).toBe(5);
});

test('empty requests count too', () => {
  expect(drain(open(), 'a', 0).taken).toBe(98);
});

test('a clock that is set back gives and takes nothing', () => {
  const rates = open();
  drain(rates, 'a', 20_000);
  nowMs -= 60_000;
  expect(drain(rates, 'a', 1).taken).toBe(0);
});

test('a full bucket is the same as none, so that old keys are forgotten', () => {
  const rates = open();
  for (let i = 0; i < 25_000; i++) rates.take(`key ${i}`, 1);
  drain(rates, 'a', 20_000);
  nowMs += 5000;
  for (let i = 0; i < 25_000; i++) rates.take(`other ${i}`, 1);
  expect(drain(rates, 'a', 20_000).taken).toBe(3);
});
