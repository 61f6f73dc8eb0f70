import type { SqlQuery } from '../store.ts';

type Value = SqlQuery['params'][string];

/** `param_NAME` entries of the URL for `{NAME:Type}` placeholders. */
export function paramSearch(params: SqlQuery['params']): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [`param_${name}`, paramText(value)]));
}

/** ClickHouse reads a parameter in the format Escaped; an array as it stands, with its strings as quoted literals. */
function paramText(value: Value): string {
  if (typeof value === 'string') return escaped(value);
  if (typeof value === 'object') return `[${value.map(element).join(',')}]`;
  return numberOrBool(value);
}

const element = (value: string | number) => (typeof value === 'string' ? `'${quoted(value)}'` : numberOrBool(value));

function numberOrBool(value: number | boolean): string {
  if (Number.isNaN(value)) return 'nan';
  if (value === Number.POSITIVE_INFINITY) return 'inf';
  if (value === Number.NEGATIVE_INFINITY) return '-inf';
  return String(value);
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' };

const escaped = (text: string) => text.replace(/[\\\t\n\r\0]/g, (char) => ESCAPES[char]!);

const quoted = (text: string) => escaped(text).replaceAll("'", "\\'");
