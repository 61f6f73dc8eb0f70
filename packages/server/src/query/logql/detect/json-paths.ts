const EXTRACTED = '_extracted';
/** Keys that lie deeper have no path. */
const DEPTH_MAX = 100;

/**
 * Where in a JSON object the labels that the parser `json` makes of it come from: keys from the outside in. `isTaken`
 * tells names of the stream's labels, which get `_extracted` behind them. Of equal names the first counts.
 */
export function jsonPaths(line: string, isTaken: (name: string) => boolean): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, readonly string[]>();
  const keys: string[] = [];
  function walk(value: object, prefix: string): void {
    for (const [key, member] of Object.entries(value) as [string, unknown][]) {
      const name = joined(prefix, key);
      keys.push(key);
      if (isObject(member)) {
        if (keys.length < DEPTH_MAX) walk(member, name);
      } else if (member !== null && !Array.isArray(member) && name !== '') {
        const label = isTaken(name) ? name + EXTRACTED : name;
        if (!paths.has(label)) paths.set(label, pathOf(keys));
      }
      keys.pop();
    }
  }
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) walk(value, '');
  } catch {
    // The parser reads on where JSON.parse gives up, behind the object for one: labels without a path.
  }
  return paths;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Loki takes `_extracted` off nested keys, also where it was the sender who put it there. */
function pathOf(keys: readonly string[]): readonly string[] {
  if (keys.length === 1) return [...keys];
  return keys.map((key) => (key.endsWith(EXTRACTED) ? key.slice(0, -EXTRACTED.length) : key));
}

/** Names of nested keys joined; blank keys are left out, characters that no label name has become `_`. */
function joined(prefix: string, key: string): string {
  const trimmed = key.trim();
  if (trimmed === '') return prefix;
  const name = trimmed.replace(/[^a-zA-Z0-9_]/gu, '_');
  if (prefix !== '') return `${prefix}_${name}`;
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
