import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, loopbackEgress, sampleEvent } from '../../../test/support/destination-events.ts';
import { openAzureMonitorVendor } from '../../../test/support/vendors/azure-monitor.ts';
import { CLIENT, CLIENT_SECRET, TENANT } from '../../../test/support/vendors/entra-token.ts';
import type { Egress } from '../../runtime/egress/egress.ts';
import type { TestStep } from '../destination.ts';
import { azureMonitor } from './index.ts';

const { signal } = new AbortController();

let vendor: Awaited<ReturnType<typeof openAzureMonitorVendor>>;
let egress: Egress;
beforeEach(async () => {
  vendor = await openAzureMonitorVendor();
  egress = loopbackEgress();
});
afterEach(async () => {
  await egress.close();
  await vendor.close();
});

const configOf = (more: object = {}) => azureMonitor.config.parse({ ...(vendor.settings.config as object), ...more });
const open = (more: object = {}) =>
  azureMonitor.open({ config: configOf(more), secrets: vendor.settings.secrets }, { egress });
const batch = () => batchOf(azureMonitor, [sampleEvent(0), sampleEvent(1)], configOf());

test('one token for many calls; another when it is valid no more, and then no third', async () => {
  const destination = open();
  await destination.deliver(batch(), signal);
  await destination.deliver(batch(), signal);
  vendor.tokens.endTokens();
  await destination.deliver(batch(), signal);
  const paths = vendor.requests.map(({ path }) => (path.endsWith('/token') ? 'token' : 'rows'));
  expect(paths).toEqual(['token', 'rows', 'rows', 'rows', 'token', 'rows']);
  expect(vendor.rows).toHaveLength(6);
});

test('rows have a time of their own and the names of the mapping', async () => {
  await open().deliver(batch(), signal);
  expect(vendor.rows[0]).toMatchObject({
    ...{ TimeGenerated: expect.stringMatching(/^\d{4}-.*Z$/), log_type: 'gateway', severity: 'warn' },
    metadata: { price: 1.5, ok: true },
  });
});

const WRONG_RULE = `dcr-${'0'.repeat(32)}`;
const OTHER = '11111111-1111-4111-8111-111111111111';

test.each([
  [{ rule_id: WRONG_RULE }, 'rule_id', 'immutable ID'],
  [{ stream: 'Custom-Other_CL' }, 'stream', 'no stream Custom-Other_CL'],
  [{ client_id: OTHER }, 'client_id', 'no such application'],
  [{ tenant_id: OTHER }, 'tenant_id', 'no such tenant'],
])('%j: %s, %s', async (more, field, advice) => {
  const steps: TestStep[] = [];
  await open(more).test(batch().events[0]!, (step) => steps.push(step), signal);
  expect(steps.at(-1)).toMatchObject({ ok: false, field, advice: expect.stringContaining(advice) });
  expect(JSON.stringify(steps)).not.toContain('Trace ID');
});

test('an event is cut to what a column holds', () => {
  const bytes = azureMonitor.encode(sampleEvent(1, { message: 'x'.repeat(200_000) }), configOf());
  expect(bytes.length).toBeLessThanOrEqual(65_536);
  expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({ message: expect.stringMatching(/^x+…\[cut\]$/) });
});

test('settings of the environment', () => {
  const environment = {
    ...{ AZURE_TENANT_ID: TENANT, AZURE_CLIENT_ID: CLIENT, AZURE_CLIENT_SECRET: CLIENT_SECRET },
    ...{
      AZURE_MONITOR_ENDPOINT: 'https://dce.westeurope-1.ingest.monitor.azure.com',
      AZURE_MONITOR_DCR_ID: WRONG_RULE,
    },
    AZURE_MONITOR_STREAM: 'Custom-Tailwater_CL',
  };
  expect(azureMonitor.fromEnvironment(environment)).toMatchObject({
    config: { rule_id: WRONG_RULE, tenant_id: TENANT, audience: 'https://monitor.azure.com' },
    secrets: { client_secret: CLIENT_SECRET },
  });
  expect(azureMonitor.fromEnvironment({ ...environment, AZURE_CLIENT_SECRET: undefined })).toBeNull();
});
