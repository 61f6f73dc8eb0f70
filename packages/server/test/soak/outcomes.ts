import { Random } from '../sim/random.ts';
import { createBeds } from '../support/outcomes/bed.ts';
import { outcomeRows } from '../support/outcomes/rows.ts';
import { runOutcomes, runStop, SHORT_OF_MEMORY } from '../support/outcomes/scenarios.ts';
import type { OutcomeRow } from '../support/outcomes/way.ts';
import { removeTempDirs } from '../support/server.ts';

/**
 * Every receiver under mixed outcomes, and closed while senders send, again and again: what
 * test/contracts/receiver-outcomes.contract.ts does once. A failure prints the row and its seed.
 */
export async function outcomesTest({
  seed,
  rounds,
  print,
}: {
  seed: number;
  rounds: number;
  print(line: string): void;
}): Promise<boolean> {
  const beds = await createBeds();
  const random = new Random(seed);
  const rows = outcomeRows().filter(({ title, skipped }) => {
    if (skipped !== undefined) print(`outcomes: ${title} SKIPPED, ${skipped}`);
    return skipped === undefined;
  });
  let failed = 0;
  const check = async (row: OutcomeRow, what: string, run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      failed++;
      print(`outcomes: ${row.title}, ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  for (let round = 0; round < rounds; round++) {
    const roundSeed = random.uint32();
    await Promise.all(
      rows.map(async (row) => {
        await check(row, `mixed, seed ${roundSeed}`, () => runOutcomes(beds, row, 'mixed', roundSeed));
        await check(row, `memory now and then, seed ${roundSeed}`, () =>
          runOutcomes(beds, row, SHORT_OF_MEMORY, roundSeed),
        );
        await check(row, 'closed while senders send', () => runStop(beds, row));
      }),
    );
  }
  await beds.close();
  removeTempDirs();
  print(`outcomes: ${rows.length} rows, ${rounds} rounds, ${failed} failed`);
  return failed === 0;
}
