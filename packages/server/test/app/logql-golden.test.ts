import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askServer } from '../golden/logql-ask.ts';
import { type GoldenCase, type GoldenFile, goldenFiles } from '../golden/logql-cases.ts';
import { goldenDifference } from '../golden/logql-compare.ts';
import { push } from '../support/loki/http-client.ts';
import { EXACT_SETTINGS, inParallel, makeLokiOrg } from '../support/loki/orgs.ts';
import { removeTempDirs, type SpawnedServer, spawnServer } from '../support/server.ts';

/**
 * The golden cases over HTTP, with all that is pushed down to SQL: an org a file. Asked in one batch, because one after
 * another they would mostly wait.
 */
const WIDTH = 8;
const files = goldenFiles();
let server: SpawnedServer | undefined;
const found = new Map<GoldenCase, string | null>();

async function runFile({ topic, streams, cases }: GoldenFile): Promise<void> {
  const org = await makeLokiOrg(server!, topic, EXACT_SETTINGS);
  if (streams.length > 0) await push(org, streams);
  for (const golden of cases) found.set(golden, goldenDifference(golden, await askServer(org, golden)));
}

beforeAll(async () => {
  server = await spawnServer({ env: { TAILWATER_STORE_INSERT_INTERVAL_MS: '50ms' } });
  await inParallel(WIDTH, files, runFile);
}, 120_000);

afterAll(async () => {
  await server?.stop();
  removeTempDirs();
});

describe.each(files)('$topic', ({ cases }) => {
  test.each(cases)('$name', (golden) => {
    expect(found.get(golden)).toBeNull();
  });
});
