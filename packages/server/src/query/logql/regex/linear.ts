/**
 * Whether V8's backtracking engine runs a pattern in time that grows linearly with the text, and the pattern as V8
 * reads it. RE2 needs no such check, but is 10 to 50 times slower in JavaScript.
 */
import { type CharSet, complement, disjoint, MAX_CODE_POINT, type Node, normalize } from './syntax.ts';

/** So many ways through the bounded parts of a pattern may be tried at one place. */
const MAX_PATHS = 64;
const MAX_WIDTH = 500;

const ANY: CharSet = [[0, MAX_CODE_POINT]];
/** Letters that fold to one beyond ASCII: KELVIN SIGN and LATIN SMALL LETTER LONG S. */
const FOLDS_BEYOND_ASCII: Readonly<Record<string, number>> = { k: 0x212a, s: 0x17f };

/**
 * The exponent of the time that V8 needs over a text's length, at least 1; Infinity where this is not known. Holds for
 * one search, successful or not.
 */
export function timeExponent(node: Node): number {
  const branches = topBranches(node);
  return Math.max(...branches.map((pieces) => sequenceExponent(pieces)));
}

/** The pattern's alternatives as flat sequences; an alternation between `^` and `$` is spread out too. */
export function topBranches(node: Node): Node[][] {
  if (node.kind === 'capture') return topBranches(node.node);
  if (node.kind === 'alternate') return node.nodes.flatMap(topBranches);
  const pieces = flatten(node);
  const [first, middle, last] = pieces;
  if (pieces.length === 3 && first?.kind === 'start' && middle?.kind === 'alternate' && last?.kind === 'end') {
    return middle.nodes.flatMap((inner) => topBranches(inner).map((branch) => [first, ...branch, last]));
  }
  return [pieces];
}

function flatten(node: Node): Node[] {
  if (node.kind === 'capture') return flatten(node.node);
  if (node.kind === 'concat') return node.nodes.flatMap(flatten);
  return node.kind === 'empty' ? [] : [node];
}

function sequenceExponent(pieces: readonly Node[]): number {
  let exponent = 0;
  let paths = 1;
  for (let i = pieces.length - 1; i >= 0; i--) {
    const piece = pieces[i] as Node;
    const loop = loopSet(piece);
    if (loop === null) {
      if (widthOf(piece) > MAX_WIDTH) return Infinity;
      paths *= pathsOf(piece);
      if (paths > MAX_PATHS) return Infinity;
    } else if (endsCleanly(loop, pieces, i + 1)) {
      exponent = Math.max(1, exponent);
    } else {
      exponent++;
    }
  }
  const once = pieces[0]?.kind === 'start' || hasPivot(pieces);
  return Math.max(1, once ? exponent : exponent + 1);
}

/** The characters of `x*`, `x+` or `x{n,}` where x is one character; null for anything else. */
function loopSet(node: Node): CharSet | null {
  if (node.kind !== 'repeat' || node.max !== Infinity || node.min > MAX_WIDTH) return null;
  return charSet(node.node);
}

function charSet(node: Node): CharSet | null {
  if (node.kind === 'capture') return null;
  if (node.kind === 'set') return node.fold ? foldSet(node.set) : node.set;
  if (node.kind === 'literal' && [...node.text].length === 1) {
    const code = node.text.codePointAt(0) as number;
    return node.fold ? foldSet([[code, code]]) : [[code, code]];
  }
  return null;
}

function foldSet(set: CharSet): CharSet {
  const ranges: [number, number][] = [];
  for (const [low, high] of set) {
    if (high > 127) return ANY;
    for (let code = low; code <= high; code++) {
      const lower = String.fromCharCode(code).toLowerCase();
      ranges.push([code, code], [lower.charCodeAt(0), lower.charCodeAt(0)]);
      ranges.push([lower.toUpperCase().charCodeAt(0), lower.toUpperCase().charCodeAt(0)]);
      const beyond = FOLDS_BEYOND_ASCII[lower];
      if (beyond !== undefined) ranges.push([beyond, beyond]);
    }
  }
  return normalize(ranges);
}

/** True where giving back characters of a loop can never help: what follows cannot start with one of them. */
function endsCleanly(loop: CharSet, pieces: readonly Node[], from: number): boolean {
  for (let i = from; i < pieces.length; i++) {
    const piece = pieces[i] as Node;
    if (piece.kind === 'end') return true;
    const first = firstSet(piece);
    if (first === null || !disjoint(loop, first)) return false;
    if (!isNullable(piece)) return true;
  }
  return true;
}

/** The characters that a match of the node may begin with; null where not known. */
function firstSet(node: Node): CharSet | null {
  switch (node.kind) {
    case 'literal':
      return charSet({ ...node, text: String.fromCodePoint(node.text.codePointAt(0) as number) });
    case 'set':
      return charSet(node);
    case 'capture':
    case 'repeat':
      return firstSet(node.node);
    case 'empty':
      return [];
    case 'alternate':
      return unionOf(node.nodes);
    case 'concat': {
      const end = node.nodes.findIndex((inner) => !isNullable(inner));
      return unionOf(end === -1 ? node.nodes : node.nodes.slice(0, end + 1));
    }
    default:
      return null;
  }
}

function unionOf(nodes: readonly Node[]): CharSet | null {
  const ranges: (readonly [number, number])[] = [];
  for (const node of nodes) {
    const set = firstSet(node);
    if (set === null) return null;
    ranges.push(...set);
  }
  return normalize(ranges);
}

function isNullable(node: Node): boolean {
  switch (node.kind) {
    case 'literal':
    case 'set':
      return false;
    case 'capture':
      return isNullable(node.node);
    case 'repeat':
      return node.min === 0 || isNullable(node.node);
    case 'concat':
      return node.nodes.every(isNullable);
    case 'alternate':
      return node.nodes.some(isNullable);
    default:
      return true;
  }
}

/**
 * A character before the first loop that no loop takes: searches that start within one another's loops are then
 * impossible, so all of them together pass over the text a bounded number of times.
 */
function hasPivot(pieces: readonly Node[]): boolean {
  const loops = pieces.map(loopSet).filter((set) => set !== null);
  if (loops.length === 0) return true;
  const all = normalize(loops.flat());
  for (const piece of pieces) {
    if (loopSet(piece) !== null) return false;
    if (piece.kind === 'literal') {
      for (const char of piece.text) {
        const set = charSet({ kind: 'literal', text: char, fold: piece.fold });
        if (set !== null && disjoint(set, all)) return true;
      }
    } else if (piece.kind === 'set' && disjoint(charSet(piece) ?? ANY, all)) {
      return true;
    }
  }
  return false;
}

function pathsOf(node: Node): number {
  switch (node.kind) {
    case 'capture':
      return pathsOf(node.node);
    case 'concat':
      return node.nodes.reduce((product, inner) => product * pathsOf(inner), 1);
    case 'alternate':
      return node.nodes.reduce((sum, inner) => sum + pathsOf(inner), 0);
    case 'repeat': {
      if (node.max === Infinity) return Infinity;
      const inner = pathsOf(node.node);
      return (node.max - node.min + 1) * (inner === 1 ? 1 : inner ** node.max);
    }
    default:
      return 1;
  }
}

function widthOf(node: Node): number {
  switch (node.kind) {
    case 'literal':
      return node.text.length;
    case 'set':
      return 1;
    case 'capture':
      return widthOf(node.node);
    case 'concat':
      return node.nodes.reduce((sum, inner) => sum + widthOf(inner), 0);
    case 'alternate':
      return Math.max(...node.nodes.map(widthOf));
    case 'repeat':
      return node.max * widthOf(node.node);
    default:
      return 0;
  }
}

/**
 * True for `[^a]$`, where V8 begins its search so many UTF-16 units before the end as the pattern has characters, and
 * so misses a character of two units (as of V8 14).
 */
export function isBoundToEndOnly(node: Node): boolean {
  return topBranches(node).some((pieces) => pieces[0]?.kind !== 'start' && pieces.some(hasEnd));
}

function hasEnd(node: Node): boolean {
  if (node.kind === 'end') return true;
  if (node.kind === 'concat' || node.kind === 'alternate') return node.nodes.some(hasEnd);
  return (node.kind === 'repeat' || node.kind === 'capture') && hasEnd(node.node);
}

/** The pattern for V8 in `u` mode, or null where V8 would capture or count other than RE2. */
export function v8Source(node: Node): string | null {
  switch (node.kind) {
    case 'literal':
      return folded([...node.text].map((char) => escapeCode(char.codePointAt(0) as number)).join(''), node.fold);
    case 'set':
      return folded(setSource(node.set), node.fold);
    case 'start':
      return '^';
    case 'end':
      return '$';
    case 'boundary':
      return '\\b';
    case 'not-boundary':
      return '\\B';
    case 'empty':
      return '(?:)';
    case 'concat':
      return joinSources(node.nodes, '');
    case 'alternate': {
      const source = joinSources(node.nodes, '|');
      return source === null ? null : `(?:${source})`;
    }
    case 'capture': {
      const source = v8Source(node.node);
      return source === null ? null : `(${source})`;
    }
    case 'repeat':
      return repeatSource(node);
  }
}

function folded(source: string, fold: boolean): string {
  return fold ? `(?i:${source})` : source;
}

function joinSources(nodes: readonly Node[], separator: string): string | null {
  const sources = nodes.map(v8Source);
  return sources.includes(null) ? null : sources.join(separator);
}

function repeatSource(node: Extract<Node, { kind: 'repeat' }>): string | null {
  // V8 forgets a repeated group's capture with each round and never takes an empty round; RE2 does otherwise in both.
  if (hasCapture(node.node) || isNullable(node.node)) return null;
  const source = v8Source(node.node);
  if (source === null) return null;
  const max = node.max === Infinity ? '' : String(node.max);
  return `(?:${source}){${node.min},${max}}${node.lazy ? '?' : ''}`;
}

function hasCapture(node: Node): boolean {
  if (node.kind === 'capture') return true;
  if (node.kind === 'concat' || node.kind === 'alternate') return node.nodes.some(hasCapture);
  return node.kind === 'repeat' && hasCapture(node.node);
}

function setSource(set: CharSet): string {
  if (set.length === 0) return '[]';
  const inverse = complement(set);
  if (inverse.length === 0) return '[^]';
  const negate = inverse.length < set.length;
  const ranges = (negate ? inverse : set).map(([low, high]) =>
    low === high ? escapeCode(low) : `${escapeCode(low)}-${escapeCode(high)}`,
  );
  return `[${negate ? '^' : ''}${ranges.join('')}]`;
}

function escapeCode(code: number): string {
  const char = String.fromCodePoint(code);
  return /^[A-Za-z0-9 ]$/.test(char) ? char : `\\u{${code.toString(16)}}`;
}
