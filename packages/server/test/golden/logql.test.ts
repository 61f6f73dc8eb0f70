import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../support/loki/memory-engine.ts';
import { askEngine } from './logql-ask.ts';
import { goldenFiles } from './logql-cases.ts';
import { goldenDifference } from './logql-compare.ts';

/** The golden cases over rows in this process. test/app/logql-golden.test.ts asks the same of the built server. */
describe.each(goldenFiles())('$topic', ({ streams, cases }) => {
  const engine = memoryEngine();
  engine.load(streams);

  test.each(cases)('$name', async (golden) => {
    expect(goldenDifference(golden, await askEngine(engine, golden))).toBeNull();
  });
});
