import type { EventBatch } from '../../batch/event-batch.ts';
import { FIELD } from '../../batch/fields.ts';
import type { SymbolTable } from '../../batch/symbol-table.ts';
import type { DecodeRequest } from '../receiver.ts';
import { detectLevel } from '../util/detect-level.ts';
import { EventDecoder } from '../util/json-event/event-decoder.ts';
import { codeOfName } from '../util/json-event/names.ts';
import { CHAR, JSON_SYNTAX_ERROR, JsonScanner } from '../util/json-scanner.ts';
import { TimestampReader } from '../util/timestamp.ts';
import { Groups } from './grouping.ts';
import { Lines } from './lines.ts';
import { Logfmt } from './logfmt.ts';
import { type BodyFacts, readQuery } from './query.ts';
import { timeEndOf } from './text-time.ts';

/** Lines of one body; what is behind them comes again with the next. */
const LINES_MAX = 50_000;
/** What a stack trace is when it does not say itself: OpenTelemetry's ERROR. */
const SEVERITY_ERROR = 17;

const decoders = new WeakMap<SymbolTable, FileDecoder>();

/**
 * Fills the batch with the events of a piece of a file, which begins where a line begins. Returns how many bytes of it
 * they stand for: an event that may go on behind the piece is left out, and so is all behind it. See README.md.
 */
export function decodeFile(body: Buffer, batch: EventBatch, { query }: DecodeRequest): string {
  let decoder = decoders.get(batch.symbols);
  if (decoder === undefined) {
    decoder = new FileDecoder(batch);
    decoders.set(batch.symbols, decoder);
  }
  return String(decoder.decode(body, batch, readQuery(query)));
}

class FileDecoder {
  private batch: EventBatch;
  private readonly lines = new Lines();
  private readonly groups = new Groups();
  private readonly scanner = new JsonScanner();
  private readonly events: EventDecoder;
  private readonly logfmt: Logfmt;
  private readonly timestamps = new TimestampReader();
  private service = 0;
  private host = 0;
  private labels = [0, 0, 0];
  /** The line that the present event begins with. */
  private line = 0;

  constructor(batch: EventBatch) {
    this.batch = batch;
    const rules = { codeOf: codeOfName, lenient: true, end: () => this.fillIn() };
    this.events = new EventDecoder(batch, this.scanner, rules);
    this.logfmt = new Logfmt(batch, this.scanner);
  }

  decode(body: Buffer, batch: EventBatch, facts: BodyFacts): number {
    const { lines, groups, events, logfmt, scanner } = this;
    const { symbols, limits } = batch;
    this.batch = batch;
    events.reset(batch);
    logfmt.reset(batch);
    this.service = symbols.internText(facts.service);
    this.host = symbols.internText(facts.host);
    this.labels = facts.labels.map((json) => symbols.internText(json));
    try {
      lines.read(body, Math.min(LINES_MAX, limits.batchEventsMax));
      // When not all lines were read, an event may go on in the next piece.
      groups.group(lines, facts.multiline, facts.isLast && lines.isWhole);
      // Nothing but one event that fills the limit of lines: it will not become whole by waiting.
      if (groups.consumed === 0 && !lines.isWhole) groups.group(lines, facts.multiline, true);
      scanner.reset(lines.text);
      for (let event = 0; event < groups.wholeCount; event++) this.event(event);
      return groups.consumed;
    } finally {
      lines.release();
      scanner.release();
    }
  }

  private event(event: number): void {
    const { lines, groups, scanner } = this;
    const first = groups.first[event];
    const last = groups.last[event];
    this.line = first;
    if (first === last || isOneSlice(lines, first, last)) {
      this.text(lines.textStart[first], lines.textEnd[last], groups.isTrace[event] === 1);
      return;
    }
    const joined = join(lines, first, last);
    scanner.reset(joined);
    this.text(0, joined.length, groups.isTrace[event] === 1);
    scanner.reset(lines.text);
  }

  /** [start, end) of the scanner's source as a row. */
  private text(start: number, end: number, isTrace: boolean): void {
    const { batch, scanner, logfmt } = this;
    const { source, view } = scanner;
    if (source[start] === CHAR.openBrace && source[end - 1] === CHAR.closeBrace && this.json(start, end)) return;
    batch.beginRow();
    if (logfmt.match(start, end)) {
      logfmt.put();
    } else {
      batch.setBytes(FIELD.message, source, view, start, end);
      this.textTime(start, end);
      batch.setSeverityNumber(isTrace ? SEVERITY_ERROR : detectLevel(source, start, end));
    }
    this.fillIn();
    batch.endRow();
  }

  /** False, and nothing is left of it, when the text is not exactly one JSON object. */
  private json(start: number, end: number): boolean {
    const { batch, events } = this;
    events.begin();
    try {
      if (events.read(start) === end) {
        events.finish();
        return true;
      }
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
    }
    batch.rollbackRow();
    batch.received--;
    return false;
  }

  /** What the event did not say itself. */
  private fillIn(): void {
    const { batch, lines, line, timestamps } = this;
    if (this.service !== 0) batch.setSymbol(FIELD.service, this.service);
    if (this.host !== 0) batch.setSymbol(FIELD.host, this.host);
    batch.setSymbol(FIELD.labels, this.labels[lines.stream[line]]);
    const timeEnd = lines.timeEnd[line];
    if (timeEnd === 0 || batch.has(FIELD.timestamp)) return;
    if (timestamps.fromText(lines.source, lines.timeStart[line], timeEnd)) {
      batch.setTimestamp(timestamps.low, timestamps.high);
    }
  }

  /** The time at the beginning of a plain line. A container runtime's time is nearer to the truth: it has a zone. */
  private textTime(start: number, lineEnd: number): void {
    const { batch, lines, timestamps, scanner } = this;
    if (lines.timeEnd[this.line] !== 0) return;
    const first = scanner.source[start] === CHAR.openBracket ? start + 1 : start;
    const end = timeEndOf(scanner.source, first, lineEnd);
    if (end > first && timestamps.fromText(scanner.source, first, end)) {
      batch.setTimestamp(timestamps.low, timestamps.high);
    }
  }
}

/** Whether no line of another stream stands between. */
function isOneSlice({ stream }: Lines, first: number, last: number): boolean {
  for (let line = first + 1; line <= last; line++) if (stream[line] !== stream[first]) return false;
  return true;
}

function join(lines: Lines, first: number, last: number): Buffer {
  const pieces: Buffer[] = [];
  for (let line = first; line <= last; line++) {
    if (lines.stream[line] !== lines.stream[first]) continue;
    pieces.push(lines.text.subarray(lines.textStart[line], lines.textEnd[line]));
    if (lines.partial[line] === 0 && line < last) pieces.push(NEWLINE);
  }
  return Buffer.concat(pieces);
}

const NEWLINE = Buffer.from('\n');
