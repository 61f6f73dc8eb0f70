import * as fc from 'fast-check';
import { inject } from 'vitest';

/** Properties are asked of the same values at every `make test`, so that what fails is what was changed; `SEED=n` asks of others. */
fc.configureGlobal({ seed: inject('seed') });
