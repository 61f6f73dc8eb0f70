import { type FieldKind, termName } from '../../../lib/search-text.ts';
import type { SearchName } from '../query/completion.ts';
import type { FieldList } from './use-fields.ts';

/** One line of the sidebar. */
export interface ListedField {
  kind: FieldKind;
  name: string;
  /** As a search term and a column name it. */
  term: string;
  type: string;
  /** Events that have it, null where that is not known: the event's own fields. */
  events: number | null;
  /** Of the events that were read. */
  share: number | null;
  isNumeric: boolean;
}

/** Fields that a search cannot compare: the time range, and the message that words look into, are for that. */
const NOT_SEARCHED = new Set(['timestamp', 'received_at', 'message']);
/** What people look at first. */
const FIRST = ['severity', 'service', 'log_type', 'event_type', 'host'];

export function listFields({ fields, attributes, labels, events_read: read }: FieldList): ListedField[] {
  const own = fields.filter(({ name }) => !NOT_SEARCHED.has(name)).map(({ name, type }) => listed('field', name, type));
  const rank = ({ name }: ListedField) => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);
  return [
    ...own.toSorted((a, b) => rank(a) - rank(b)),
    ...attributes.map(({ name, types, events }) => listed('attribute', name, types.join(', '), events, read)),
    ...labels.map(({ name, events }) => listed('label', name, 'label', events, read)),
  ];
}

function listed(kind: FieldKind, name: string, type: string, events: number | null = null, read = 0): ListedField {
  const share = events === null || read === 0 ? null : Math.min(1, events / read);
  return { kind, name, term: termName(kind, name), type, events, share, isNumeric: /number/.test(type) };
}

/** Those whose name has the text, pinned ones first. */
export function shownFields(
  fields: readonly ListedField[],
  text: string,
  pinned: ReadonlySet<string>,
): { pinned: ListedField[]; own: ListedField[]; attributes: ListedField[]; labels: ListedField[] } {
  const wanted = text.trim().toLowerCase();
  const found = fields.filter(({ term }) => term.toLowerCase().includes(wanted));
  const rest = found.filter(({ term }) => !pinned.has(term));
  const of = (kind: FieldKind) => rest.filter((field) => field.kind === kind);
  return {
    pinned: found.filter(({ term }) => pinned.has(term)),
    own: of('field'),
    attributes: of('attribute'),
    labels: of('label'),
  };
}

/** What the search can name: docs/reference/search.md. */
const NAME = /^[A-Za-z_@$][\w.$@/-]*$/;
export const canSearch = (term: string): boolean => NAME.test(term);

/** Names for the completion of the search box. */
export function listNames(list: FieldList): SearchName[] {
  return listFields(list)
    .filter(({ term }) => canSearch(term))
    .map(({ term, type, events }) => ({
      name: term,
      note: events === null ? type : `${type} · ${events.toLocaleString('en')}`,
    }));
}
