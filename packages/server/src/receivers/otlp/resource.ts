import { type EventBatch, KIND, type Kind } from '../../batch/event-batch.ts';
import {
  FIELD,
  type Field,
  fieldOfAttribute,
  fieldOfName,
  type SymbolField,
  type TextField,
} from '../../batch/fields.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { type AnyEntry, flatten, leafOf } from './any-value.ts';

/** What all events of a resource share. Symbols are ids of the batch's table. */
export interface Resource {
  /** All attributes, as a canonical JSON object of strings. */
  labels: number;
  service: number;
  host: number;
  /** Values for fields that an event does not set itself. */
  defaults: readonly FieldDefault[];
  /** Bytes that the defaults add to every event. */
  repeatedBytes: number;
  /** Why none of its events can be taken, null when they can. */
  fault: PermanentError | null;
}

export interface FieldDefault {
  field: SymbolField | TextField;
  symbol: number;
}

/** What all events of an instrumentation scope share. */
export interface Scope {
  /** The name as it is; empty when there is none. */
  name: string;
  /** The name as a symbol, 0 when there is none or it is too long for one. */
  logger: number;
  attributes: readonly ScopeAttribute[];
  /** Bytes that the attributes add to every event. */
  repeatedBytes: number;
  fault: PermanentError | null;
}

export interface ScopeAttribute {
  name: number;
  kind: Kind;
  text: string;
}

export const NO_RESOURCE: Resource = { labels: 0, service: 0, host: 0, defaults: [], repeatedBytes: 0, fault: null };
export const NO_SCOPE: Scope = { name: '', logger: 0, attributes: [], repeatedBytes: 0, fault: null };

/**
 * Longest value, in bytes, that goes into a field made of symbols (service, event type, logger …). Those columns hold
 * words that repeat; what is longer stays an attribute, so that it counts against limits.eventBytesMax.
 */
export const SYMBOL_BYTES_MAX = 1024;

/** Throws PermanentError `event_too_large` when it is over a limit. */
export function buildResource(entries: readonly AnyEntry[], droppedAttributes: number, batch: EventBatch): Resource {
  const { symbols, limits } = batch;
  const labels = new Map<string, string>();
  for (const [name, value] of flatten(entries)) {
    if (labels.has(name)) continue;
    if (labels.size >= limits.labelsMax)
      throw tooLarge('resource', `more than ${limits.labelsMax} labels (limits.labelsMax)`);
    if (name.length > limits.attributeNameBytesMax) {
      const limit = `limits.attributeNameBytesMax (${limits.attributeNameBytesMax})`;
      throw tooLarge('resource', `an attribute whose name has more bytes than ${limit}`);
    }
    labels.set(name, leafOf(value).text);
  }
  if (droppedAttributes > 0) labels.set('otel.resource.dropped_attributes_count', String(droppedAttributes));
  const json = canonicalLabels(labels);
  if (Buffer.byteLength(json) > limits.eventBytesMax) {
    throw tooLarge('resource', `more bytes than limits.eventBytesMax (${limits.eventBytesMax})`);
  }
  const symbolOf = (text = '') => (Buffer.byteLength(text) > SYMBOL_BYTES_MAX ? 0 : symbols.internText(text));
  const defaults: FieldDefault[] = [];
  let repeatedBytes = 0;
  for (const [name, text] of labels) {
    const field = defaultField(name);
    const symbol = symbolOf(text);
    if (field === undefined || symbol === 0) continue;
    defaults.push({ field, symbol });
    if (field >= FIELD.message) repeatedBytes += symbols.bytes(symbol).length;
  }
  return {
    labels: json === '{}' ? 0 : symbols.internText(json),
    service: symbolOf(labels.get('service.name') ?? labels.get('service')),
    host: symbolOf(labels.get('host.name') ?? labels.get('host')),
    defaults,
    repeatedBytes,
    fault: null,
  };
}

function tooLarge(what: string, problem: string): PermanentError {
  return new PermanentError('event_too_large', `the ${what} has ${problem}`, what);
}

/** Fields that a resource can give a default for: those that may be equal for many events. */
function defaultField(name: string): SymbolField | TextField | undefined {
  const field: Field | undefined = fieldOfAttribute(name) ?? fieldOfName(name);
  switch (field) {
    case FIELD.logType:
    case FIELD.eventType:
    case FIELD.logger:
    case FIELD.resourceType:
    case FIELD.action:
    case FIELD.userId:
    case FIELD.resourceId:
    case FIELD.requestId:
      return field;
    default:
      return undefined;
  }
}

/** `{"a":"1","b":"2"}`, names sorted by their UTF-16 code units, so that equal label sets are equal texts. */
function canonicalLabels(labels: ReadonlyMap<string, string>): string {
  const names = [...labels.keys()].sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(labels.get(name))}`).join(',')}}`;
}

/** Throws PermanentError `event_too_large` when it is over a limit. */
export function buildScope(
  name: string,
  version: string,
  entries: readonly AnyEntry[],
  droppedAttributes: number,
  batch: EventBatch,
): Scope {
  const { symbols, limits } = batch;
  const attributes = new Map<number, ScopeAttribute>();
  const nameBytes = Buffer.byteLength(name);
  const logger = nameBytes > SYMBOL_BYTES_MAX ? 0 : symbols.internText(name);
  let repeatedBytes = logger === 0 ? nameBytes : 0;
  const add = (attribute: string, kind: Kind, text: string) => {
    const id = symbols.internText(attribute);
    if (attributes.has(id)) return;
    attributes.set(id, { name: id, kind, text });
    repeatedBytes += Buffer.byteLength(text);
  };
  for (const [attribute, value] of flatten(entries)) {
    if (attributes.size >= limits.eventAttributesMax) {
      throw tooLarge('scope', `more than ${limits.eventAttributesMax} attributes (limits.eventAttributesMax)`);
    }
    if (attribute.length > limits.attributeNameBytesMax) {
      const limit = `limits.attributeNameBytesMax (${limits.attributeNameBytesMax})`;
      throw tooLarge('scope', `an attribute whose name has more bytes than ${limit}`);
    }
    const leaf = leafOf(value);
    add(attribute, leaf.kind, leaf.text);
  }
  if (version !== '') add('otel.scope.version', KIND.string, version);
  if (droppedAttributes > 0) add('otel.scope.dropped_attributes_count', KIND.number, String(droppedAttributes));
  return { name, logger, attributes: [...attributes.values()], repeatedBytes, fault: null };
}
