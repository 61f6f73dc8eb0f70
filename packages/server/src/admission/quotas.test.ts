import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ControlDb, openControlDb } from '../control/control-db.ts';
import { type IngestQuota, NO_QUOTA } from '../control/orgs.ts';
import { RetryableError } from '../runtime/errors.ts';
import { Quotas } from './quotas.ts';

let dir: string;
let db: ControlDb;
let nowMs: number;
const opened: Quotas[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tailwater-quotas-'));
  db = await openControlDb(dir);
  nowMs = Date.parse('2026-11-21T23:50:00Z');
});
afterEach(async () => {
  for (const quotas of opened.splice(0)) await quotas.close();
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

async function open(defaults = NO_QUOTA): Promise<Quotas> {
  const quotas = await Quotas.open(
    db,
    (error) => {
      throw error;
    },
    { nowMs: () => nowMs, defaults },
  );
  opened.push(quotas);
  return quotas;
}

const quota = (part: Partial<IngestQuota>): IngestQuota => ({ ...NO_QUOTA, ...part });

/** Milliseconds to wait, null when the org may send. */
function waitMs(quotas: Quotas, own: IngestQuota, orgId = 'acme'): number | null {
  try {
    quotas.check(orgId, own);
    return null;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    expect(error.code).toBe('rate_limited');
    return error.retryAfterMs;
  }
}

test('without a quota nothing is refused, and all is counted', async () => {
  const quotas = await open();
  quotas.charge('acme', NO_QUOTA, { bytes: 1e12, events: 1e9 });
  expect(waitMs(quotas, NO_QUOTA)).toBeNull();
  expect(quotas.usage('acme')).toEqual({ day: '2026-11-21', bytes: 1e12, events: 1e9 });
  expect(quotas.usage('other')).toMatchObject({ bytes: 0, events: 0 });
});

test.each(['bytes', 'events'] as const)('a rate of %s: five seconds of it at once, then as it comes', async (unit) => {
  const quotas = await open();
  const own = quota({ [`${unit}PerSecond`]: 100 });
  const send = (count: number) => quotas.charge('acme', own, { bytes: 0, events: 0, [unit]: count });
  send(499);
  expect(waitMs(quotas, own)).toBeNull();
  // One that is larger than what is left is let through; it is paid for by waiting.
  send(301);
  expect(waitMs(quotas, own)).toBe(3001);
  expect(waitMs(quotas, own, 'other')).toBeNull();
  nowMs += 3000;
  expect(waitMs(quotas, own)).toBe(1);
  nowMs += 10;
  expect(waitMs(quotas, own)).toBeNull();
});

test.each(['bytes', 'events'] as const)('a daily quota of %s ends at midnight UTC', async (unit) => {
  const quotas = await open();
  const own = quota({ [`${unit}PerDay`]: 1000 });
  quotas.charge('acme', own, { bytes: 0, events: 0, [unit]: 999 });
  expect(waitMs(quotas, own)).toBeNull();
  quotas.charge('acme', own, { bytes: 0, events: 0, [unit]: 1 });
  expect(waitMs(quotas, own)).toBe(10 * 60_000);
  nowMs += 10 * 60_000;
  expect(waitMs(quotas, own)).toBeNull();
  expect(quotas.usage('acme')).toEqual({ day: '2026-11-22', bytes: 0, events: 0 });
});

test('hours before midnight a sender is asked to try again in 15 minutes: the quota may have been raised', async () => {
  nowMs -= 7 * 3_600_000;
  const quotas = await open();
  const own = quota({ eventsPerDay: 1 });
  quotas.charge('acme', own, { bytes: 0, events: 1 });
  expect(waitMs(quotas, own)).toBe(15 * 60_000);
});

test('a number that an org has not of its own is the default', async () => {
  const quotas = await open(quota({ bytesPerSecond: 100, eventsPerDay: 10 }));
  expect(quotas.of(NO_QUOTA)).toEqual(quota({ bytesPerSecond: 100, eventsPerDay: 10 }));
  const own = quotas.of(quota({ eventsPerDay: 1000, eventsPerSecond: 5 }));
  expect(own).toEqual(quota({ bytesPerSecond: 100, eventsPerDay: 1000, eventsPerSecond: 5 }));
  quotas.charge('acme', own, { bytes: 0, events: 20 });
  expect(waitMs(quotas, { ...own, eventsPerSecond: null })).toBeNull();
  expect(waitMs(quotas, quotas.of(NO_QUOTA))).toBe(10 * 60_000);
});

test('what was not taken after all is given back', async () => {
  const quotas = await open();
  const own = quota({ bytesPerDay: 1000, bytesPerSecond: 200 });
  quotas.charge('acme', own, { bytes: 1000, events: 0 });
  expect(waitMs(quotas, own)).not.toBeNull();
  quotas.charge('acme', own, { bytes: -1000, events: 0 });
  expect(waitMs(quotas, own)).toBeNull();
});

test('a restart knows what was sent today, and servers that share the database add up', async () => {
  const first = await open();
  const second = await open();
  first.charge('acme', NO_QUOTA, { bytes: 10, events: 1 });
  second.charge('acme', NO_QUOTA, { bytes: 100, events: 2 });
  await first.close();
  await second.close();
  expect(second.usage('acme')).toMatchObject({ bytes: 110, events: 3 });
  const third = await open();
  expect(third.usage('acme')).toEqual({ day: '2026-11-21', bytes: 110, events: 3 });
  await third.close();
  expect((await open()).usage('acme')).toMatchObject({ bytes: 110, events: 3 });
});
