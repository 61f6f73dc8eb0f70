/** Between two questions whether a server that was away is back. */
const ASK_INTERVAL_MS = 2_000;

let isReachable = true;
const listeners = new Set<() => void>();

export const reachable = {
  get: (): boolean => isReachable,
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** What a request found out. A server that is away is asked until it is back. */
export function noteReachable(now: boolean): void {
  if (now === isReachable) return;
  isReachable = now;
  for (const listener of listeners) listener();
  if (!now) void askUntilBack();
}

async function askUntilBack(): Promise<void> {
  while (!isReachable) {
    await new Promise((resolve) => setTimeout(resolve, ASK_INTERVAL_MS));
    if (await isThere()) noteReachable(true);
  }
}

const isThere = (): Promise<boolean> =>
  fetch('/healthz').then(
    ({ ok }) => ok,
    () => false,
  );

/** Asks whether the server is there, and resolves when it is. */
export async function untilReachable(): Promise<void> {
  if (await isThere()) return;
  noteReachable(false);
  await new Promise<void>((resolve) => {
    const unsubscribe = reachable.subscribe(() => {
      if (!isReachable) return;
      unsubscribe();
      resolve();
    });
  });
}
