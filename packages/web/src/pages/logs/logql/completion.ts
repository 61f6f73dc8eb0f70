import { type TokenSpan, tokenSpans } from '@tailwater/schema/logql';

/** What is being written at the cursor of a LogQL query. `from` is where a completion begins. */
export type LogqlContext =
  | { kind: 'label' | 'function' | 'line-operator' | 'matcher-operator'; from: number }
  /** Behind a `|`: stages and label filters. */
  | { kind: 'stage'; from: number }
  /** Inside the quotes. */
  | { kind: 'value'; label: string; from: number };

const GROUPINGS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right']);
const MATCHERS = new Set(['=', '!=', '=~', '!~']);
const LABEL_STAGES = new Set(['unwrap', 'drop', 'keep', 'label_format', 'and', 'or']);

export function logqlContext(text: string, cursor: number): LogqlContext | null {
  const before = text.slice(0, cursor);
  const spans = tokenSpans(before).filter(({ kind }) => kind !== 'COMMENT');
  const open = spans.at(-1);
  if (open?.kind === 'INVALID') return openString(before, spans, open.from);
  const word = /[A-Za-z_]\w*$/.exec(before)?.[0] ?? '';
  const from = cursor - word.length;
  const head = spans.filter(({ to }) => to <= from);
  const last = head.at(-1);
  if (last === undefined) return { kind: 'function', from };
  const opener = lastOpener(head);
  const kind = last.kind;
  if (opener?.kind === '{') {
    if (kind === '{' || kind === ',') return { kind: 'label', from };
    return kind === 'IDENTIFIER' && word === '' ? { kind: 'matcher-operator', from } : null;
  }
  if (opener !== null && isGrouping(head, opener)) return kind === '(' || kind === ',' ? { kind: 'label', from } : null;
  if (kind === '|') return { kind: 'stage', from };
  if (LABEL_STAGES.has(kind)) return { kind: 'label', from };
  if (kind === '}' || (kind === 'STRING' && word === '')) return { kind: 'line-operator', from };
  return kind === '(' || kind === ',' || /^[-+*/%^]$/.test(kind) ? { kind: 'function', from } : null;
}

/** A string that is still open, behind `label=`. */
function openString(before: string, spans: readonly TokenSpan[], at: number): LogqlContext | null {
  const [label, operator] = spans.slice(-3, -1);
  if (!/["`]/.test(before.charAt(at)) || label === undefined || operator === undefined) return null;
  if (label.kind !== 'IDENTIFIER' || !MATCHERS.has(operator.kind)) return null;
  return { kind: 'value', label: before.slice(label.from, label.to), from: at + 1 };
}

/** The bracket that is still open, the innermost. */
function lastOpener(spans: readonly TokenSpan[]): TokenSpan | null {
  const open: TokenSpan[] = [];
  for (const span of spans) {
    if (span.kind === '{' || span.kind === '(') open.push(span);
    else if (span.kind === '}' || span.kind === ')') open.pop();
  }
  return open.at(-1) ?? null;
}

function isGrouping(spans: readonly TokenSpan[], opener: TokenSpan): boolean {
  return GROUPINGS.has(spans[spans.indexOf(opener) - 1]?.kind ?? '');
}

/** Where a fault is that the parser tells by line and column from 1; the line may be 0, when the column has to do. */
export function faultSpan(
  text: string,
  { line, column }: { line: number; column: number },
): { from: number; to: number } {
  const end = { from: Math.max(0, text.trimEnd().length - 1), to: text.length };
  if (column === 0) return { from: 0, to: text.length };
  const spans = tokenSpans(text);
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const placeOf = (row: number) =>
    starts[row]! +
    Array.from(text.slice(starts[row]))
      .slice(0, column - 1)
      .join('').length;
  const places = line > 0 ? [placeOf(Math.min(line, starts.length) - 1)] : starts.map((_, row) => placeOf(row));
  const hit = spans.find(({ from }) => places.includes(from));
  if (hit !== undefined) return { from: hit.from, to: hit.to };
  const [place = text.length] = places;
  return place >= text.length ? end : { from: place, to: place + 1 };
}
