/** The expressions of `| pattern "…"` and of `|>`: literals with `<name>` and `<_>` between them. */

export type PatternNode =
  | { kind: 'literal'; text: string }
  /** Null is `<_>`: it takes text and makes no label. */
  | { kind: 'capture'; name: string | null };

const CAPTURE = /<([A-Za-z_][A-Za-z0-9_]*)>/g;

/** Cuts a pattern into its parts; of an empty pattern there are none. */
export function parsePatternExpression(pattern: string): PatternNode[] {
  const nodes: PatternNode[] = [];
  let end = 0;
  for (const capture of pattern.matchAll(CAPTURE)) {
    if (capture.index > end) nodes.push({ kind: 'literal', text: pattern.slice(end, capture.index) });
    const name = capture[1] ?? '_';
    nodes.push({ kind: 'capture', name: name === '_' ? null : name });
    end = capture.index + capture[0].length;
  }
  if (end < pattern.length) nodes.push({ kind: 'literal', text: pattern.slice(end) });
  return nodes;
}

/** What is wrong with the pattern of a `pattern` stage, in Loki's words; null when all is well. */
export function patternStageFault(pattern: string): string | null {
  if (pattern === '')
    return 'parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL';
  const nodes = parsePatternExpression(pattern);
  const names = nodes.flatMap((node) => (node.kind === 'capture' && node.name !== null ? [node.name] : []));
  if (names.length === 0) return 'at least one capture is required';
  const consecutive = consecutiveFault(nodes);
  if (consecutive !== null) return consecutive;
  const twice = firstDuplicate(names);
  return twice === undefined ? null : `duplicate capture name (${twice}): invalid expression`;
}

/** What is wrong with the pattern of a `|>` or `!>` filter. */
export function patternFilterFault(pattern: string): string | null {
  const nodes = parsePatternExpression(pattern);
  const consecutive = consecutiveFault(nodes);
  if (consecutive !== null) return consecutive;
  const named = nodes.find((node) => node.kind === 'capture' && node.name !== null);
  return named === undefined ? null : `named captures are not allowed: found '${nodeText(named)}'`;
}

function consecutiveFault(nodes: readonly PatternNode[]): string | null {
  for (const [index, node] of nodes.entries()) {
    const next = nodes[index + 1];
    if (node.kind === 'capture' && next?.kind === 'capture') {
      return `found consecutive capture '${nodeText(node)}${nodeText(next)}': invalid expression`;
    }
  }
  return null;
}

function nodeText(node: PatternNode): string {
  return node.kind === 'literal' ? node.text : `<${node.name ?? '_'}>`;
}

export function firstDuplicate(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}
