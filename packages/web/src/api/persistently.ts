import { untilReachable } from './reachable.ts';

/** Failures of a part while the server is there: then it has other files by now, and only loading the page anew helps. */
const FAILURES_MAX = 3;

/**
 * Loads a part of the page that comes with its first use, also when the server is away in that moment: then it comes once
 * the server is back, and the rest of the page stays until then.
 */
export function persistently<Part>(load: () => Promise<Part>): () => Promise<Part> {
  return async () => {
    for (let failures = 1; ; failures++) {
      try {
        return await load();
      } catch (error) {
        if (failures === FAILURES_MAX) throw error;
        await untilReachable();
      }
    }
  };
}
