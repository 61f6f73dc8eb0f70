import type { FieldKind } from '../../../lib/search-text.ts';
import type { RowField } from '../table/row.ts';

/** A field, or the name of those that follow. */
export type FieldItem = { heading: string; count: number } | { field: RowField };

const HEADINGS: Readonly<Record<FieldKind, string>> = { field: 'Fields', attribute: 'Attributes', label: 'Labels' };

/** Those whose name or value has the text, under the headings of their kinds. */
export function fieldItems(fields: readonly RowField[], wanted: string): FieldItem[] {
  const text = wanted.trim().toLowerCase();
  const found = fields.filter(
    ({ term, value }) => term.toLowerCase().includes(text) || value.toLowerCase().includes(text),
  );
  return (['field', 'attribute', 'label'] as const).flatMap((kind): FieldItem[] => {
    const ofKind = found.filter((field) => field.kind === kind);
    if (ofKind.length === 0) return [];
    return [{ heading: HEADINGS[kind], count: ofKind.length }, ...ofKind.map((field) => ({ field }))];
  });
}

/** Fields that no search term compares. */
const NOT_SEARCHABLE = new Set(['timestamp', 'received_at', 'event_id', 'org_id', 'severity_number']);

/** Whether a term can say that the field has this value. */
export const isSearchable = ({ kind, name, type }: RowField): boolean =>
  type !== 'JSON' && type !== 'null' && !(kind === 'field' && NOT_SEARCHABLE.has(name));

const JSON_LENGTH_MAX = 200_000;

/** Text that is JSON, pretty; any other as it is. */
export function readableValue({ type, value }: Pick<RowField, 'type' | 'value'>): string {
  if (type !== 'text' || !/^\s*[{[]/.test(value) || value.length > JSON_LENGTH_MAX) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** The address of a value that is one and nothing else. */
export const linkOf = (value: string): string | null => (/^https?:\/\/[^\s"'<>]+$/.test(value) ? value : null);
