/** Calls what the program gave us: what it throws must not reach the request or the logger that it was called for. */
export function quietly<T>(hook: () => T): T | undefined {
  try {
    return hook();
  } catch {
    return undefined;
  }
}
