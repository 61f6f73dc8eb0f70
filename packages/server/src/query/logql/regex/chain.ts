import { topBranches } from './linear.ts';
import { enumerate, foldOf } from './literals.ts';
import { MAX_CODE_POINT, type Node } from './syntax.ts';

type Test = (text: string) => boolean;

/** Texts in their order, each at least `gap` characters behind the one before. */
interface Chain {
  start: boolean;
  end: boolean;
  texts: string[];
  /** One more than texts: before the first, between, behind the last. -1: nothing may stand between. */
  gaps: number[];
  /** False: `.` does not cross a newline. */
  dotAll: boolean;
}

/** So many texts are searched one after another; a longer alternation is faster as one regular expression. */
const MAX_SEARCHES = 4;

/**
 * Plain text search for patterns that are literals with `.*` between, and alternations of such. Null: the pattern is
 * not of that shape. `needsFallback` is true where a text with a newline is beyond it.
 */
export function literalTest(node: Node): { test: Test; needsFallback: boolean } | null {
  if (foldOf(node) !== 'none') return null;
  const whole = equalTest(node);
  if (whole !== null) return { test: whole, needsFallback: false };
  const branches = topBranches(node);
  if (branches.length > MAX_SEARCHES) return null;
  const chains: Chain[] = [];
  for (const pieces of branches) {
    const chain = toChain(pieces);
    if (chain === null) return null;
    chains.push(chain);
  }
  const tests = chains.map(chainTest);
  const needsFallback = chains.some((chain) => !chain.dotAll && chain.gaps.some((gap) => gap >= 0));
  const [only] = tests;
  if (tests.length === 1 && only !== undefined) return { test: only, needsFallback };
  return { test: (text) => tests.some((test) => test(text)), needsFallback };
}

/** `^(?:a|b|c)$`. */
function equalTest(node: Node): Test | null {
  const texts: string[] = [];
  for (const pieces of topBranches(node)) {
    if (pieces[0]?.kind !== 'start' || pieces.at(-1)?.kind !== 'end') return null;
    const found = enumerate({ kind: 'concat', nodes: pieces.slice(1, -1) });
    if (found === null) return null;
    texts.push(...found);
  }
  const [first] = texts;
  if (texts.length === 1) return (text) => text === first;
  const all = new Set(texts);
  return (text) => all.has(text);
}

function toChain(pieces: readonly Node[]): Chain | null {
  const chain: Chain = { start: false, end: false, texts: [], gaps: [-1], dotAll: true };
  for (const [index, piece] of pieces.entries()) {
    if (piece.kind === 'start' && index === 0) chain.start = true;
    else if (piece.kind === 'end' && index === pieces.length - 1) chain.end = true;
    else if (piece.kind === 'literal') addText(chain, piece.text);
    else if (!addGap(chain, piece)) return null;
  }
  return chain;
}

function addText(chain: Chain, text: string): void {
  if (chain.texts.length > 0 && chain.gaps.at(-1) === -1) {
    chain.texts[chain.texts.length - 1] += text;
    return;
  }
  chain.texts.push(text);
  chain.gaps.push(-1);
}

function addGap(chain: Chain, piece: Node): boolean {
  if (piece.kind !== 'repeat' || piece.max !== Infinity || piece.min > 1 || piece.node.kind !== 'set') return false;
  const { set } = piece.node;
  const any = set.length === 1 && set[0]?.[0] === 0 && set[0][1] === MAX_CODE_POINT;
  const notNewline = set.length === 2 && set[0]?.[0] === 0 && set[0][1] === 9 && set[1]?.[0] === 11;
  if (!any && !notNewline) return false;
  if (notNewline) chain.dotAll = false;
  const last = chain.gaps.length - 1;
  const before = chain.gaps[last] as number;
  // `.+.+` needs two characters, which may be one of two UTF-16 units.
  if (before > 0 && piece.min > 0) return false;
  chain.gaps[last] = Math.max(before, piece.min);
  return true;
}

function chainTest(chain: Chain): Test {
  const { texts, gaps, start, end } = chain;
  const [first] = texts;
  if (texts.length === 1 && first !== undefined && gaps[0] === -1 && gaps[1] === -1) {
    if (start) return end ? (text) => text === first : (text) => text.startsWith(first);
    return end ? (text) => text.endsWith(first) : (text) => text.includes(first);
  }
  return (text) => walkChain(text, texts, gaps, start, end);
}

/** The first place of each text is the best one, for more is left for the others; only the last may be bound to the end. */
function walkChain(
  text: string,
  texts: readonly string[],
  gaps: readonly number[],
  start: boolean,
  end: boolean,
): boolean {
  let position = 0;
  const count = texts.length;
  for (let i = 0; i < count; i++) {
    const literal = texts[i] as string;
    const gap = gaps[i] as number;
    const from = position + Math.max(gap, 0);
    if (i === count - 1 && end && gaps[count] === -1) {
      const at = text.length - literal.length;
      if (!text.endsWith(literal) || at < from) return false;
      return gap >= 0 || i > 0 || !start || at === 0;
    }
    if (gap === -1 && start && i === 0) {
      if (!text.startsWith(literal)) return false;
      position = literal.length;
    } else {
      const at = text.indexOf(literal, from);
      if (at === -1) return false;
      position = at + literal.length;
    }
  }
  const tail = gaps[count] as number;
  if (tail === -1) return !end || count > 0 || !start || (gaps[0] as number) >= 0 || text === '';
  return text.length - position >= tail;
}
