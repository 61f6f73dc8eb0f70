/** Whether a filter keeps what is at a path of the answer. */
export type Filter = (path: readonly string[], isObject?: boolean) => boolean;

/** Longer ones are no client's. */
const PATTERNS_MAX = 64;

/**
 * Reads Elasticsearch's `filter_path`: patterns with dots, `*` for a part of a name, `**` for any names between, `-`
 * in front to leave something out. A pattern that goes on inside of an object keeps the whole object.
 * https://www.elastic.co/docs/reference/elasticsearch/rest-apis/common-options#common-options-response-filtering
 */
export function createFilter(filterPath: string | null): Filter {
  const patterns = (filterPath ?? '').split(',', PATTERNS_MAX).filter((pattern) => pattern.trim() !== '');
  if (patterns.length === 0) return () => true;
  const read = (pattern: string) => pattern.trim().replace(/^-/, '').split('.').map(segmentOf);
  const excluded = patterns.filter((pattern) => pattern.trim().startsWith('-')).map(read);
  const included = patterns.filter((pattern) => !pattern.trim().startsWith('-')).map(read);
  return (path, isObject = false) =>
    (included.length === 0 || included.some((pattern) => fits(pattern, 0, path, 0, isObject))) &&
    !excluded.some((pattern) => fits(pattern, 0, path, 0, false));
}

/** `**`, or whether a name fits. */
type Segment = '**' | ((name: string) => boolean);

function segmentOf(text: string): Segment {
  if (text === '**') return '**';
  const parts = text.split('*');
  if (parts.length === 1) return (name) => name === text;
  const first = parts[0];
  const last = parts[parts.length - 1];
  return (name) => {
    if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
    let from = first.length;
    for (const part of parts.slice(1, -1)) {
      const at = name.indexOf(part, from);
      if (at < 0 || at + part.length > name.length - last.length) return false;
      from = at + part.length;
    }
    return true;
  };
}

/** Whether the pattern names the path, something above it, or (for objects) something below it. */
function fits(
  pattern: readonly Segment[],
  at: number,
  path: readonly string[],
  depth: number,
  isObject: boolean,
): boolean {
  if (at === pattern.length) return true;
  const segment = pattern[at];
  if (segment === '**') {
    for (let skipped = depth; skipped <= path.length; skipped++) {
      if (fits(pattern, at + 1, path, skipped, false)) return true;
    }
    return false;
  }
  if (depth === path.length) return isObject;
  return segment(path[depth]) && fits(pattern, at + 1, path, depth + 1, isObject);
}
