import { setImmediate as turn } from 'node:timers/promises';

/** A closing port is read until nothing came for so long: what the kernel has taken is not ours to lose. */
const QUIET_MS = 20;
const QUIET_DEADLINE_MS = 500;

/** Resolves once nothing came for a while, as `lastAt`, of performance.now(), tells; after half a second at the latest. */
export async function untilQuiet(lastAt: () => number): Promise<void> {
  const begin = performance.now();
  let seen: number;
  do {
    seen = lastAt();
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    // However late that was: a busy thread has not looked at its sockets meanwhile, and takes one connection each time.
    await turn();
    await turn();
  } while (lastAt() !== seen && performance.now() - begin < QUIET_DEADLINE_MS);
}
