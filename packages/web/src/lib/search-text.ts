/**
 * Terms of the search text that the pages put together by clicks. What it can say is in docs/reference/search.md.
 */
export type FieldKind = 'field' | 'attribute' | 'label';

/** The name as a term writes it: attributes and labels with their prefix. */
export function termName(kind: FieldKind, name: string): string {
  if (kind === 'field') return name;
  return `${kind === 'attribute' ? 'attr' : 'label'}.${name}`;
}

/** A value as it may stand behind a colon: quoted unless it is one plain word. */
export function quoteValue(value: string): string {
  return /^[\p{L}\p{N}_.@-]+$/u.test(value) && !value.startsWith('-') ? value : quote(value);
}

/** Text in quotes: a phrase, or a value with anything in it. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** `name:value`; `-name:value` for what is to be left out; `-name:*` for an empty value, which only absence can find. */
export function fieldTerm(name: string, value: string, { isExcluded = false } = {}): string {
  const term = value === '' ? `${name}:*` : `${name}:${quoteValue(value)}`;
  const isNegative = value === '' ? !isExcluded : isExcluded;
  return isNegative ? `-${term}` : term;
}

/** The search text with the term, once; its opposite goes. */
export function withTerm(text: string, term: string): string {
  const opposite = term.startsWith('-') ? term.slice(1) : `-${term}`;
  const terms = splitTerms(text).filter((one) => one !== term && one !== opposite && one !== '*');
  return [...terms, term].join(' ');
}

export function withoutTerm(text: string, term: string): string {
  return splitTerms(text)
    .filter((one) => one !== term)
    .join(' ');
}

export const hasTerm = (text: string, term: string): boolean => splitTerms(text).includes(term);

/** Terms as they stand, quotes and all. */
export function splitTerms(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"?|[^\s"])+/gu) ?? [];
}
