import { expect, test } from 'vitest';
import * as loki from '../../../test/fuzz/loki.ts';
import { createDice, mutate } from '../../../test/fuzz/mutate.ts';
import * as ndjson from '../../../test/fuzz/ndjson.ts';
import { PermanentError } from '../../runtime/errors.ts';

const BODIES = 3000;
const SEED = 1;

test.each([...ndjson.fuzzCases(), ...loki.fuzzCases()].map((fuzzCase) => [fuzzCase.name, fuzzCase] as const))(
  '%s: mutated bodies are read or refused, and the batch stays whole',
  (_, { seeds, run }) => {
    const dice = createDice(SEED);
    let read = 0;
    for (let i = 0; i < BODIES; i++) {
      const body = mutate(seeds, dice);
      try {
        run(body);
        read++;
      } catch (error) {
        if (!(error instanceof PermanentError)) throw new Error(`body ${body.toString('base64')}`, { cause: error });
      }
    }
    // Most mutations spoil one event or a value; a decoder that reads nothing would pass the rest.
    expect(read).toBeGreaterThan(BODIES / 100);
  },
);
