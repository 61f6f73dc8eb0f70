import { beforeAll, describe, expect, inject, test } from 'vitest';
import { askServer } from '../golden/logql-ask.ts';
import { type GoldenCase, type GoldenFile, goldenFiles } from '../golden/logql-cases.ts';
import { goldenDifference } from '../golden/logql-compare.ts';
import { push } from '../support/loki/http-client.ts';
import { EXACT_SETTINGS, inParallel, makeLokiOrg } from '../support/loki/orgs.ts';
import '../support/shared-server.ts';
import { SHARE, shareOf } from '../support/share.ts';

/**
 * The golden cases over HTTP, with all that is pushed down to SQL: an org a file. Asked in one batch, because one after
 * another they would mostly wait. test/golden/logql.test.ts has all of them answered in memory.
 */
const WIDTH = 8;
const files = goldenFiles().map((file) => ({
  ...file,
  cases: shareOf(file.cases, Math.ceil(file.cases.length / 3), file.topic),
}));
const { url } = inject('sharedServer');
const found = new Map<GoldenCase, string | null>();

async function runFile({
  topic,
  streams,
  cases,
}: Omit<GoldenFile, 'cases'> & { cases: readonly GoldenCase[] }): Promise<void> {
  const org = await makeLokiOrg({ url }, `golden-${topic}`, EXACT_SETTINGS);
  if (streams.length > 0) await push(org, streams);
  for (const golden of cases) found.set(golden, goldenDifference(golden, await askServer(org, golden)));
}

beforeAll(async () => {
  await inParallel(WIDTH, files, runFile);
}, 120_000);

describe.each(files)(`$topic, ${SHARE}`, ({ cases }) => {
  test.each(cases)('$name', (golden) => {
    expect(found.get(golden)).toBeNull();
  });
});
