/** Label sets as text, `{a="b", c=""}`: how expectations name a stream or a series. For tests only. */
export type LabelSet = Record<string, string>;

const PAIR = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*(,|\})/y;

/**
 * Reads a label set at the start of the text.
 *
 * @returns The labels and what comes behind the closing brace.
 */
export function readLabels(text: string): { labels: LabelSet; rest: string } {
  if (!text.startsWith('{')) throw new Error(`no label set: ${text}`);
  const empty = /^\{\s*\}/.exec(text);
  if (empty !== null) return { labels: {}, rest: text.slice(empty[0].length) };
  const labels: LabelSet = {};
  PAIR.lastIndex = 1;
  for (;;) {
    const [, name, value, end] = PAIR.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no label set: ${text}`);
    labels[name] = unquote(value);
    if (end === '}') return { labels, rest: text.slice(PAIR.lastIndex) };
  }
}

/** The labels of a text that is nothing else. */
export function parseLabels(text: string): LabelSet {
  const { labels, rest } = readLabels(text);
  if (rest !== '') throw new Error(`behind the labels: ${rest}`);
  return labels;
}

/** Sorted by name: two label sets are equal when their texts are. */
export function printLabels(labels: LabelSet): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\' };

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted.startsWith('`')) return inner;
  return inner.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escaped: string) => {
    if (escaped.startsWith('u')) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    const character = ESCAPES[escaped];
    if (character === undefined) throw new Error(`no escape: \\${escaped}`);
    return character;
  });
}
