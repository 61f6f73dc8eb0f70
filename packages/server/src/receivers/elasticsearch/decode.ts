import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import { PermanentError } from '../../runtime/errors.ts';
import type { DecodeRequest } from '../receiver.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE } from '../util/json-scanner.ts';
import { type Action, ActionReader, actionOf } from './actions.ts';
import { documentReply, ItemWriter } from './items.ts';
import { codeOf } from './names.ts';

/** Fills the batch from the lines of a bulk request, and returns the `items` of its answer. See README.md. */
export function decodeBulk(body: Buffer, batch: EventBatch, request: DecodeRequest): string {
  return decoderOf(batch).bulk(body, batch, request);
}

/** Fills the batch from one document, or several one after another, and returns the answer. */
export function decodeDocument(body: Buffer, batch: EventBatch, request: DecodeRequest): string {
  return decoderOf(batch).documents(body, batch, request);
}

/** One per symbol table, that is per thread: it holds what was worked out per symbol. */
const decoders = new WeakMap<SymbolTable, DocumentDecoder>();

function decoderOf(batch: EventBatch): DocumentDecoder {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new DocumentDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  return decoder;
}

const NO_ACTION = actionOf('index', '', null);
const NEWLINE = 0x0a;
const DELETE_ERROR = 'delete is not supported: events are kept until their retention ends';
/** Where the batch lists no more rejections. */
const ONE_OF_MANY = 'the document was refused, as others of this request were';

class DocumentDecoder {
  private readonly scanner = new JsonScanner();
  private readonly events: EventDecoder;
  private batch: EventBatch;
  /** Of the document that is read. */
  private action: Action = NO_ACTION;

  constructor(batch: EventBatch) {
    this.batch = batch;
    this.events = new EventDecoder(batch, this.scanner, { codeOf, lenient: true, end: () => this.fill() });
  }

  bulk(body: Buffer, batch: EventBatch, request: DecodeRequest): string {
    const items = new ItemWriter(new URLSearchParams(request.query).get('filter_path'));
    const actions = new ActionReader(request.params.index ?? '');
    this.begin(body, batch);
    try {
      this.lines(actions, items, idPrefix(request.receivedAtMs));
    } finally {
      this.scanner.release();
    }
    return items.finish();
  }

  documents(body: Buffer, batch: EventBatch, { query, params, receivedAtMs }: DecodeRequest): string {
    const { index = '', id = null } = params;
    this.begin(body, batch);
    this.action = actionOf('index', index, id);
    try {
      this.objects();
    } finally {
      this.scanner.release();
    }
    const filterPath = new URLSearchParams(query).get('filter_path');
    return documentReply(filterPath, JSON.stringify(index), id ?? `${idPrefix(receivedAtMs)}0`);
  }

  private begin(body: Buffer, batch: EventBatch): void {
    this.batch = batch;
    this.events.reset(batch);
    this.scanner.reset(body);
  }

  /** What the document did not say and its surroundings did. */
  private fill(): void {
    const { batch, action } = this;
    if (action.id !== null) batch.setText(FIELD.clientEventId, action.id);
    if (action.logType !== '') batch.setText(FIELD.logType, action.logType);
    if (action.index !== '') batch.addAttribute('index', KIND.string, action.index);
  }

  /** Pairs of lines, an action and its source. */
  private lines(actions: ActionReader, items: ItemWriter, prefix: string): void {
    const { scanner } = this;
    const { source, end } = scanner;
    let p = scanner.skip(startOf(source));
    if (p === end) throw new PermanentError('invalid_body', 'request body is required');
    while (p < end) {
      this.checkCount();
      const lineEnd = this.lineEnd(p, end);
      const action = actions.read(source, p, lineEnd);
      if (typeof action === 'string') {
        this.refuseLine(action, p, items);
        p = lineEnd;
      } else if (action.verb === 'delete') {
        this.refuse(DELETE_ERROR);
        items.refuse('delete', action.indexText, JSON.stringify(action.id), DELETE_ERROR, 'illegal_argument_exception');
        p = lineEnd;
      } else {
        p = this.pair(action, scanner.skip(lineEnd), end, items, prefix);
      }
      p = scanner.skip(p);
    }
  }

  /** The source at the position, of an action. Returns the position behind it. */
  private pair(action: Action, position: number, end: number, items: ItemWriter, prefix: string): number {
    const { batch } = this;
    const lineEnd = this.lineEnd(position, end);
    const id = action.id === null ? `"${prefix}${batch.received}"` : JSON.stringify(action.id);
    const reported = batch.rejections.length;
    this.action = action;
    if (this.source(position, lineEnd, end)) items.take(action.verb, action.indexText, id);
    else {
      const rejection = batch.rejections.length > reported ? batch.rejections[batch.rejections.length - 1] : undefined;
      const { field = '', error = ONE_OF_MANY } = rejection ?? {};
      items.refuse(action.verb, action.indexText, id, field === '' ? error : `${field}: ${error}`);
    }
    return lineEnd;
  }

  /** Reads the document at the position; false when it was refused. It ends with its line, however it is cut. */
  private source(position: number, lineEnd: number, end: number): boolean {
    const { scanner, events, batch } = this;
    const { error } = this.action;
    if (position === end || error !== undefined) {
      this.refuse(error ?? 'the action is not followed by a document');
      return false;
    }
    events.begin();
    scanner.end = lineEnd;
    try {
      const document = this.action.verb === 'update' ? this.updated(position) : position;
      this.expectObject(document);
      const behind = events.read(document);
      // Of an update all of the line has been read before.
      if (document === position && scanner.skip(behind) < lineEnd) scanner.fail('expected the end of the line', behind);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      batch.rejectRow('invalid_body', '', scanner.error.replace('end of the body', 'end of the line'));
      return false;
    } finally {
      scanner.end = end;
    }
    return events.finish();
  }

  /** The document in the source of an update: `doc`, or `upsert` beside a script. */
  private updated(position: number): number {
    const { scanner } = this;
    const { source } = scanner;
    this.expectObject(position);
    let doc = -1;
    let upsert = -1;
    let p = scanner.skip(position + 1);
    if (source[p] === CHAR.closeBrace) scanner.fail('expected the member "doc"', p);
    do {
      const name = scanner.nameStart(p);
      const nameEnd = scanner.stringEnd(name);
      const value = scanner.valueStart(nameEnd + 1);
      if (nameEnd - name === 3 && source.toString('latin1', name, nameEnd) === 'doc') doc = value;
      if (nameEnd - name === 6 && source.toString('latin1', name, nameEnd) === 'upsert') upsert = value;
      p = scanner.memberEnd(scanner.valueEnd(value, 1));
    } while (source[p - 1] === CHAR.comma);
    if (scanner.skip(p) < scanner.end) scanner.fail('expected the end of the line', p);
    if (doc < 0 && upsert < 0) scanner.fail('expected the member "doc"', position);
    return doc < 0 ? upsert : doc;
  }

  /** Objects one after another, over any number of lines each. */
  private objects(): void {
    const { scanner, batch } = this;
    const { source, end } = scanner;
    let p = scanner.skip(startOf(source));
    if (p === end) throw new PermanentError('invalid_body', 'request body is required');
    while (p < end) {
      this.checkCount();
      if (scanner.kindAt(p) !== VALUE.object) {
        this.refuse(`expected a JSON object at byte ${p}`);
        return;
      }
      p = this.events.event(p);
      if (p < 0) {
        batch.reject(batch.received - 1, 'invalid_body', '', scanner.error);
        return;
      }
      // An id is that of one document.
      this.action = { ...this.action, id: null };
      p = scanner.skip(p);
    }
  }

  private expectObject(position: number): void {
    if (this.scanner.kindAt(position) !== VALUE.object) this.scanner.fail('expected a JSON object', position);
  }

  /** A body that begins with no action is none of this kind; further down the next line may be one again. */
  private refuseLine(reason: string, position: number, items: ItemWriter): void {
    const { batch } = this;
    const error = `Malformed action/metadata line at byte ${position}: ${reason}`;
    if (batch.received === 0) throw new PermanentError('invalid_body', error);
    this.refuse(error);
    items.refuse('index', '""', 'null', error, 'illegal_argument_exception');
  }

  /** Refuses what is not begun as a row. */
  private refuse(error: string): void {
    const { batch } = this;
    batch.received++;
    batch.reject(batch.received - 1, 'invalid_body', '', error);
  }

  /** Items that are refused count too: each costs about what a good one does. */
  private checkCount(): void {
    const { received, limits } = this.batch;
    if (received < limits.batchEventsMax) return;
    const message = `one request may hold ${limits.batchEventsMax} events (limits.batchEventsMax)`;
    throw new PermanentError('too_many_events', message);
  }

  private lineEnd(position: number, end: number): number {
    const newline = this.scanner.source.indexOf(NEWLINE, position);
    return newline < 0 ? end : newline;
  }
}

/** Behind a byte order mark. */
function startOf(body: Buffer): number {
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? 3 : 0;
}

/** Elasticsearch makes ids for documents that bring none; they are only for the answer. */
function idPrefix(receivedAtMs: number): string {
  return `${Math.trunc(receivedAtMs).toString(36)}-`;
}
