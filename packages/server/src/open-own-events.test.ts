import { expect, test } from 'vitest';
import type { IntegrationStatus } from './consumers/destination-sender/sender.ts';
import { createStateLog } from './open-own-events.ts';

const STATUS: IntegrationStatus = {
  ...{ state: 'idle', lagEvents: 0, lagBytes: 0, lagSeconds: 0, delivered: 0, rejected: 0, skipped: 0 },
  ...{ lastError: 'secret words', lastDeliveryAtMs: null, nextAttemptAtMs: null, circuit: 'closed' },
};

test('an integration that fails is told of once, and once when it delivers again, a minute apart at least', () => {
  let nowMs = 0;
  const told: string[] = [];
  const tell = createStateLog(
    { info: (_, message) => told.push(message), warn: (_, message) => told.push(message) },
    () => nowMs,
  );
  const report = (state: IntegrationStatus['state'], id = 'i1') => [{ id, type: 's3', status: { ...STATUS, state } }];
  tell(report('delivering'));
  tell(report('retrying'));
  nowMs += 30_000;
  tell(report('idle'));
  tell(report('retrying'));
  expect(told).toEqual(['integration i1 cannot deliver: its events wait and are sent again']);
  nowMs += 30_000;
  tell(report('delivering'));
  nowMs += 60_000;
  tell(report('idle'));
  tell(report('paused'));
  expect(told.slice(1)).toEqual(['integration i1 delivers again', expect.stringContaining('is paused')]);
  tell([]);
  tell(report('disabled'));
  expect(told.at(-1)).toContain('was disabled');
  expect(told.join()).not.toContain('secret');
});
