import type { Event } from '@tailwater/schema';
import { attributeText, quote } from '../util/json-text.ts';
import { PRESETS } from '../util/presets.ts';

/** The JSON text of what a placeholder names. */
type Lookup = (event: Event, whole: (event: Event) => string) => string;

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;
const FIELDS: Readonly<Record<string, (event: Event) => string>> = PRESETS.platform.fields;
const PREFIXES: readonly [string, (event: Event, name: string) => string][] = [
  [
    'metadata.',
    ({ attributes }, name) => (Object.hasOwn(attributes, name) ? attributeText(attributes[name]!) : 'null'),
  ],
  ['labels.', ({ labels }, name) => (Object.hasOwn(labels, name) ? quote(labels[name]!) : 'null')],
];

function lookupOf(name: string): Lookup | null {
  if (name === 'event') return (event, whole) => whole(event);
  if (Object.hasOwn(FIELDS, name)) return FIELDS[name]!;
  for (const [prefix, read] of PREFIXES) {
    if (name.startsWith(prefix)) return (event) => read(event, name.slice(prefix.length));
  }
  return null;
}

/** What is wrong with a template, null when nothing is. */
export function templateProblem(template: string): string | null {
  try {
    JSON.parse(template);
  } catch {
    return 'expected JSON; placeholders stand in texts: {"text": "{{message}}"}';
  }
  const unknown = [...template.matchAll(PLACEHOLDER)].map(([, name]) => name!).find((name) => lookupOf(name) === null);
  return unknown === undefined ? null : `there is no field \`${unknown}\``;
}

/** What writes the JSON of an event by the template, see the description of the setting. */
export function compileTemplate(template: string): Lookup {
  return compileValue(JSON.parse(template));
}

function compileValue(value: unknown): Lookup {
  if (typeof value === 'string') return compileText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileValue);
    return (event, whole) => `[${items.map((item) => item(event, whole)).join(',')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => [`${quote(name)}:`, compileValue(member)] as const);
    return (event, whole) => `{${members.map(([key, member]) => key + member(event, whole)).join(',')}}`;
  }
  const constant = JSON.stringify(value);
  return () => constant;
}

function compileText(text: string): Lookup {
  const parts = text.split(PLACEHOLDER);
  if (parts.length === 3 && parts[0] === '' && parts[2] === '') return lookupOf(parts[1]!)!;
  // Texts and names take turns.
  const pieces = parts.map((part, i) => (i % 2 === 0 ? part : lookupOf(part)!));
  return (event, whole) =>
    quote(pieces.map((piece) => (typeof piece === 'string' ? piece : plainText(piece(event, whole)))).join(''));
}

function plainText(json: string): string {
  if (json === 'null') return '';
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
