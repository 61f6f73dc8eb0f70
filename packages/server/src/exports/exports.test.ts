import { expect, test } from 'vitest';
import { EXPORT_KEPT_MS, EXPORTS_PER_ORG_MAX, type ExportPlan, Exports } from './exports.ts';

const plan = (orgId = 'acme'): ExportPlan => ({
  ...{ orgId, condition: null, order: 'asc', format: 'csv', columns: [] },
  range: { fromNs: 0n, toNs: 1n },
});

test('an export is read once, by its org', () => {
  const exports = new Exports();
  const { id } = exports.create(plan(), 3);
  expect(() => exports.get('other', id)).toThrow('no such export');
  expect(exports.begin('acme', id)).toMatchObject({ state: 'running', eventsTotal: 3 });
  expect(() => exports.begin('acme', id)).toThrow('once');
});

test('one that nobody reads is forgotten after an hour, one that is read is not', () => {
  let nowMs = 1000;
  const exports = new Exports({ nowMs: () => nowMs });
  const idle = exports.create(plan(), 0);
  const read = exports.create(plan(), 0);
  exports.begin('acme', read.id);
  nowMs += EXPORT_KEPT_MS;
  expect(() => exports.get('acme', idle.id)).toThrow('no such export');
  expect(exports.get('acme', read.id)).toBe(read);
});

test('an org has so many: those at their end make room, then those that nobody reads', () => {
  const exports = new Exports();
  const jobs = Array.from({ length: EXPORTS_PER_ORG_MAX }, () => exports.create(plan(), 0));
  exports.create(plan('other'), 0);
  jobs[4]!.state = 'failed';
  exports.create(plan(), 0);
  expect(() => exports.get('acme', jobs[4]!.id)).toThrow('no such export');
  const next = exports.create(plan(), 0);
  expect(() => exports.get('acme', jobs[0]!.id)).toThrow('no such export');
  expect(exports.get('acme', next.id)).toBe(next);
});

test('none that is being read makes room', () => {
  const exports = new Exports();
  const jobs = Array.from({ length: EXPORTS_PER_ORG_MAX }, () => exports.create(plan(), 0));
  for (const { id } of jobs) exports.begin('acme', id);
  expect(() => exports.create(plan(), 0)).toThrow('cancel some');
  exports.cancel('acme', jobs[0]!.id);
  exports.create(plan(), 0);
});

test('cancelling and closing end what is read', () => {
  const exports = new Exports();
  const one = exports.create(plan(), 0);
  const other = exports.create(plan(), 0);
  exports.cancel('acme', one.id);
  expect(one.cancelled.signal.aborted).toBe(true);
  expect(other.cancelled.signal.aborted).toBe(false);
  exports.close();
  exports.close();
  expect(other.cancelled.signal.aborted).toBe(true);
  expect(() => exports.begin('acme', other.id)).toThrow('stopping');
});
