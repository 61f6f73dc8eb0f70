/**
 * A reader of the part of Go's regular expression syntax whose meaning V8 and RE2 share, for analysis only: whether a
 * pattern is valid is said by re2js. What is not understood for certain makes the answer null.
 * https://github.com/google/re2/wiki/Syntax
 */

/** Inclusive code point ranges, ascending and apart. */
export type CharSet = readonly (readonly [low: number, high: number])[];

export type Node =
  | { kind: 'literal'; text: string; fold: boolean }
  | { kind: 'set'; set: CharSet; fold: boolean }
  | { kind: 'start' | 'end' | 'boundary' | 'not-boundary' | 'empty' }
  | { kind: 'concat' | 'alternate'; nodes: readonly Node[] }
  | { kind: 'repeat'; node: Node; min: number; max: number; lazy: boolean }
  | { kind: 'capture'; node: Node; index: number; name: string | null };

export const MAX_CODE_POINT = 0x10ffff;

interface Flags {
  fold: boolean;
  dotAll: boolean;
}

interface Reader {
  text: string;
  position: number;
  captures: number;
}

/** Thrown inside this module only: the pattern goes beyond what is understood here. */
class Unknown extends Error {}

const DIGIT: CharSet = [[48, 57]];
const SPACE: CharSet = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const WORD: CharSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const NOT_NEWLINE: CharSet = [
  [0, 9],
  [11, MAX_CODE_POINT],
];
const ANY: CharSet = [[0, MAX_CODE_POINT]];

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7 };

/** The pattern's structure, or null where it holds something that this reader does not know. */
export function readRegex(pattern: string, dotAll: boolean): Node | null {
  const reader: Reader = { text: pattern, position: 0, captures: 0 };
  try {
    const node = readAlternation(reader, { fold: false, dotAll });
    return reader.position === pattern.length ? node : null;
  } catch (error) {
    if (error instanceof Unknown) return null;
    throw error;
  }
}

function readAlternation(reader: Reader, flags: Flags): Node {
  const own = { ...flags };
  const branches = [readSequence(reader, own)];
  while (reader.text[reader.position] === '|') {
    reader.position++;
    branches.push(readSequence(reader, own));
  }
  return branches.length === 1 ? (branches[0] as Node) : { kind: 'alternate', nodes: branches };
}

/** Inline flags such as `(?i)` hold until the group ends, over `|` too, so `flags` is changed in place. */
function readSequence(reader: Reader, flags: Flags): Node {
  const nodes: Node[] = [];
  while (reader.position < reader.text.length) {
    const char = reader.text[reader.position] as string;
    if (char === '|' || char === ')') break;
    const atom = char === '(' ? readGroup(reader, flags) : readAtom(reader, flags);
    if (atom === null) continue;
    push(nodes, readRepeat(reader, atom));
  }
  if (nodes.length === 0) return { kind: 'empty' };
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'concat', nodes };
}

function push(nodes: Node[], node: Node): void {
  const last = nodes.at(-1);
  if (node.kind === 'literal' && last?.kind === 'literal' && last.fold === node.fold) {
    nodes[nodes.length - 1] = { kind: 'literal', text: last.text + node.text, fold: node.fold };
  } else if (node.kind === 'concat') {
    for (const inner of node.nodes) push(nodes, inner);
  } else if (node.kind !== 'empty') {
    nodes.push(node);
  }
}

function readGroup(reader: Reader, flags: Flags): Node | null {
  const { text } = reader;
  reader.position++;
  let capture: { index: number; name: string | null } | null = null;
  let inner = flags;
  if (text[reader.position] !== '?') {
    capture = { index: ++reader.captures, name: null };
  } else {
    const head = /^\?(?:P?<([A-Za-z_][A-Za-z0-9_]*)>|([is]*)(?:-([is]+))?([:)]))/.exec(text.slice(reader.position));
    if (head === null) throw new Unknown();
    reader.position += head[0].length;
    if (head[1] !== undefined) {
      capture = { index: ++reader.captures, name: head[1] };
    } else {
      inner = changedFlags(flags, head[2] ?? '', head[3] ?? '');
      if (head[4] === ')') {
        Object.assign(flags, inner);
        if (/^[*+?{]/.test(text.slice(reader.position))) throw new Unknown();
        return null;
      }
    }
  }
  const node = readAlternation(reader, inner);
  if (text[reader.position] !== ')') throw new Unknown();
  reader.position++;
  return capture === null ? node : { kind: 'capture', node, ...capture };
}

function changedFlags(flags: Flags, on: string, off: string): Flags {
  return {
    fold: (flags.fold || on.includes('i')) && !off.includes('i'),
    dotAll: (flags.dotAll || on.includes('s')) && !off.includes('s'),
  };
}

function readRepeat(reader: Reader, node: Node): Node {
  const match = /^(?:[*+?]|\{(\d{1,3})(,(\d{0,3}))?\})/.exec(reader.text.slice(reader.position, reader.position + 12));
  if (match === null) {
    // A brace that is no repeat is a literal in Go; V8's u mode refuses it.
    if (reader.text[reader.position] === '{') throw new Unknown();
    return node;
  }
  reader.position += match[0].length;
  const lazy = reader.text[reader.position] === '?';
  if (lazy) reader.position++;
  if (/^[*+?{]/.test(reader.text.slice(reader.position))) throw new Unknown();
  const [min, max] = repeatBounds(match);
  if (node.kind === 'start' || node.kind === 'end' || node.kind === 'boundary' || node.kind === 'not-boundary') {
    throw new Unknown();
  }
  return { kind: 'repeat', node, min, max, lazy };
}

function repeatBounds(match: RegExpExecArray): [number, number] {
  if (match[0] === '*') return [0, Infinity];
  if (match[0] === '+') return [1, Infinity];
  if (match[0] === '?') return [0, 1];
  const min = Number(match[1]);
  if (match[2] === undefined) return [min, min];
  return [min, match[3] === '' ? Infinity : Number(match[3])];
}

function readAtom(reader: Reader, flags: Flags): Node {
  const code = reader.text.codePointAt(reader.position) as number;
  const char = String.fromCodePoint(code);
  reader.position += char.length;
  switch (char) {
    case '^':
      return { kind: 'start' };
    case '$':
      return { kind: 'end' };
    case '.':
      return { kind: 'set', set: flags.dotAll ? ANY : NOT_NEWLINE, fold: false };
    case '[':
      return readClass(reader, flags);
    case '\\':
      return readEscape(reader, flags);
    case '*':
    case '+':
    case '?':
    case '{':
      throw new Unknown();
    default:
      return { kind: 'literal', text: char, fold: flags.fold && mayFold(code) };
  }
}

/** Digits and punctuation have no other case, so that `(?i)10\.1` is as plain as without the flag. */
function mayFold(code: number): boolean {
  return code > 127 || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function readEscape(reader: Reader, flags: Flags): Node {
  const char = reader.text[reader.position];
  if (char === undefined) throw new Unknown();
  const set = perlSet(char);
  if (set !== null) {
    reader.position++;
    return { kind: 'set', set, fold: false };
  }
  if (char === 'b' || char === 'B' || char === 'A' || char === 'z') {
    reader.position++;
    return { kind: ({ b: 'boundary', B: 'not-boundary', A: 'start', z: 'end' } as const)[char] };
  }
  const code = readEscapedCode(reader);
  return { kind: 'literal', text: String.fromCodePoint(code), fold: flags.fold && mayFold(code) };
}

function readEscapedCode(reader: Reader): number {
  const char = reader.text[reader.position] as string;
  const control = CONTROL_ESCAPES[char];
  if (control !== undefined) {
    reader.position++;
    return control;
  }
  if (char === 'x') {
    const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(reader.text.slice(reader.position));
    const code = hex === null ? NaN : Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    if (hex === null || code > MAX_CODE_POINT) throw new Unknown();
    reader.position += hex[0].length;
    return code;
  }
  if (!/^[!-/:-@[-`{-~]$/.test(char) || char === '_') throw new Unknown();
  reader.position++;
  return char.charCodeAt(0);
}

function perlSet(char: string): CharSet | null {
  if (char === 'd') return DIGIT;
  if (char === 's') return SPACE;
  if (char === 'w') return WORD;
  if (char === 'D') return complement(DIGIT);
  if (char === 'S') return complement(SPACE);
  if (char === 'W') return complement(WORD);
  return null;
}

function readClass(reader: Reader, flags: Flags): Node {
  const { text } = reader;
  const negated = text[reader.position] === '^';
  if (negated) reader.position++;
  const ranges: [number, number][] = [];
  let foldable = false;
  let first = true;
  while (first || text[reader.position] !== ']') {
    if (reader.position >= text.length || text.startsWith('[:', reader.position)) throw new Unknown();
    const set = text[reader.position] === '\\' ? perlSet(text[reader.position + 1] ?? '') : null;
    if (set === null) {
      ranges.push(readRange(reader));
      foldable = true;
    } else {
      reader.position += 2;
      // Under (?i) Go folds the written ranges of a class but not its \w; V8 folds the whole.
      if (flags.fold) throw new Unknown();
      for (const [low, high] of set) ranges.push([low, high]);
    }
    first = false;
  }
  reader.position++;
  if (flags.fold && (negated || ranges.some(([, high]) => high > 127))) throw new Unknown();
  const set = normalize(ranges);
  return { kind: 'set', set: negated ? complement(set) : set, fold: flags.fold && foldable };
}

function readRange(reader: Reader): [number, number] {
  const low = readClassCode(reader);
  if (reader.text[reader.position] !== '-' || reader.text[reader.position + 1] === ']') return [low, low];
  reader.position++;
  const high = readClassCode(reader);
  if (high < low) throw new Unknown();
  return [low, high];
}

function readClassCode(reader: Reader): number {
  const code = reader.text.codePointAt(reader.position);
  if (code === undefined) throw new Unknown();
  if (code === 92) {
    reader.position++;
    if (reader.position >= reader.text.length) throw new Unknown();
    return readEscapedCode(reader);
  }
  reader.position += code > 0xffff ? 2 : 1;
  return code;
}

export function normalize(ranges: readonly (readonly [number, number])[]): CharSet {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const result: [number, number][] = [];
  for (const [low, high] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else result.push([low, high]);
  }
  return result;
}

export function complement(set: CharSet): CharSet {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= MAX_CODE_POINT) result.push([next, MAX_CODE_POINT]);
  return result;
}

export function disjoint(left: CharSet, right: CharSet): boolean {
  return left.every(([low, high]) => right.every((other) => other[1] < low || other[0] > high));
}
