/**
 * Paths that speak Loki's protocol: their parameters come from query string and form alike, names that nobody knows are
 * passed over, and errors are plain text, as its clients read them.
 */
export function isLokiPath(path: string): boolean {
  return /^\/(loki|prometheus|api\/prom|config\/tenant)\//.test(path);
}
