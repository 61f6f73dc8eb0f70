import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestStore, type TestStore } from '../app/api-fixture.ts';
import { runCampaign } from '../twins/campaign.ts';

/** `make soak ARGS="--only logql-twins"` runs 20,000 of other seeds. */
const SEED = 5;
const DATASETS = 4;
const QUERIES_EACH = 40;

let opened: TestStore;
beforeAll(async () => {
  opened = await openTestStore();
});
afterAll(() => opened?.close());

test('queries answer the same with push-down, without, and in memory without a store', async () => {
  const { store } = opened;
  const print = () => {};
  const report = await runCampaign({
    store,
    seed: SEED,
    datasets: DATASETS,
    queriesEach: QUERIES_EACH,
    faultsMax: 1,
    print,
  });
  expect(report.faults).toEqual([]);
  expect(report.pairs).toBe(DATASETS * QUERIES_EACH);
  // What is generated reaches every way of answering.
  expect(report.empty).toBeLessThan(report.pairs / 2);
  const { aggregated, whole, narrowed, none } = report.pushed;
  for (const count of [aggregated, whole, narrowed, none]) expect(count).toBeGreaterThan(report.pairs / 50);
});
