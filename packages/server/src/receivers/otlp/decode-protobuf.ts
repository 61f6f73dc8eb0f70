import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import {
  type AnyEntry,
  type AnyValue,
  renderJson,
  scalarOf,
  tooDeep,
  tooLong,
  VALUE,
  VALUE_DEPTH_MAX,
  ValueRegister,
} from './any-value.ts';
import { EventMapper } from './event-mapper.ts';
import { ProtobufReader } from './protobuf-reader.ts';
import { buildResource, buildScope, NO_RESOURCE, NO_SCOPE, type Resource, type Scope } from './resource.ts';
import { isEventFault } from './surroundings.ts';

const decoders = new WeakMap<SymbolTable, ProtobufDecoder>();

/**
 * Reads an ExportLogsServiceRequest and adds its events to the batch. Throws PermanentError `invalid_body` (with the
 * byte's position) or one that names a limit of the whole request; events of that body that were added before the
 * error stay in the batch for the caller to clear away.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto
 */
export function decodeProtobuf(body: Buffer, batch: EventBatch): void {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new ProtobufDecoder(batch.symbols);
    decoders.set(batch.symbols, decoder);
  }
  decoder.decode(body, batch);
}

/**
 * Walks the messages by hand: `case` labels are whole tag bytes (field number * 8 + wire type), which all fields up to
 * 15 have. A generated decoder makes objects and strings of everything and takes three to nine times as long.
 */
class ProtobufDecoder {
  private readonly reader = new ProtobufReader();
  private readonly mapper: EventMapper;
  private readonly value = new ValueRegister();
  private keyStart = 0;
  private keyEnd = 0;

  constructor(symbols: SymbolTable) {
    this.mapper = new EventMapper(symbols);
  }

  decode(body: Buffer, batch: EventBatch): void {
    const { reader, mapper, value } = this;
    reader.open(body);
    mapper.open(batch);
    value.source = body;
    value.view = reader.view;
    try {
      const end = body.length;
      for (let p = 0; p < end; ) {
        if (body[p] === 0x0a) {
          const contentEnd = reader.content(p + 1, end);
          this.resourceLogs(reader.next, contentEnd);
          p = contentEnd;
        } else p = reader.skip(p, end, 1);
      }
    } finally {
      reader.close();
      value.source = reader.source;
      value.view = reader.view;
    }
  }

  /** ResourceLogs. The resource may stand behind its events, so it is looked for first. */
  private resourceLogs(start: number, end: number): void {
    const { reader, mapper } = this;
    const { source } = reader;
    mapper.resource = NO_RESOURCE;
    for (let p = start; p < end; ) {
      switch (source[p]) {
        case 0x0a: {
          const contentEnd = reader.content(p + 1, end);
          const contentStart = reader.next;
          mapper.resource = mapper.surroundings.resource(mapper.batch, source, contentStart, contentEnd, () =>
            this.readResource(contentStart, contentEnd),
          );
          p = contentEnd;
          break;
        }
        case 0x12: // scope_logs
        case 0x1a: // schema_url
          p = reader.content(p + 1, end);
          break;
        default:
          p = reader.skip(p, end, 3);
      }
    }
    for (let p = start; p < end; ) {
      if (source[p] === 0x12) {
        const contentEnd = reader.content(p + 1, end);
        this.scopeLogs(reader.next, contentEnd);
        p = contentEnd;
      } else if (source[p] === 0x0a || source[p] === 0x1a) p = reader.content(p + 1, end);
      else p = reader.skip(p, end, 3);
    }
  }

  private scopeLogs(start: number, end: number): void {
    const { reader, mapper } = this;
    const { source } = reader;
    mapper.scope = NO_SCOPE;
    for (let p = start; p < end; ) {
      switch (source[p]) {
        case 0x0a: {
          const contentEnd = reader.content(p + 1, end);
          const contentStart = reader.next;
          mapper.scope = mapper.surroundings.scope(mapper.batch, source, contentStart, contentEnd, () =>
            this.readScope(contentStart, contentEnd),
          );
          p = contentEnd;
          break;
        }
        case 0x12: // log_records
        case 0x1a: // schema_url
          p = reader.content(p + 1, end);
          break;
        default:
          p = reader.skip(p, end, 3);
      }
    }
    for (let p = start; p < end; ) {
      if (source[p] === 0x12) {
        const contentEnd = reader.content(p + 1, end);
        this.event(reader.next, contentEnd);
        p = contentEnd;
      } else if (source[p] === 0x0a || source[p] === 0x1a) p = reader.content(p + 1, end);
      else p = reader.skip(p, end, 3);
    }
  }

  private readResource(start: number, end: number): Resource {
    const { reader } = this;
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    for (let p = start; p < end; ) {
      switch (reader.source[p]) {
        case 0x0a: {
          const contentEnd = reader.content(p + 1, end);
          entries.push(this.entry(reader.next, contentEnd, 0, 'resource'));
          p = contentEnd;
          break;
        }
        case 0x10:
          droppedAttributes = reader.varint32(p + 1, end);
          p = reader.next;
          break;
        case 0x1a: // entity_refs: they only name attributes
          p = reader.content(p + 1, end);
          break;
        default:
          p = reader.skip(p, end, 3);
      }
    }
    return buildResource(entries, droppedAttributes, this.mapper.batch);
  }

  private readScope(start: number, end: number): Scope {
    const { reader } = this;
    const { source } = reader;
    let name = '';
    let version = '';
    const entries: AnyEntry[] = [];
    let droppedAttributes = 0;
    for (let p = start; p < end; ) {
      const tag = source[p];
      if (tag === 0x20) {
        droppedAttributes = reader.varint32(p + 1, end);
        p = reader.next;
      } else if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        const contentEnd = reader.content(p + 1, end);
        if (tag === 0x0a) name = source.toString('utf8', reader.next, contentEnd);
        else if (tag === 0x12) version = source.toString('utf8', reader.next, contentEnd);
        else entries.push(this.entry(reader.next, contentEnd, 0, 'scope'));
        p = contentEnd;
      } else p = reader.skip(p, end, 4);
    }
    return buildScope(name, version, entries, droppedAttributes, this.mapper.batch);
  }

  private event(start: number, end: number): void {
    const { mapper } = this;
    mapper.beginEvent();
    try {
      mapper.checkSurroundings();
      this.logRecord(start, end);
      mapper.endEvent();
    } catch (error) {
      if (!isEventFault(error)) {
        mapper.batch.rollbackRow();
        throw error;
      }
      mapper.rejectEvent(error);
    }
  }

  /** LogRecord. Longer than a function should be: it is the loop that every byte of every event goes through. */
  private logRecord(start: number, end: number): void {
    const { reader, mapper } = this;
    const { source, view } = reader;
    const { head } = mapper;
    let bodyStart = -1;
    let bodyEnd = -1;
    for (let p = start; p < end; ) {
      switch (source[p]) {
        case 0x09: // time_unix_nano
          p = reader.fixed(p + 1, end, 8);
          head.timeLow = view.getUint32(p - 8, true);
          head.timeHigh = view.getUint32(p - 4, true);
          break;
        case 0x10: // severity_number, an int32
          reader.varint64(p + 1, end);
          head.severityNumber = reader.low | 0;
          p = reader.next;
          break;
        case 0x1a: // severity_text
          p = reader.content(p + 1, end);
          mapper.putSeverityText(source, reader.next, p);
          break;
        case 0x2a: // body
          p = reader.content(p + 1, end);
          bodyStart = reader.next;
          bodyEnd = p;
          break;
        case 0x32: // attributes
          p = reader.content(p + 1, end);
          this.attribute(-1, reader.next, p, 0);
          break;
        case 0x38: // dropped_attributes_count
          head.droppedAttributes = reader.varint32(p + 1, end);
          p = reader.next;
          break;
        case 0x45: // flags
          p = reader.fixed(p + 1, end, 4);
          head.flags = view.getUint32(p - 4, true);
          break;
        case 0x4a: // trace_id
          p = reader.content(p + 1, end);
          mapper.putIdBytes(FIELD.traceId, source, reader.next, p);
          break;
        case 0x52: // span_id
          p = reader.content(p + 1, end);
          mapper.putIdBytes(FIELD.spanId, source, reader.next, p);
          break;
        case 0x59: // observed_time_unix_nano
          p = reader.fixed(p + 1, end, 8);
          head.observedLow = view.getUint32(p - 8, true);
          head.observedHigh = view.getUint32(p - 4, true);
          break;
        case 0x62: // event_name
          p = reader.content(p + 1, end);
          mapper.putEventName(source, reader.next, p);
          break;
        case 0x22: // name, removed from the protocol before 1.0
          p = reader.content(p + 1, end);
          break;
        default:
          p = reader.skip(p, end, 12);
      }
    }
    if (bodyStart >= 0) this.body(bodyStart, bodyEnd);
  }

  /** The body comes last, so that the attributes' own values win over those of a structured body. */
  private body(start: number, end: number): void {
    const { mapper, value } = this;
    this.readValue(start, end);
    if (value.type < VALUE.array) {
      mapper.putBody(value);
      return;
    }
    const isMap = value.type === VALUE.map;
    const { start: contentStart, end: contentEnd } = value;
    mapper.putBodyJson(renderJson(this.tree(0, 'body')));
    mapper.settleMessageAttribute();
    if (isMap) this.members(-1, contentStart, contentEnd, 1);
  }

  /** A KeyValue of an event, `depth` maps below its attributes. `parent` is the name of the map it is in, or -1. */
  private attribute(parent: number, start: number, end: number, depth: number): void {
    const { mapper, value } = this;
    const { source } = this.reader;
    this.readKeyValue(start, end);
    const name = mapper.name(parent, source, this.keyStart, this.keyEnd);
    if (value.type < VALUE.array) mapper.putScalar(name, value);
    else if (value.type === VALUE.map) {
      if (value.start === value.end) mapper.putJson(name, '{}');
      else this.members(name, value.start, value.end, depth + 1);
    } else mapper.putJson(name, renderJson(this.tree(depth, 'attributes')));
  }

  /** KeyValueList or ArrayValue share their shape: field 1, repeated. */
  private members(parent: number, start: number, end: number, depth: number): void {
    if (depth > VALUE_DEPTH_MAX) throw tooDeep('attributes');
    const { reader } = this;
    for (let p = start; p < end; ) {
      if (reader.source[p] === 0x0a) {
        const contentEnd = reader.content(p + 1, end);
        this.attribute(parent, reader.next, contentEnd, depth);
        p = contentEnd;
      } else p = reader.skip(p, end, 1);
    }
  }

  /** Reads a KeyValue: the key into `keyStart` and `keyEnd`, the value into the register. */
  private readKeyValue(start: number, end: number): void {
    const { reader, value } = this;
    const { source } = reader;
    if (this.readShortKeyValue(source, start, end)) return;
    this.keyStart = start;
    this.keyEnd = start;
    value.type = VALUE.empty;
    for (let p = start; p < end; ) {
      const tag = source[p];
      if (tag === 0x0a) {
        p = reader.content(p + 1, end);
        this.keyStart = reader.next;
        this.keyEnd = p;
      } else if (tag === 0x12) {
        p = reader.content(p + 1, end);
        this.readValue(reader.next, p);
      } else p = reader.skip(p, end, 2);
    }
  }

  /**
   * The same for what nearly all are: key, then value, each under 128 bytes, the value a string or not. Saves a tenth
   * of the time. False, and nothing is read, when it looks otherwise.
   */
  private readShortKeyValue(source: Buffer, start: number, end: number): boolean {
    if (end - start < 6 || source[start] !== 0x0a) return false;
    const keyEnd = start + 2 + source[start + 1];
    if (keyEnd + 4 > end || source[keyEnd] !== 0x12) return false;
    const valueStart = keyEnd + 2;
    // Also false when either length has a second byte: it is over 127 then.
    if (valueStart + source[keyEnd + 1] !== end || end - start > 0x7f) return false;
    this.keyStart = start + 2;
    this.keyEnd = keyEnd;
    if (source[valueStart] !== 0x0a || valueStart + 2 + source[valueStart + 1] !== end) {
      this.readValue(valueStart, end);
      return true;
    }
    const { value } = this;
    value.type = VALUE.utf8;
    value.start = valueStart + 2;
    value.end = end;
    return true;
  }

  /** Reads an AnyValue into the register. Arrays and maps are only located, their content is not read. */
  private readValue(start: number, end: number): void {
    const { reader, value } = this;
    const { source } = reader;
    value.type = VALUE.empty;
    for (let p = start; p < end; ) {
      const tag = source[p];
      switch (tag) {
        case 0x0a: // string_value
        case 0x2a: // array_value
        case 0x32: // kvlist_value
        case 0x3a: // bytes_value
          p = reader.content(p + 1, end);
          this.located(tag, reader.next, p);
          break;
        case 0x10: // bool_value
          reader.varint64(p + 1, end);
          p = reader.next;
          value.type = VALUE.bool;
          value.number = reader.low === 0 && reader.high === 0 ? 0 : 1;
          break;
        case 0x18: // int_value
          reader.varint64(p + 1, end);
          p = reader.next;
          this.integer(reader.low, reader.high);
          break;
        case 0x21: // double_value
          p = reader.fixed(p + 1, end, 8);
          value.type = VALUE.number;
          value.number = reader.view.getFloat64(p - 8, true);
          break;
        default:
          p = reader.skip(p, end, 7);
      }
    }
  }

  private located(tag: number, start: number, end: number): void {
    const { value } = this;
    if (tag === 0x3a) {
      value.type = VALUE.text;
      value.text = this.reader.source.toString('base64', start, end);
      return;
    }
    value.type = tag === 0x0a ? VALUE.utf8 : tag === 0x2a ? VALUE.array : VALUE.map;
    value.start = start;
    value.end = end;
  }

  /** An int64 in two words: a number where that is exact, else its digits. */
  private integer(low: number, high: number): void {
    const { value } = this;
    const signedHigh = high | 0;
    if (signedHigh >= -0x200000 && signedHigh < 0x200000) {
      value.type = VALUE.number;
      value.number = signedHigh * 4294967296 + low;
    } else {
      value.type = VALUE.integer;
      value.text = String((BigInt(signedHigh) << 32n) | BigInt(low));
    }
  }

  /** The register's value as a tree; `depth` maps and arrays are around it. */
  private tree(depth: number, field: string): AnyValue {
    const { reader, value } = this;
    const { source } = reader;
    if (value.type < VALUE.array) return scalarOf(value);
    if (depth >= VALUE_DEPTH_MAX) throw tooDeep(field);
    const { start, end } = value;
    const { eventBytesMax } = this.mapper.batch.limits;
    if (end - start > eventBytesMax) {
      throw tooLong(field, eventBytesMax);
    }
    const isMap = value.type === VALUE.map;
    const values: AnyValue[] = [];
    const entries: AnyEntry[] = [];
    for (let p = start; p < end; ) {
      if (source[p] !== 0x0a) {
        p = reader.skip(p, end, 1);
        continue;
      }
      p = reader.content(p + 1, end);
      if (isMap) entries.push(this.entry(reader.next, p, depth + 1, field));
      else {
        this.readValue(reader.next, p);
        values.push(this.tree(depth + 1, field));
      }
    }
    return isMap ? { type: 'map', entries } : { type: 'array', values };
  }

  private entry(start: number, end: number, depth: number, field: string): AnyEntry {
    this.readKeyValue(start, end);
    const name = this.reader.source.toString('utf8', this.keyStart, this.keyEnd);
    return [name, this.tree(depth, field)];
  }
}
