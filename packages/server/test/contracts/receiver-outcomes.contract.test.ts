import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BedMaker, createBeds } from '../support/outcomes/bed.ts';
import { outcomeRows, waysIn } from '../support/outcomes/rows.ts';
import { removeTempDirs } from '../support/server.ts';
import { receiverOutcomesContract } from './receiver-outcomes.contract.ts';

const SEED = 7;
const rows = outcomeRows();
let beds: BedMaker;

beforeAll(async () => {
  beds = await createBeds();
});

afterAll(async () => {
  await beds.close();
  removeTempDirs();
});

test('every way in has a row', () => {
  const covered = rows.map(({ receiver, listener }) => (listener === null ? receiver : `${receiver}.${listener}`));
  expect([...new Set(covered)].sort()).toEqual(waysIn().sort());
});

// At a time: most of what they take is waiting.
describe.concurrent('receiver outcomes', () => {
  for (const row of rows) receiverOutcomesContract(row, () => beds, SEED);
});
