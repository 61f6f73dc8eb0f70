import { humanizeBytes, parseBytes } from '../values/index.ts';
import { type DetectLine, LineFieldReader } from './line-fields.ts';
import { type FieldType, typeOf } from './value-type.ts';

export interface DetectedField {
  label: string;
  type: FieldType;
  cardinality: number;
  /** Null for structured metadata: Grafana adds `| json` or `| logfmt` to a query for what is listed. */
  parsers: string[] | null;
  /** Of a field of JSON: the keys that lead to it. */
  jsonPath?: readonly string[];
}

interface Field {
  type: FieldType;
  values: Set<string>;
  parsers: string[];
  path: readonly string[] | undefined;
}

const ERROR_LABELS = new Set(['__error__', '__error_details__', '__preserve_error__']);

/**
 * Fields of lines by name, the first `limit` that are found: structured metadata, what the query's own parsers made, and
 * what the line holds as JSON or else as logfmt. Types are those of the last value. Memory is that of the lines' values.
 */
export function detectFields(lines: Iterable<DetectLine>, { limit }: { limit: number }): DetectedField[] {
  const fields = new Map<string, Field>();
  const reader = new LineFieldReader();
  const fieldOf = (name: string): Field | null => {
    let field = fields.get(name) ?? null;
    if (field === null && fields.size < limit) {
      field = { type: 'string', values: new Set(), parsers: [], path: undefined };
      fields.set(name, field);
    }
    return field;
  };
  for (const line of lines) {
    for (const [name, value] of line.metadata) addValue(fieldOf(name), value);
    const { parser, fields: ofLine, pathOf } = reader.read(line);
    for (const [name, value] of [...line.parsed, ...ofLine]) {
      if (ERROR_LABELS.has(name)) continue;
      const field = fieldOf(name);
      addValue(field, value);
      if (field === null || parser === null) continue;
      if (!field.parsers.includes(parser)) field.parsers.push(parser);
      if (parser === 'json') field.path ??= pathOf(name);
    }
  }
  return [...fields].map(([label, field]) => detected(label, field)).sort((a, b) => (a.label < b.label ? -1 : 1));
}

function addValue(field: Field | null, value: string): void {
  if (field === null) return;
  const isOnly = field.values.size === 1 && field.values.has(value);
  if (!isOnly) field.type = typeOf(value);
  field.values.add(value);
}

function detected(label: string, { type, values, parsers, path }: Field): DetectedField {
  return {
    label,
    type,
    cardinality: values.size,
    parsers: parsers.length === 0 ? null : parsers,
    ...(path === undefined ? {} : { jsonPath: path }),
  };
}

/**
 * Values of one field, the first `limit` that are found, sorted. Sizes of parsed fields are in go-humanize's form, which
 * is how Loki writes them into queries.
 */
export function detectFieldValues(lines: Iterable<DetectLine>, field: string, limit: number): string[] {
  const values = new Set<string>();
  const reader = new LineFieldReader();
  const add = (value: string) => {
    if (values.size < limit) values.add(value);
  };
  for (const line of lines) {
    if (values.size >= limit) break;
    for (const [name, value] of line.metadata) if (name === field) add(value);
    if (ERROR_LABELS.has(field)) continue;
    for (const [name, value] of [...line.parsed, ...reader.read(line).fields]) {
      if (name === field) add(normalSize(value));
    }
  }
  return [...values].sort();
}

/** Ends of what counts as a size; a number alone is none. */
const SIZE_UNIT = /[kmgtpe]i?b?$|b$/i;

function normalSize(value: string): string {
  if (!SIZE_UNIT.test(value)) return value;
  const bytes = parseBytes(value);
  return bytes === null ? value : humanizeBytes(bytes).replace(' ', '');
}

/** The body of `detected_fields`. */
export function renderDetectedFields(fields: readonly DetectedField[], limit: number): string {
  return `${JSON.stringify({ fields, ...limitOf(fields, limit) })}\n`;
}

/** The body of `detected_field/{name}/values`. */
export function renderDetectedFieldValues(values: readonly string[], limit: number): string {
  return `${JSON.stringify({ values, ...limitOf(values, limit) })}\n`;
}

/** Loki tells the limit only with something that it limits. */
function limitOf(found: readonly unknown[], limit: number): { limit?: number } {
  return found.length === 0 || limit === 0 ? {} : { limit };
}
