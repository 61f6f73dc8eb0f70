import { expect, test } from 'vitest';
import { monthlyCost, renderPricesPage, VENDORS } from './prices.ts';

const vendor = (id: string) => VENDORS.find((each) => each.id === id)!;
/** 10 GB and 20 million events a day. */
const VOLUME = { eventsPerDay: 20e6, bytesPerDay: 10e9 };

test.each<[string, number, number]>([
  // 300 GB at 0.10, 600 million events at 1.70.
  ['datadog', 15, 30 + 1020],
  ['datadog', 90, 30 + 1500],
  // 250 GB at 0.45, nothing for the first 30 days, then 300 GB at 0.10 for two months.
  ['grafana-cloud', 30, 112.5],
  ['grafana-cloud', 90, 112.5 + 60],
  // 10 GB a day is in the first step of 1,800 a year.
  ['splunk', 30, (300 * 1800) / 365],
  ['cloudwatch', 30, 295 * 0.5 + 300 * 0.15 * 0.03],
])('%s for %d days costs $%d a month', (id, days, cost) => {
  expect(monthlyCost(vendor(id), VOLUME, days)).toBeCloseTo(cost, 6);
});

test('nothing sent costs nothing', () => {
  for (const each of VENDORS) expect(monthlyCost(each, { eventsPerDay: 0, bytesPerDay: 0 }, 365)).toBe(0);
});

test('docs/reference/prices.md says what is reckoned with', async () => {
  await expect(renderPricesPage()).toMatchFileSnapshot('../../../docs/reference/prices.md');
});
