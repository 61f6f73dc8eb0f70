import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { CHAR, JSON_SYNTAX_ERROR } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';
import { type AnyEntry, type AnyValue, renderJson, scalarOf, tooDeep, VALUE, VALUE_DEPTH_MAX } from './any-value.ts';
import { EventMapper, isEventFault } from './event-mapper.ts';
import { KEY, type Key, keyOf } from './json-keys.ts';
import { JsonReader } from './json-reader.ts';
import { JsonValueReader } from './json-value-reader.ts';
import {
  buildResource,
  buildScope,
  faultyResource,
  faultyScope,
  NO_RESOURCE,
  NO_SCOPE,
  overEventBytes,
  type Resource,
  type Scope,
} from './resource.ts';

const decoders = new WeakMap<SymbolTable, JsonDecoder>();

const NO_BYTES: Buffer = Buffer.alloc(0);

/**
 * Reads an ExportLogsServiceRequest in OTLP's JSON and adds its events to the batch: names in lowerCamelCase, unknown
 * ones ignored, ids in hex. A value of a wrong type rejects its event; outside of events, and where it is no JSON,
 * PermanentError `invalid_body` is thrown with the byte's position, or one that names a limit of the whole request.
 * Events of that body that were added before the error stay in the batch for the caller to clear away.
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function decodeJson(body: Buffer, batch: EventBatch): void {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new JsonDecoder(batch.symbols);
    decoders.set(batch.symbols, decoder);
  }
  decoder.decode(body, batch);
}

/**
 * Reads straight from the body's bytes: JSON.parse alone takes longer than all of this together, and rounds integers.
 * Members may come in any order; what another one must be known for first is put off until that one has been read.
 */
class JsonDecoder {
  private readonly json = new JsonReader();
  private readonly reader = new JsonValueReader(this.json);
  private readonly keyUnescaper = new JsonUnescaper();
  private readonly mapper: EventMapper;

  constructor(symbols: SymbolTable) {
    this.mapper = new EventMapper(symbols);
  }

  decode(body: Buffer, batch: EventBatch): void {
    const { json, reader } = this;
    json.reset(body);
    reader.inEvent = false;
    this.mapper.open(batch);
    try {
      this.request();
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      throw new PermanentError('invalid_body', `JSON: ${json.error}`);
    } finally {
      json.release();
    }
  }

  private request(): void {
    const { json, reader } = this;
    reader.field = 'the body';
    if (this.openObject()) {
      do {
        if (this.key() === KEY.resourceLogs) this.eachOf('resourceLogs', this.resourceLogs);
        else this.json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    if (json.next() !== -1) json.fail('expected the end of the body', json.position);
  }

  /** ResourceLogs. Events that stand before their resource are read after it. */
  private readonly resourceLogs = (): void => {
    const { json, mapper } = this;
    let hasResource = false;
    const putOff: number[] = [];
    mapper.resource = NO_RESOURCE;
    if (!this.openObject()) return;
    do {
      const key = this.key();
      if (key === KEY.resource) {
        mapper.resource = this.resource();
        hasResource = true;
      } else if (key === KEY.scopeLogs && hasResource) this.eachOf('scopeLogs', this.scopeLogs);
      else if (key === KEY.scopeLogs) putOff.push(this.json.skipValue());
      else this.json.skipValue();
    } while (json.hasMore(CHAR.closeBrace));
    const end = json.position;
    for (const position of putOff) {
      json.position = position;
      this.eachOf('scopeLogs', this.scopeLogs);
    }
    json.position = end;
  };

  private readonly scopeLogs = (): void => {
    const { json, mapper } = this;
    let hasScope = false;
    const putOff: number[] = [];
    mapper.scope = NO_SCOPE;
    if (!this.openObject()) return;
    do {
      const key = this.key();
      if (key === KEY.scope) {
        mapper.scope = this.scope();
        hasScope = true;
      } else if (key === KEY.logRecords && hasScope) this.eachOf('logRecords', this.event);
      else if (key === KEY.logRecords) putOff.push(this.json.skipValue());
      else this.json.skipValue();
    } while (json.hasMore(CHAR.closeBrace));
    const end = json.position;
    for (const position of putOff) {
      json.position = position;
      this.eachOf('logRecords', this.event);
    }
    json.position = end;
  };

  private resource(): Resource {
    const { json, reader, mapper } = this;
    reader.field = 'resource';
    if (reader.isNull()) return NO_RESOURCE;
    const start = this.json.skipValue();
    const end = json.position;
    const { eventBytesMax } = mapper.batch.limits;
    if (end - start > eventBytesMax) return faultyResource(overEventBytes(eventBytesMax));
    const key = json.source.toString('latin1', start, end);
    const known = mapper.resources.get(key);
    if (known !== undefined) return known;
    json.position = start;
    let resource: Resource;
    try {
      resource = this.readResource();
    } catch (error) {
      if (!isEventFault(error)) throw error;
      resource = { ...NO_RESOURCE, fault: error };
    }
    json.position = end;
    return mapper.remember(mapper.resources, key, resource);
  }

  private readResource(): Resource {
    const { json, reader } = this;
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    if (this.openObject()) {
      do {
        const key = this.key();
        if (reader.isNull()) continue;
        if (key === KEY.attributes) this.entries(entries, 0);
        else if (key === KEY.droppedAttributesCount) droppedAttributes = reader.uint32();
        else this.json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    return buildResource(entries, droppedAttributes, this.mapper.batch);
  }

  private scope(): Scope {
    const { json, reader, mapper } = this;
    reader.field = 'scope';
    if (reader.isNull()) return NO_SCOPE;
    const start = this.json.skipValue();
    const end = json.position;
    const { eventBytesMax } = mapper.batch.limits;
    if (end - start > eventBytesMax) return faultyScope(overEventBytes(eventBytesMax));
    const key = json.source.toString('latin1', start, end);
    const known = mapper.scopes.get(key);
    if (known !== undefined) return known;
    json.position = start;
    let scope: Scope;
    try {
      scope = this.readScope();
    } catch (error) {
      if (!isEventFault(error)) throw error;
      scope = { ...NO_SCOPE, fault: error };
    }
    json.position = end;
    return mapper.remember(mapper.scopes, key, scope);
  }

  private readScope(): Scope {
    const { json, reader } = this;
    let name = '';
    let version = '';
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    if (this.openObject()) {
      do {
        const key = this.key();
        if (reader.isNull()) continue;
        if (key === KEY.name) name = reader.text();
        else if (key === KEY.version) version = reader.text();
        else if (key === KEY.attributes) this.entries(entries, 0);
        else if (key === KEY.droppedAttributesCount) droppedAttributes = reader.uint32();
        else this.json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    return buildScope(name, version, entries, droppedAttributes, this.mapper.batch);
  }

  private readonly event = (): void => {
    const { json, reader, mapper } = this;
    json.next();
    const start = json.position;
    mapper.beginEvent();
    reader.inEvent = true;
    try {
      mapper.checkSurroundings();
      this.logRecord();
      mapper.endEvent();
    } catch (error) {
      if (!isEventFault(error)) {
        mapper.batch.rollbackRow();
        throw error;
      }
      mapper.rejectEvent(error);
      json.position = start;
      this.json.skipValue();
    } finally {
      reader.inEvent = false;
    }
  };

  private logRecord(): void {
    const { json, reader, mapper } = this;
    reader.field = 'logRecords';
    if (!this.openObject()) return;
    let bodyMap = -1;
    do {
      const key = this.key();
      if (reader.isNull()) continue;
      if (key === KEY.attributes) this.attributes();
      else if (key === KEY.body) bodyMap = this.body();
      else this.headMember(key);
    } while (json.hasMore(CHAR.closeBrace));
    if (bodyMap < 0) return;
    // Last, so that the attributes' own values win over those of a structured body.
    mapper.settleMessageAttribute();
    const end = json.position;
    json.position = bodyMap;
    reader.field = 'body';
    this.members(-1, 1);
    json.position = end;
  }

  private headMember(key: Key): void {
    const { reader, mapper } = this;
    const { value } = reader;
    const { head } = mapper;
    switch (key) {
      case KEY.timeUnixNano:
        reader.field = 'timeUnixNano';
        reader.time();
        head.timeLow = reader.low;
        head.timeHigh = reader.high;
        return;
      case KEY.observedTimeUnixNano:
        reader.field = 'observedTimeUnixNano';
        reader.time();
        head.observedLow = reader.low;
        head.observedHigh = reader.high;
        return;
      case KEY.severityNumber:
        reader.field = 'severityNumber';
        head.severityNumber = reader.int32();
        return;
      case KEY.severityText:
        reader.field = 'severityText';
        reader.string();
        mapper.putSeverityText(value.source, value.start, value.end);
        return;
      case KEY.eventName:
        reader.field = 'eventName';
        reader.string();
        mapper.putEventName(value.source, value.start, value.end);
        return;
      case KEY.traceId:
        reader.field = 'traceId';
        reader.string();
        mapper.putIdHex(FIELD.traceId, value);
        return;
      case KEY.spanId:
        reader.field = 'spanId';
        reader.string();
        mapper.putIdHex(FIELD.spanId, value);
        return;
      case KEY.flags:
        reader.field = 'flags';
        head.flags = reader.uint32();
        return;
      case KEY.droppedAttributesCount:
        reader.field = 'droppedAttributesCount';
        head.droppedAttributes = reader.uint32();
        return;
      default:
        this.json.skipValue();
    }
  }

  /** The body. Returns where a map's KeyValueList starts, otherwise -1. */
  private body(): number {
    const { json, reader, mapper } = this;
    reader.field = 'body';
    if (!this.beginValue()) {
      mapper.putBody(reader.value);
      return -1;
    }
    const isMap = reader.value.type === VALUE.map;
    const start = json.position;
    mapper.putBodyJson(renderJson(this.container(isMap, 0)));
    this.endValue();
    return isMap ? start : -1;
  }

  private attributes(): void {
    this.reader.field = 'attributes';
    if (!this.openArray()) return;
    do this.attribute(-1, 0);
    while (this.json.hasMore(CHAR.closeBracket));
  }

  /** A KeyValue of an event, `depth` maps below its attributes. `parent` is the name of the map it is in, or -1. */
  private attribute(parent: number, depth: number): void {
    const { json, reader, mapper } = this;
    const { value } = reader;
    let name = -1;
    let valueAt = -1;
    let isDone = false;
    if (this.openObject()) {
      do {
        const key = this.key();
        if (key === KEY.key && !reader.isNull()) {
          reader.string();
          name = mapper.name(parent, value.source, value.start, value.end);
        } else if (key === KEY.value && name >= 0 && !isDone) {
          this.attributeValue(name, depth);
          isDone = true;
        } else if (key === KEY.value) valueAt = this.json.skipValue();
        else if (key !== KEY.key) this.json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    if (isDone) return;
    if (name < 0) name = mapper.name(parent, NO_BYTES, 0, 0);
    if (valueAt < 0) {
      value.type = VALUE.empty;
      mapper.putScalar(name, value);
      return;
    }
    const end = json.position;
    json.position = valueAt;
    this.attributeValue(name, depth);
    json.position = end;
  }

  private attributeValue(name: number, depth: number): void {
    const { mapper, reader } = this;
    if (!this.beginValue()) {
      mapper.putScalar(name, reader.value);
      return;
    }
    if (reader.value.type === VALUE.array) mapper.putJson(name, renderJson(this.container(false, depth)));
    else if (!this.members(name, depth + 1)) mapper.putJson(name, '{}');
    this.endValue();
  }

  /** The members of the KeyValueList at the position, as attributes. False when there are none. */
  private members(parent: number, depth: number): boolean {
    if (!this.openValues()) return false;
    if (depth > VALUE_DEPTH_MAX) throw tooDeep(this.reader.field);
    do this.attribute(parent, depth);
    while (this.json.hasMore(CHAR.closeBracket));
    this.closeValues();
    return true;
  }

  /**
   * Reads an AnyValue up to its end when it is a scalar, into the register; false then. True when it is an array or a
   * map, as the register's type says: the position is at its content, and `endValue` must be called behind that.
   */
  private beginValue(): boolean {
    const { json, reader } = this;
    const { value } = reader;
    value.type = VALUE.empty;
    if (reader.isNull() || !this.openObject()) return false;
    do {
      const key = this.key();
      if (key < KEY.stringValue || key > KEY.bytesValue) this.json.skipValue();
      else if (!reader.isNull()) {
        if (key === KEY.arrayValue || key === KEY.kvlistValue) {
          value.type = key === KEY.arrayValue ? VALUE.array : VALUE.map;
          return true;
        }
        this.scalar(key);
        this.endValue();
        return false;
      }
    } while (json.hasMore(CHAR.closeBrace));
    return false;
  }

  private scalar(key: Key): void {
    const { reader } = this;
    if (key === KEY.stringValue) reader.string();
    else if (key === KEY.intValue) reader.int64();
    else if (key === KEY.doubleValue) reader.double();
    else if (key === KEY.boolValue) reader.bool();
    else reader.bytes();
  }

  /** Moves behind an AnyValue whose content has been read. */
  private endValue(): void {
    const { json, reader } = this;
    while (json.hasMore(CHAR.closeBrace)) {
      const key = this.key();
      if (key < KEY.stringValue || key > KEY.bytesValue) this.json.skipValue();
      else if (!reader.isNull()) throw reader.wrongValue('a value of one type');
    }
  }

  private tree(depth: number): AnyValue {
    const { value } = this.reader;
    if (!this.beginValue()) return scalarOf(value);
    const tree = this.container(value.type === VALUE.map, depth);
    this.endValue();
    return tree;
  }

  /** The ArrayValue or KeyValueList at the position as a tree; `depth` maps and arrays are around it. */
  private container(isMap: boolean, depth: number): AnyValue {
    const { json, reader } = this;
    const { field } = reader;
    if (depth >= VALUE_DEPTH_MAX) throw tooDeep(field);
    if (depth === 0) this.checkSize(field);
    const values: AnyValue[] = [];
    const entries: AnyEntry[] = [];
    if (this.openValues()) {
      do {
        if (isMap) entries.push(this.entry(depth + 1));
        else values.push(this.tree(depth + 1));
      } while (json.hasMore(CHAR.closeBracket));
      this.closeValues();
    }
    return isMap ? { type: 'map', entries } : { type: 'array', values };
  }

  /** A tree takes many times the memory of its text. */
  private checkSize(field: string): void {
    const { json } = this;
    const { eventBytesMax } = this.mapper.batch.limits;
    const start = this.json.skipValue();
    if (json.position - start > eventBytesMax) {
      throw new PermanentError('event_too_large', `${field} has ${overEventBytes(eventBytesMax)}`, field);
    }
    json.position = start;
  }

  private entries(entries: AnyEntry[], depth: number): void {
    if (!this.openArray()) return;
    do entries.push(this.entry(depth));
    while (this.json.hasMore(CHAR.closeBracket));
  }

  private entry(depth: number): AnyEntry {
    const { json, reader } = this;
    let name = '';
    let value: AnyValue | null = null;
    if (this.openObject()) {
      do {
        const key = this.key();
        if (key === KEY.key) name = reader.isNull() ? '' : reader.text();
        else if (key === KEY.value) value = this.tree(depth);
        else this.json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    reader.value.type = VALUE.empty;
    return [name, value ?? scalarOf(reader.value)];
  }

  /** Enters the `values` of the ArrayValue or KeyValueList at the position. False, and moves behind it, without any. */
  private openValues(): boolean {
    const { json, reader } = this;
    if (!this.openObject()) return false;
    do {
      if (this.key() !== KEY.values) this.json.skipValue();
      else if (!reader.isNull() && this.openArray()) return true;
    } while (json.hasMore(CHAR.closeBrace));
    return false;
  }

  private closeValues(): void {
    while (this.json.hasMore(CHAR.closeBrace)) {
      this.key();
      this.json.skipValue();
    }
  }

  /** Calls `read` at each element of an array, which may be null. */
  private eachOf(field: string, read: () => void): void {
    this.reader.field = field;
    if (this.reader.isNull() || !this.openArray()) return;
    do {
      this.reader.field = field;
      read();
    } while (this.json.hasMore(CHAR.closeBracket));
  }

  /** Moves to the first member of an object. False, and moves behind it, when it has none. */
  private openObject(): boolean {
    return this.open(CHAR.openBrace, CHAR.closeBrace, 'an object');
  }

  private openArray(): boolean {
    return this.open(CHAR.openBracket, CHAR.closeBracket, 'an array');
  }

  private open(opening: number, closing: number, expected: string): boolean {
    const { json } = this;
    if (json.next() !== opening) throw this.reader.wrongValue(expected);
    json.position++;
    if (json.next() !== closing) return true;
    json.position++;
    return false;
  }

  /** Reads a member's name and moves to its value. */
  private key(): Key {
    const { json, keyUnescaper } = this;
    json.readName();
    let key: Key;
    if (json.escaped) {
      keyUnescaper.unescape(json.source, json.valueFrom, json.valueTo);
      key = keyOf(keyUnescaper.bytes, 0, keyUnescaper.length);
    } else key = keyOf(json.source, json.valueFrom, json.valueTo);
    if (key === KEY.snakeCase) {
      this.reader.field = json.source.toString('utf8', json.valueFrom, json.valueTo);
      throw this.reader.wrongValue('in lowerCamelCase, as in resourceLogs', json.valueFrom);
    }
    return key;
  }
}
