import { isAlias, isMap, isNode, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import type { ConfigKey } from './keys.ts';
import type { ConfigProblem } from './problems.ts';
import { suggest } from './suggest.ts';

/** A value as written, and where. */
export interface FoundValue {
  raw: unknown;
  from: string;
}

export interface FoundValues {
  values: Map<string, FoundValue>;
  problems: ConfigProblem[];
}

/**
 * Reads the YAML text of a configuration file into raw values by key path. `name` is the file's name in problems,
 * which carry line and column. An empty group (`http:` with nothing below) counts as not written.
 */
export function readConfigFile(text: string, name: string, keys: readonly ConfigKey[]): FoundValues {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeOf = (at: number | undefined): string => {
    const { line, col } = lines.linePos(at ?? 0);
    return `${name}:${line}:${col}`;
  };
  const found: FoundValues = { values: new Map(), problems: [] };
  for (const error of [...document.errors, ...document.warnings]) {
    found.problems.push({ path: 'YAML', from: placeOf(error.pos[0]), message: error.message });
  }
  if (found.problems.length > 0) return found;

  const paths = keys.filter((key) => key.inFile).map((key) => key.path);
  const leaves = new Set(paths);
  const groups = new Set(paths.flatMap((path) => parentsOf(path)));

  const readMap = (map: YAMLMap, prefix: string): void => {
    for (const { key, value } of map.items) {
      const path = `${prefix}${isScalar(key) ? String(key.value) : '?'}`;
      const from = placeOf(isNode(key) ? key.range?.[0] : undefined);
      if (leaves.has(path)) readLeaf(path, value, from);
      else if (groups.has(path)) readGroup(path, value, from);
      else found.problems.push({ path, from, message: unknownKey(path, paths, [...groups]) });
    }
  };
  const readLeaf = (path: string, value: unknown, keyPlace: string): void => {
    const raw: unknown = isNode(value) ? value.toJS(document) : value;
    const start = isNode(value) ? value.range?.[0] : undefined;
    found.values.set(path, { raw, from: start === undefined ? keyPlace : placeOf(start) });
  };
  const readGroup = (path: string, value: unknown, from: string): void => {
    const resolved = isAlias(value) ? value.resolve(document) : value;
    if (isMap(resolved)) readMap(resolved, `${path}.`);
    else if (!isEmpty(resolved)) found.problems.push({ path, from, message: 'expected a group of keys below it' });
  };

  const root: Node | null = document.contents;
  if (isMap(root)) readMap(root, '');
  else if (!isEmpty(root)) {
    found.problems.push({ path: 'YAML', from: placeOf(root?.range?.[0]), message: 'expected a map of keys' });
  }
  return found;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (isScalar(value) && value.value === null);
}

/** `a.b.c` to `a`, `a.b`. */
function parentsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
}

function unknownKey(path: string, paths: readonly string[], groups: readonly string[]): string {
  const near = suggest(path, [...groups, ...paths]);
  return near ? `unknown key. Did you mean \`${near}\`?` : 'unknown key';
}
