/**
 * The form of a destination type, made of what `GET /api/log-integrations/types` says: fields with ids as the server names
 * them in its errors (`config.site`, `secrets.api_key`, `filter.min_severity`), values, and the body made of these.
 */
export interface Pair {
  name: string;
  value: string;
}

/** Null: a secret that is to be removed. */
export type FormValue = string | boolean | readonly string[] | readonly Pair[] | null;
export type FormValues = Readonly<Record<string, FormValue>>;

export type FieldKind =
  | 'text'
  | 'code'
  | 'number'
  | 'switch'
  | 'choice'
  | 'secret'
  | 'list'
  | 'choices'
  | 'pairs'
  | 'group';

export interface FormField {
  id: string;
  label: string;
  help: string;
  kind: FieldKind;
  isRequired: boolean;
  isAdvanced: boolean;
  /** Of `choice` and `choices`; an empty id stands for nothing chosen. */
  options: readonly { id: string; label: string }[];
  /** The group that it is part of, which may be switched off as a whole. */
  groupId: string | null;
  /** What the server takes where nothing is said. */
  initial: FormValue;
  /** A number is shown divided by this: bytes as MiB, milliseconds as hours. */
  factor: number;
  /** What an empty field means: nothing is said, or null is. */
  whenEmpty: 'left-out' | 'null';
  /** Pairs whose values may be numbers and truths as JSON writes them. */
  hasScalars: boolean;
  isMultiline: boolean;
  /** A secret that the server has. */
  isSet: boolean;
}

export interface JsonSchema {
  type?: string | readonly string[];
  description?: string;
  default?: unknown;
  enum?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema;
  additionalProperties?: JsonSchema | boolean;
  maxLength?: number;
}

export interface SecretSpec {
  name: string;
  title: string;
  description: string;
  required: boolean;
  multiline: boolean;
}

const PLAIN: Omit<FormField, 'id' | 'label' | 'help' | 'kind' | 'initial'> = {
  isRequired: false,
  isAdvanced: false,
  options: [],
  groupId: null,
  factor: 1,
  whenEmpty: 'left-out',
  hasScalars: false,
  isMultiline: false,
  isSet: false,
};

/** A field with all that is usual where `more` says nothing else. */
export function field(
  base: Pick<FormField, 'id' | 'label' | 'help' | 'kind' | 'initial'> & Partial<FormField>,
): FormField {
  return { ...PLAIN, ...base };
}

/** What everybody sets who sets up such a destination; all else that is not required is folded away. */
const ESSENTIAL = new Set(
  'url site region auth credentials username tls sasl port index org tenant tenant_id client_id product protocol prefix data_stream tags batch signature token format log_stream labels aws'.split(
    ' ',
  ),
);

/** The fields of `config`, in the order of the schema; those of groups follow their group. */
export function configFields(schema: JsonSchema): FormField[] {
  return fieldsOf(schema, 'config', null, false);
}

function fieldsOf(schema: JsonSchema, prefix: string, groupId: string | null, isFolded: boolean): FormField[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const id = `${prefix}.${name}`;
    const isAdvanced = isFolded || !(required.has(name) || ESSENTIAL.has(name) || groupId !== null);
    if (member.properties === undefined) {
      return [fieldOf(member, { id, name, groupId, isAdvanced, isRequired: required.has(name) })];
    }
    // What has a default is always there; what has none is switched on.
    if (member.default !== undefined) return fieldsOf(member, id, groupId, true);
    const base = { id, label: labelOf(name), help: member.description ?? '', initial: false, isAdvanced };
    return [field({ ...base, kind: 'group' }), ...fieldsOf(member, id, id, isAdvanced)];
  });
}

interface Place {
  id: string;
  name: string;
  groupId: string | null;
  isAdvanced: boolean;
  isRequired: boolean;
}

function fieldOf(schema: JsonSchema, { id, name, groupId, isAdvanced, isRequired }: Place): FormField {
  const kind = kindOf(schema);
  const values = kind === 'choices' ? schema.items?.enum : schema.enum;
  const options = (values ?? []).map((value) => ({ id: value, label: value }));
  const isOptionalChoice = kind === 'choice' && schema.default === undefined && !isRequired;
  const extra = schema.additionalProperties;
  return field({
    id,
    label: LABELS[id.replace('config.', '')] ?? labelOf(name),
    help: schema.description ?? '',
    kind,
    isRequired,
    isAdvanced,
    options: isOptionalChoice ? [{ id: '', label: 'Default' }, ...options] : options,
    groupId,
    initial: shownValue(kind, schema.default, 1),
    hasScalars: typeof extra === 'object' && Array.isArray(extra.type),
    isMultiline: kind === 'code',
  });
}

/** Texts of this length are certificates and templates, of several lines. */
const LONG_CHARACTERS_MIN = 10_000;

function kindOf(schema: JsonSchema): FieldKind {
  if (schema.enum !== undefined) return 'choice';
  switch (schema.type) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return schema.items?.enum === undefined ? 'list' : 'choices';
    case 'object':
      return 'pairs';
    default:
      return (schema.maxLength ?? 0) >= LONG_CHARACTERS_MIN ? 'code' : 'text';
  }
}

/** What few need of the secrets. */
const RARE_SECRETS = new Set(['client_key', 'previous_signing_secret']);

export function secretFields(secrets: readonly SecretSpec[], isSet: (name: string) => boolean): FormField[] {
  return secrets.map(({ name, title, description, required, multiline }) =>
    field({
      id: `secrets.${name}`,
      label: title,
      help: description,
      kind: 'secret',
      initial: '',
      isRequired: required,
      isAdvanced: RARE_SECRETS.has(name),
      isMultiline: multiline,
      isSet: isSet(name),
    }),
  );
}

const ACRONYMS: Readonly<Record<string, string>> = {
  url: 'URL',
  id: 'ID',
  ids: 'IDs',
  arn: 'ARN',
  tls: 'TLS',
  sasl: 'SASL',
  sts: 'STS',
  kms: 'KMS',
  aws: 'AWS',
  gb: 'GB',
};
const LABELS: Readonly<Record<string, string>> = {
  ca: 'CA certificates',
  auth: 'Authentication',
  sasl: 'SASL log-in',
  aws: 'Amazon OpenSearch',
  setup: 'Set up index lifecycle',
  'payload.preset': 'Preset',
  'payload.attributes': 'Where attributes stand',
  'payload.rename': 'Rename fields',
  'payload.remove': 'Leave out fields',
  'payload.add': 'Add fields',
  proxy: 'HTTP proxy',
};

/** `object_bytes_max` as `Object bytes, at most`. */
export function labelOf(name: string): string {
  const known = LABELS[name];
  if (known !== undefined) return known;
  const words = name
    .replace(/_max$/, '')
    .split('_')
    .map((word) => (word === 's' ? 'seconds' : (ACRONYMS[word] ?? word)));
  const text = words.join(' ') + (name.endsWith('_max') ? ', at most' : '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A value of the API as its control shows it. */
function shownValue(kind: FieldKind, value: unknown, factor: number): FormValue {
  switch (kind) {
    case 'switch':
      return value === true;
    case 'group':
      return value !== undefined && value !== null;
    case 'number':
      return typeof value === 'number' ? String(Number((value / factor).toPrecision(12))) : '';
    case 'list':
    case 'choices':
      return Array.isArray(value) ? value.map(String) : [];
    case 'pairs':
      return Object.entries((value ?? {}) as Record<string, unknown>).map(([name, one]) => ({
        name,
        value: typeof one === 'string' ? textOfPair(one) : JSON.stringify(one),
      }));
    case 'secret':
      return '';
    default:
      return typeof value === 'string' ? value : '';
  }
}

/** Texts that would be read as another JSON value keep their quotes. */
const textOfPair = (text: string): string => (scalarOf(text) === text ? text : JSON.stringify(text));

function scalarOf(text: string): string | number | boolean {
  if (!/^(?:true|false|-?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*")$/.test(text)) return text;
  return JSON.parse(text) as string | number | boolean;
}

/** Values of every field: those of `saved` (the integration as the API answers it), else what the server takes by itself. */
export function initialValues(fields: readonly FormField[], saved: object | null): FormValues {
  return Object.fromEntries(
    fields.map(({ id, kind, initial, factor }) => {
      if (saved === null || kind === 'secret') return [id, initial];
      return [id, shownValue(kind, memberAt(saved, id.split('.')), factor)];
    }),
  );
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], value);
}

/** What the form says, as the API takes it: by part and name. Fields of a group that is off say nothing. */
export function bodyOf(fields: readonly FormField[], values: FormValues): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const one of fields) {
    if (one.groupId !== null && values[one.groupId] !== true) continue;
    const value = sentValue(one, values[one.id] ?? null);
    if (value !== undefined) setMember(body, one.id.split('.'), value);
  }
  return body;
}

/** Undefined: nothing is said. */
function sentValue(one: FormField, value: FormValue): unknown {
  const empty = one.whenEmpty === 'null' ? null : undefined;
  switch (one.kind) {
    case 'switch':
      return value === true;
    case 'group':
      return value === true ? {} : undefined;
    case 'secret':
      return value === '' ? undefined : value;
    case 'number':
      return value === '' || value === null ? empty : Number((Number(value) * one.factor).toPrecision(15));
    case 'list':
      return (value as readonly string[]).map((line) => line.trim()).filter((line) => line !== '');
    case 'choices':
      return value;
    case 'pairs':
      return pairsSent(value as readonly Pair[], one.hasScalars);
    default:
      return value === '' ? empty : value;
  }
}

function pairsSent(pairs: readonly Pair[], hasScalars: boolean): Record<string, unknown> {
  const named = pairs.filter(({ name }) => name.trim() !== '');
  return Object.fromEntries(named.map(({ name, value }) => [name.trim(), hasScalars ? scalarOf(value) : value]));
}

function setMember(body: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    body[name] = value;
    return;
  }
  body[name] ??= {};
  setMember(body[name] as Record<string, unknown>, rest, value);
}

/** What the page itself can tell to be missing or wrong, by field; the server checks the rest. */
export function problemsOf(fields: readonly FormField[], values: FormValues): Record<string, string> {
  const problems: Record<string, string> = {};
  for (const one of fields) {
    const value = values[one.id];
    if (one.groupId !== null && values[one.groupId] !== true) continue;
    if (one.kind === 'number' && value !== '' && !Number.isFinite(Number(value))) {
      problems[one.id] = 'A number is needed';
    } else if (one.isRequired && isEmpty(value) && !(one.kind === 'secret' && one.isSet && value === '')) {
      problems[one.id] = `${one.label} is needed`;
    }
  }
  return problems;
}

function isEmpty(value: FormValue | undefined): boolean {
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string' && one.trim() === '');
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/**
 * The field of the form that the server means by `named`: `config.payload.rename.x` is within `config.payload.rename`, and a
 * connection test says `token` for what is `secrets.token` here. Null when the form has no such field.
 */
export function fieldNamed(fields: readonly FormField[], named: string): string | null {
  const ids = new Set(fields.map(({ id }) => id));
  for (const prefix of ['', 'config.', 'secrets.']) {
    const path = `${prefix}${named}`.split('.');
    for (let length = path.length; length > (prefix === '' ? 0 : 1); length--) {
      const id = path.slice(0, length).join('.');
      if (ids.has(id)) return id;
    }
  }
  return null;
}
