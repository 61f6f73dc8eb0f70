import { quoteValue } from '../../../lib/search-text.ts';
import { SEVERITIES } from '../../../lib/severity.ts';

/** What is being written at the cursor of a search text, and which part of the text a completion would replace. */
export type Completing =
  | { kind: 'name'; prefix: string; from: number; to: number }
  | { kind: 'value'; name: string; prefix: string; from: number; to: number };

export interface Suggestion {
  /** What is shown. */
  text: string;
  /** What stands in the search text afterwards. */
  insert: string;
  /** At the right: what it is, or how often it is there. */
  note: string;
}

const TERM = /(?:"(?:\\.|[^"\\])*"?|[^\s"])+/gu;
const NAME = /^[A-Za-z_@$][\w.$@/-]*$/;
const FIELD_TERM = /^([A-Za-z_@$][\w.$@/-]*):(=|!=)?(?![<>=!])/;

/** Null where nothing can be completed: in a phrase, in a number that is compared. */
export function completionAt(text: string, cursor: number): Completing | null {
  const term = [...text.matchAll(TERM)].find(({ index, 0: all }) => index <= cursor && cursor <= index + all.length);
  if (term === undefined) return { kind: 'name', prefix: '', from: cursor, to: cursor };
  const from = term.index + (term[0].startsWith('-') ? 1 : 0);
  const to = term.index + term[0].length;
  if (cursor < from) return null;
  const written = text.slice(from, cursor);
  const field = FIELD_TERM.exec(written);
  if (field !== null) {
    const valueFrom = from + field[0].length;
    return { kind: 'value', name: field[1]!, prefix: unquote(written.slice(field[0].length)), from: valueFrom, to };
  }
  return written === '' || NAME.test(written) ? { kind: 'name', prefix: written, from, to } : null;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return text
    .slice(1)
    .replace(/(?<!\\)"$/, '')
    .replace(/\\(["\\])/g, '$1');
}

/** The text with the completion, and where the cursor stands then: a name waits for its value. */
export function complete(text: string, at: Completing, insert: string): { text: string; cursor: number } {
  const rest = text.slice(at.to);
  const isName = insert.endsWith(':');
  const gap = isName || rest.startsWith(' ') ? '' : ' ';
  const before = text.slice(0, at.from) + insert + gap;
  return { text: before + rest, cursor: before.length + (isName || gap !== '' ? 0 : 1) };
}

/** A name that a term may begin with. */
export interface SearchName {
  /** As a term writes it: `service`, `attr.status`, `label.app`. */
  name: string;
  note: string;
}

const SUGGESTIONS_MAX = 50;

/** Names that fit what is written, those that start so first. `status` finds `attr.status` too. */
export function suggestNames(names: readonly SearchName[], prefix: string): Suggestion[] {
  const wanted = prefix.toLowerCase();
  const rankOf = (name: string): number => {
    const lower = name.toLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.replace(/^(attr|label)\./, '').startsWith(wanted)) return 1;
    return lower.includes(wanted) ? 2 : 3;
  };
  return names
    .map(({ name, note }) => ({ name, note, rank: rankOf(name) }))
    .filter(({ rank }) => rank < 3)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, SUGGESTIONS_MAX)
    .map(({ name, note }) => ({ text: name, insert: `${name}:`, note }));
}

/** Values that are known without asking: severities. */
export function fixedValues(name: string, prefix: string): Suggestion[] | null {
  if (name !== 'severity') return null;
  return [...SEVERITIES, '>=warn', '>=error']
    .filter((value) => value.startsWith(prefix.toLowerCase()))
    .map((value) => ({ text: value, insert: value, note: value.startsWith('>=') ? 'or graver' : '' }));
}

export function suggestValues(values: readonly { value: string; events: number }[]): Suggestion[] {
  return values
    .filter(({ value }) => value !== '')
    .map(({ value, events }) => ({ text: value, insert: quoteValue(value), note: events.toLocaleString('en') }));
}
