import { setImmediate as turn } from 'node:timers/promises';

/** A closing port is read until nothing came for so long: what the kernel has taken is not ours to lose. */
const QUIET_MS = 20;
const QUIET_DEADLINE_MS = 500;

/** Resolves once `lastAt`, of performance.now(), lies a little back; after half a second at the latest. */
export async function untilQuiet(lastAt: () => number): Promise<void> {
  const begin = performance.now();
  do {
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    // However late that was: a busy thread has not looked at its sockets meanwhile, and takes one connection each time.
    await turn();
    await turn();
  } while (performance.now() - lastAt() < QUIET_MS && performance.now() - begin < QUIET_DEADLINE_MS);
}
