import type { Event } from '@tailwater/schema';
import { z } from 'zod';
import { attributeText, quote } from './json-text.ts';
import { type FieldText, PRESET_NAMES, PRESETS, type Preset, type PresetName } from './presets.ts';

const NAME = z.string().min(1).max(256);
const NAMED_ATTRIBUTE = 'attributes.';

/** The member `payload` of a destination's config; `preset` is what its vendor wants unless the user says otherwise. */
export function payloadMappingSchema(preset: PresetName) {
  const titles = PRESET_NAMES.map((name) => `\`${name}\`: ${PRESETS[name].title}`).join('; ');
  return z
    .strictObject({
      preset: z
        .enum(PRESET_NAMES)
        .default(preset)
        .meta({ description: `Names and shape of an event's JSON. ${titles}.` }),
      attributes: z
        .enum(['nested', 'flat'])
        .optional()
        .meta({ description: 'Attributes in an object of their own, or beside the fields. Default: as the preset.' }),
      rename: z.record(NAME, NAME).default({}).meta({
        description: 'New names by those of the preset; `attributes.NAME` is one attribute, put beside the fields.',
      }),
      remove: z
        .array(NAME)
        .default([])
        .meta({ description: 'Fields to leave out by their names in the preset; `attributes.NAME` is one attribute.' }),
      add: z
        .record(NAME, z.union([z.string(), z.number(), z.boolean()]))
        .default({})
        .meta({ description: 'Fields of the same value in each event.' }),
    })
    .prefault({})
    .meta({ description: 'How an event becomes JSON.' });
}

export type PayloadMapping = z.output<ReturnType<typeof payloadMappingSchema>>;

/** Fields in front of the mapped ones, JSON text by name: what the protocol wants whatever the mapping says. */
export type ProtocolFields = Readonly<Record<string, string>>;

const NO_FIELDS: ProtocolFields = {};
const compiled = new WeakMap<PayloadMapping, CompiledMapping>();

/**
 * The JSON object of an event, on one line. Numbers are written as they came in: `1.50` stays 1.50. Where two of its
 * members would have one name, protocol fields win, then fields of the mapping; the attribute is called `attributes.NAME`.
 */
export function payloadText(event: Event, mapping: PayloadMapping, protocol: ProtocolFields = NO_FIELDS): string {
  let known = compiled.get(mapping);
  if (known === undefined) {
    known = compileMapping(mapping);
    compiled.set(mapping, known);
  }
  return render(event, known, protocol);
}

interface CompiledMapping {
  fields: readonly { name: string; key: string; text: FieldText }[];
  taken: ReadonlySet<string>;
  /** Name of the object of attributes, null when they are flat. */
  nestedIn: string | null;
  renamed: ReadonlyMap<string, string>;
  removed: ReadonlySet<string>;
}

function compileMapping({ preset: name, attributes, rename, remove, add }: PayloadMapping): CompiledMapping {
  const preset: Preset = PRESETS[name];
  const removed = new Set(remove);
  const finalName = (field: string) => (Object.hasOwn(rename, field) ? rename[field]! : field);
  const fields = new Map<string, FieldText>();
  for (const [field, text] of Object.entries(preset.fields)) {
    if (!removed.has(field)) fields.set(finalName(field), text);
  }
  for (const [field, value] of Object.entries(add)) {
    const text = JSON.stringify(value);
    fields.set(field, () => text);
  }
  const isFlat = (attributes ?? preset.attributes) === 'flat';
  const own = isFlat ? [] : [finalName(preset.attributesName)];
  const ofAttributes = (names: Iterable<string>) =>
    [...names].filter((field) => field.startsWith(NAMED_ATTRIBUTE)).map((field) => field.slice(NAMED_ATTRIBUTE.length));
  return {
    fields: [...fields].map(([field, text]) => ({ name: field, key: `${quote(field)}:`, text })),
    taken: new Set([...fields.keys(), ...own, ...(preset.reserved ?? [])]),
    nestedIn: isFlat ? null : removed.has(preset.attributesName) ? '' : own[0]!,
    renamed: new Map(
      ofAttributes(Object.keys(rename)).map((attribute) => [attribute, rename[NAMED_ATTRIBUTE + attribute]!]),
    ),
    removed: new Set(ofAttributes(remove)),
  };
}

function render(event: Event, mapping: CompiledMapping, protocol: ProtocolFields): string {
  let text = '';
  for (const name in protocol) text += `,${quote(name)}:${protocol[name]}`;
  for (const field of mapping.fields) {
    if (Object.hasOwn(protocol, field.name)) continue;
    const value = field.text(event);
    if (value !== '') text += `,${field.key}${value}`;
  }
  text += renderAttributes(event, mapping, protocol);
  return `{${text.slice(1)}}`;
}

function renderAttributes(event: Event, mapping: CompiledMapping, protocol: ProtocolFields): string {
  let beside = '';
  let nested = '';
  const used = new Set<string>();
  const freeName = (name: string): string => {
    let free = name;
    while (mapping.taken.has(free) || Object.hasOwn(protocol, free) || used.has(free)) free = NAMED_ATTRIBUTE + free;
    used.add(free);
    return free;
  };
  for (const name in event.attributes) {
    if (mapping.removed.has(name)) continue;
    const value = attributeText(event.attributes[name]!);
    const renamed = mapping.renamed.get(name);
    if (renamed === undefined && mapping.nestedIn !== null) nested += `,${quote(name)}:${value}`;
    else beside += `,${quote(freeName(renamed ?? name))}:${value}`;
  }
  if (mapping.nestedIn === null || mapping.nestedIn === '') return beside;
  return `${beside},${quote(mapping.nestedIn)}:{${nested.slice(1)}}`;
}
