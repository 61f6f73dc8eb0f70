import { severityNumberOfText } from '@tailwater/schema';
import { type EventBatch, KIND } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { ObjectReader } from '../util/json-event/body-decoder.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { CODE, codeOfName } from '../util/json-event/names.ts';
import { CHAR, type JsonScanner, VALUE, type ValueKind } from '../util/json-scanner.ts';
import { SymbolMemo } from '../util/symbol-memo.ts';
import { TagTable } from './tags.ts';

/**
 * Names that Datadog's pipelines read by default, beside those that every receiver reads.
 * https://docs.datadoghq.com/logs/log_configuration/pipelines/#preprocessing
 */
const CODES: Readonly<Record<string, number>> = {
  ddtags: CODE.own,
  status: CODE.own,
  'syslog.severity': FIELD.severity + 1,
  'syslog.appname': FIELD.service + 1,
  'syslog.hostname': FIELD.host + 1,
  'syslog.timestamp': FIELD.timestamp + 1,
  _timestamp: FIELD.timestamp + 1,
  date: FIELD.timestamp + 1,
  eventTime: FIELD.timestamp + 1,
  'usr.id': FIELD.userId + 1,
  'logger.name': FIELD.logger + 1,
  'dd.trace_id': FIELD.traceId + 1,
  'dd.span_id': FIELD.spanId + 1,
  'dd.service': FIELD.service + 1,
  // The Lambda extension sends the message as an object.
  'message.message': FIELD.message + 1,
};

function codeOf(name: string): number {
  return Object.hasOwn(CODES, name) ? CODES[name] : codeOfName(name);
}

/** A status from 0 to 7 is syslog's; larger ones are HTTP's, and say nothing of the severity. */
const SYSLOG_WORDS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const STATUS_BYTES_MAX = 32;

function severityOfStatus(status: string): number {
  return severityNumberOfText(/^[0-7]$/.test(status) ? SYSLOG_WORDS[Number(status)] : status);
}

/** Makes rows of the intake's items. */
export class ItemReader implements ObjectReader {
  private readonly scanner: JsonScanner;
  private readonly events: EventDecoder;
  private readonly tags: TagTable;
  private readonly severities: SymbolMemo;
  private batch: EventBatch;
  private source = '';
  private host = '';
  private service = '';
  private queryTags = '';
  /** Where the item's tags are. */
  private tagsStart = 0;
  private tagsEnd = 0;

  constructor(batch: EventBatch, scanner: JsonScanner) {
    this.batch = batch;
    this.scanner = scanner;
    this.tags = new TagTable(batch.symbols);
    this.severities = new SymbolMemo(batch.symbols, severityOfStatus);
    this.events = new EventDecoder(batch, scanner, {
      codeOf,
      lenient: true,
      own: (name, kind, start, end, escaped) => this.own(name, kind, start, end, escaped),
      end: () => this.end(),
    });
  }

  /** What the query says of items that do not say it themselves. Call before `reset`. */
  setDefaults(query: string): void {
    const values = new URLSearchParams(query);
    this.source = values.get('ddsource') ?? '';
    this.host = values.get('hostname') ?? '';
    this.service = values.get('service') ?? '';
    this.queryTags = values.getAll('ddtags').join(',');
  }

  reset(batch: EventBatch): void {
    this.batch = batch;
    this.events.reset(batch);
    this.tags.refresh();
    this.severities.refresh();
  }

  event(position: number): number {
    const { scanner } = this;
    const first = scanner.skip(position + 1);
    // The Agent keeps its connections alive with empty objects.
    if (scanner.source[first] === CHAR.closeBrace) return first + 1;
    this.tagsEnd = 0;
    return this.events.event(position);
  }

  /** A row of source[start, end), a line of text. */
  line(source: Buffer, view: DataView, start: number, end: number): void {
    const { batch } = this;
    this.tagsEnd = 0;
    batch.beginRow();
    batch.setBytes(FIELD.message, source, view, start, end);
    this.end();
    batch.endRow();
  }

  private own(name: number, kind: ValueKind, start: number, end: number, escaped: boolean): boolean {
    if (escaped) return false;
    if (this.batch.symbols.text(name) === 'status') return kind <= VALUE.number && this.setStatus(start, end);
    if (kind !== VALUE.string) return false;
    this.tagsStart = start;
    this.tagsEnd = end;
    return true;
  }

  /** False when it is no severity: it stays an attribute. */
  private setStatus(start: number, end: number): boolean {
    const { batch, scanner, severities } = this;
    if (end - start > STATUS_BYTES_MAX || batch.has(FIELD.severity)) return false;
    const severityNumber = severities.get(batch.symbols.internBytes(scanner.source, start, end));
    batch.setSeverityNumber(severityNumber);
    return severityNumber > 0;
  }

  private end(): void {
    const { batch, tags, scanner } = this;
    if (this.tagsEnd > 0) tags.addBytes(batch, scanner.source, this.tagsStart, this.tagsEnd);
    if (this.queryTags !== '') tags.addText(batch, this.queryTags);
    if (this.source !== '') batch.addAttribute('ddsource', KIND.string, this.source);
    if (this.host !== '') batch.setText(FIELD.host, this.host);
    if (this.service !== '') batch.setText(FIELD.service, this.service);
  }
}
