import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import { CHAR, JSON_SYNTAX_ERROR } from '../util/json-scanner.ts';
import { type AnyEntry, tooDeep, VALUE, VALUE_DEPTH_MAX } from './any-value.ts';
import { EventMapper } from './event-mapper.ts';
import { JsonAnyValueReader } from './json-any-value-reader.ts';
import { KEY, type Key } from './json-keys.ts';
import { JsonReader } from './json-reader.ts';
import { buildResource, buildScope, NO_RESOURCE, NO_SCOPE, type Resource, type Scope } from './resource.ts';
import { isEventFault } from './surroundings.ts';

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
  private readonly reader = new JsonAnyValueReader(this.json);
  private readonly mapper: EventMapper;

  constructor(symbols: SymbolTable) {
    this.mapper = new EventMapper(symbols);
  }

  decode(body: Buffer, batch: EventBatch): void {
    const { json, reader } = this;
    json.reset(body);
    reader.inEvent = false;
    reader.eventBytesMax = batch.limits.eventBytesMax;
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
    if (reader.openObject()) {
      do {
        if (reader.key() === KEY.resourceLogs) this.eachOf('resourceLogs', this.resourceLogs);
        else json.skipValue();
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
    if (!this.reader.openObject()) return;
    do {
      const key = this.reader.key();
      if (key === KEY.resource) {
        mapper.resource = this.resource();
        hasResource = true;
      } else if (key === KEY.scopeLogs && hasResource) this.eachOf('scopeLogs', this.scopeLogs);
      else if (key === KEY.scopeLogs) putOff.push(json.skipValue());
      else json.skipValue();
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
    if (!this.reader.openObject()) return;
    do {
      const key = this.reader.key();
      if (key === KEY.scope) {
        mapper.scope = this.scope();
        hasScope = true;
      } else if (key === KEY.logRecords && hasScope) this.eachOf('logRecords', this.event);
      else if (key === KEY.logRecords) putOff.push(json.skipValue());
      else json.skipValue();
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
    const start = json.skipValue();
    const end = json.position;
    const resource = mapper.surroundings.resource(mapper.batch, json.source, start, end, () => {
      json.position = start;
      return this.readResource();
    });
    json.position = end;
    return resource;
  }

  private readResource(): Resource {
    const { json, reader } = this;
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    if (reader.openObject()) {
      do {
        const key = reader.key();
        if (reader.isNull()) continue;
        if (key === KEY.attributes) reader.entries(entries);
        else if (key === KEY.droppedAttributesCount) droppedAttributes = reader.uint32();
        else json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    return buildResource(entries, droppedAttributes, this.mapper.batch);
  }

  private scope(): Scope {
    const { json, reader, mapper } = this;
    reader.field = 'scope';
    if (reader.isNull()) return NO_SCOPE;
    const start = json.skipValue();
    const end = json.position;
    const scope = mapper.surroundings.scope(mapper.batch, json.source, start, end, () => {
      json.position = start;
      return this.readScope();
    });
    json.position = end;
    return scope;
  }

  private readScope(): Scope {
    const { json, reader } = this;
    let name = '';
    let version = '';
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    if (reader.openObject()) {
      do {
        const key = reader.key();
        if (reader.isNull()) continue;
        if (key === KEY.name) name = reader.text();
        else if (key === KEY.version) version = reader.text();
        else if (key === KEY.attributes) reader.entries(entries);
        else if (key === KEY.droppedAttributesCount) droppedAttributes = reader.uint32();
        else json.skipValue();
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
      json.skipValue();
    } finally {
      reader.inEvent = false;
    }
  };

  private logRecord(): void {
    const { json, reader, mapper } = this;
    reader.field = 'logRecords';
    if (!reader.openObject()) return;
    let bodyMap = -1;
    do {
      const key = reader.key();
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
    if (!reader.beginValue()) {
      mapper.putBody(reader.value);
      return -1;
    }
    const isMap = reader.value.type === VALUE.map;
    const start = json.position;
    mapper.putBodyJson(reader.renderContainer(0));
    reader.endValue();
    return isMap ? start : -1;
  }

  private attributes(): void {
    this.reader.field = 'attributes';
    if (!this.reader.openArray()) return;
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
    if (reader.openObject()) {
      do {
        const key = reader.key();
        if (key === KEY.key && !reader.isNull()) {
          reader.string();
          name = mapper.name(parent, value.source, value.start, value.end);
        } else if (key === KEY.value && name >= 0 && !isDone) {
          this.attributeValue(name, depth);
          isDone = true;
        } else if (key === KEY.value) valueAt = json.skipValue();
        else if (key !== KEY.key) json.skipValue();
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
    if (!reader.beginValue()) {
      mapper.putScalar(name, reader.value);
      return;
    }
    if (reader.value.type === VALUE.array) mapper.putJson(name, reader.renderContainer(depth));
    else if (!this.members(name, depth + 1)) mapper.putJson(name, '{}');
    reader.endValue();
  }

  /** The members of the KeyValueList at the position, as attributes. False when there are none. */
  private members(parent: number, depth: number): boolean {
    if (!this.reader.openValues()) return false;
    if (depth > VALUE_DEPTH_MAX) throw tooDeep(this.reader.field);
    do this.attribute(parent, depth);
    while (this.json.hasMore(CHAR.closeBracket));
    this.reader.closeValues();
    return true;
  }

  /** Calls `read` at each element of an array, which may be null. */
  private eachOf(field: string, read: () => void): void {
    this.reader.field = field;
    if (this.reader.isNull() || !this.reader.openArray()) return;
    do {
      this.reader.field = field;
      read();
    } while (this.json.hasMore(CHAR.closeBracket));
  }
}
