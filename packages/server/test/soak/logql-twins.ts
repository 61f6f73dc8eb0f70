import { openTestStore } from '../app/api-fixture.ts';
import { runCampaign } from '../twins/campaign.ts';

const QUERIES_EACH = 200;
const FAULTS_MAX = 5;

/** LogQL queries over events, both from the seed, answered with push-down, without, and without the store at all. */
export async function logqlTwinsTest({
  seed,
  pairs,
  print,
}: {
  seed: number;
  pairs: number;
  print(line: string): void;
}): Promise<boolean> {
  const opened = await openTestStore();
  try {
    const { faults, ...report } = await runCampaign({
      store: opened.store,
      seed,
      datasets: Math.ceil(pairs / QUERIES_EACH),
      queriesEach: QUERIES_EACH,
      faultsMax: FAULTS_MAX,
      print: (line) => print(`logql-twins: ${line}`),
    });
    print(`logql-twins: seed ${seed}: ${JSON.stringify(report)}, ${faults.length} faults`);
    return faults.length === 0;
  } finally {
    await opened.close();
  }
}
