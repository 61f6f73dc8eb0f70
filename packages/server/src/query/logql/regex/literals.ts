import { type CharSet, type Node, readRegex } from './syntax.ts';

/** What plain text search can know about an unanchored pattern; no field set: nothing is known. */
export interface RegexLiterals {
  /** The pattern matches exactly the texts that contain this one; empty: every text. */
  exact?: string;
  /** The pattern matches exactly the texts that contain one of these. */
  anyOf?: string[];
  /** Of `exact`, `anyOf` and `required`; by Unicode's simple folding, in which `k` is also U+212A and `s` U+017F. */
  caseInsensitive?: boolean;
  /** Every text that the pattern matches contains all of these. */
  required?: string[];
}

/** More branches than this are not worth a search each. */
const MAX_BRANCHES = 64;
const MAX_CLASS_SIZE = 4;

/** Literals of a pattern as a line filter uses it: searched anywhere, `.` not matching a newline. */
export function literals(pattern: string): RegexLiterals {
  const node = readRegex(pattern, false);
  if (node === null) return {};
  const fold = foldOf(node);
  if (fold === 'mixed') return {};
  const result = exactLiterals(withoutEdges(node)) ?? requiredLiterals(node);
  if (fold === 'all' && Object.keys(result).length > 0) result.caseInsensitive = true;
  return result;
}

function exactLiterals(node: Node): RegexLiterals | null {
  const texts = enumerate(node);
  if (texts === null) return null;
  const distinct = [...new Set(texts)];
  if (distinct.includes('')) return { exact: '' };
  const [first] = distinct;
  return distinct.length === 1 && first !== undefined ? { exact: first, required: [first] } : { anyOf: distinct };
}

function requiredLiterals(node: Node): RegexLiterals {
  const required: string[] = [];
  collectRequired(node, required);
  const distinct = [...new Set(required)].filter((text) => text !== '');
  return distinct.length === 0 ? {} : { required: distinct };
}

/** A search may drop `.*` and `x*` at both ends: they also match nothing. */
function withoutEdges(node: Node): Node {
  if (isOptionalRepeat(node)) return { kind: 'empty' };
  if (node.kind === 'capture') return withoutEdges(node.node);
  if (node.kind === 'alternate') return { kind: 'alternate', nodes: node.nodes.map(withoutEdges) };
  if (node.kind !== 'concat') return node;
  let start = 0;
  let end = node.nodes.length;
  while (start < end && isOptionalRepeat(node.nodes[start] as Node)) start++;
  while (end > start && isOptionalRepeat(node.nodes[end - 1] as Node)) end--;
  return { kind: 'concat', nodes: node.nodes.slice(start, end) };
}

function isOptionalRepeat(node: Node): boolean {
  return node.kind === 'repeat' && node.min === 0;
}

/** All texts that the node matches, or null where they are too many. */
export function enumerate(node: Node): string[] | null {
  switch (node.kind) {
    case 'literal':
      return [node.text];
    case 'empty':
      return [''];
    case 'capture':
      return enumerate(node.node);
    case 'set':
      return node.fold ? null : enumerateSet(node.set);
    case 'alternate':
      return enumerateAll(node.nodes, (all, texts) => [...all, ...texts], []);
    case 'concat':
      return enumerateAll(node.nodes, (all, texts) => all.flatMap((head) => texts.map((tail) => head + tail)), ['']);
    case 'repeat':
      return enumerateRepeat(node.node, node.min, node.max);
    default:
      return null;
  }
}

function enumerateAll(
  nodes: readonly Node[],
  join: (all: string[], texts: string[]) => string[],
  empty: string[],
): string[] | null {
  let all = empty;
  for (const node of nodes) {
    const texts = enumerate(node);
    if (texts === null || Math.max(all.length, 1) * texts.length > MAX_BRANCHES) return null;
    all = join(all, texts);
  }
  return all;
}

function enumerateSet(set: CharSet): string[] | null {
  const texts: string[] = [];
  for (const [low, high] of set) {
    if (high - low >= MAX_CLASS_SIZE) return null;
    for (let code = low; code <= high; code++) texts.push(String.fromCodePoint(code));
  }
  return texts.length <= MAX_CLASS_SIZE ? texts : null;
}

function enumerateRepeat(node: Node, min: number, max: number): string[] | null {
  if (max > MAX_CLASS_SIZE) return null;
  const texts = enumerate(node);
  if (texts === null || texts.length ** max > MAX_BRANCHES) return null;
  let powers = [''];
  const all: string[] = [];
  for (let count = 0; count <= max; count++) {
    if (count >= min) all.push(...powers);
    powers = powers.flatMap((head) => texts.map((tail) => head + tail));
  }
  return all;
}

function collectRequired(node: Node, required: string[]): void {
  if (node.kind === 'capture') collectRequired(node.node, required);
  else if (node.kind === 'repeat' && node.min > 0) collectRequired(node.node, required);
  else if (node.kind === 'literal') required.push(node.text);
  else if (node.kind === 'concat') collectRequiredRuns(node.nodes, required);
}

/** Neighbours that each match one text only are one literal. */
function collectRequiredRuns(nodes: readonly Node[], required: string[]): void {
  let run = '';
  for (const node of nodes) {
    const texts = enumerate(node);
    if (texts?.length === 1) {
      run += texts[0];
      continue;
    }
    required.push(run);
    run = '';
    collectRequired(node, required);
  }
  required.push(run);
}

/** Whether the letters of a pattern all ignore case, none does, or some do. */
export function foldOf(node: Node): 'all' | 'none' | 'mixed' {
  const seen = { fold: false, exact: false };
  visitFold(node, seen);
  if (seen.fold && seen.exact) return 'mixed';
  return seen.fold ? 'all' : 'none';
}

function visitFold(node: Node, seen: { fold: boolean; exact: boolean }): void {
  if (node.kind === 'literal') {
    if (node.fold) seen.fold = true;
    else if (/\p{L}/u.test(node.text)) seen.exact = true;
  } else if (node.kind === 'set') {
    if (node.fold) seen.fold = true;
  } else if (node.kind === 'concat' || node.kind === 'alternate') {
    for (const inner of node.nodes) visitFold(inner, seen);
  } else if (node.kind === 'repeat' || node.kind === 'capture') {
    visitFold(node.node, seen);
  }
}
