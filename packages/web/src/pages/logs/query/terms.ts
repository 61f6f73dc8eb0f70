import { splitTerms } from '../../../lib/search-text.ts';

/** A term of the search as the page shows it: a chip. */
export interface Chip {
  /** As it stands in the search text. */
  term: string;
  isExcluded: boolean;
  /** Empty for words and phrases. */
  name: string;
  /** Empty for equality. */
  comparison: string;
  value: string;
}

const FIELD_TERM = /^([A-Za-z_@$][\w.$@/-]*):(>=|<=|!=|>|<|=)?(.+)$/s;

export function chipsOf(text: string): Chip[] {
  return splitTerms(text).map((term) => {
    const isExcluded = /^-[^-]/.test(term);
    const body = isExcluded ? term.slice(1) : term;
    const field = FIELD_TERM.exec(body);
    // `https://…`, `std::string`: text with a colon in it.
    if (field === null || /^[/:\\]/.test(field[3]!)) return { term, isExcluded, name: '', comparison: '', value: body };
    return { term, isExcluded, name: field[1]!, comparison: field[2] ?? '', value: field[3]! };
  });
}

/** The term that finds what this one leaves out. */
export const oppositeTerm = ({ term, isExcluded }: Chip): string => (isExcluded ? term.slice(1) : `-${term}`);

/** The text with one of its terms changed, in its place. */
export function replaceTerm(text: string, index: number, term: string | null): string {
  return splitTerms(text)
    .flatMap((one, at) => (at !== index ? [one] : term === null ? [] : [term]))
    .join(' ');
}

/** Where in the text the fault is that the server tells (`character 5 of q: …`), from 0, and what it is. */
export function queryFault(message: string): { at: number | null; text: string } {
  const found = /^character (\d+) of q: (.*)$/s.exec(message);
  if (found === null) return { at: null, text: message };
  return { at: Number(found[1]) - 1, text: found[2]! };
}

/** The words and phrases that the search looks for in messages, to be marked there. */
export function soughtWords(text: string): string[] {
  return chipsOf(text)
    .filter(({ name, isExcluded }) => !isExcluded && (name === '' || name === 'message'))
    .map(({ value }) =>
      value.startsWith('"')
        ? value
            .slice(1)
            .replace(/"$/, '')
            .replace(/\\(["\\])/g, '$1')
        : value,
    )
    .filter((word) => word !== '' && word !== '*');
}

/** The same of a LogQL query: what `|= "…"` looks for. */
export function soughtInLogql(query: string): string[] {
  return [...query.matchAll(/\|=\s*(?:"((?:\\.|[^"\\])+)"|`([^`]+)`)/g)].map(
    ([, quoted, raw]) => quoted?.replace(/\\(["\\])/g, '$1') ?? raw ?? '',
  );
}
