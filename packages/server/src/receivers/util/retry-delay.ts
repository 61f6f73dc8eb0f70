/**
 * A quota is used up until midnight, but may be raised before; a client that waits is to be told of it every few seconds,
 * and one that went away must not be waited for: what it sent is held in memory.
 */
export const RETRY_MS_MAX = 5000;

/** How long a listener waits before it tries again what was refused for now, in milliseconds. */
export function retryDelayMs(retryAfterMs: number): number {
  return Math.min(retryAfterMs, RETRY_MS_MAX);
}
