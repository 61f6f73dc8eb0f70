import type { Lines } from './lines.ts';
import { Trace } from './trace.ts';

/** How lines become events. */
export type MultilineRule =
  | { kind: 'off' }
  /** Stack traces of many languages. */
  | { kind: 'auto' }
  /** Every line that matches none of these goes on with the event before. */
  | { kind: 'start'; patterns: readonly RegExp[] };

/** Lines of one event; a longer trace goes on in the next one. */
const EVENT_LINES_MAX = 500;
/** Bytes of a line that a pattern looks at. */
const SEARCHED_BYTES_MAX = 1024;
const NONE = -1;

/** Which lines make an event: those of its stream between the first and the last. */
export class Groups {
  count = 0;
  first = new Int32Array(1 << 13);
  last = new Int32Array(1 << 13);
  /** 1 for a stack trace of a language whose first line says so. */
  isTrace = new Uint8Array(1 << 13);
  /** Events from this one on are not whole yet; `count` when all are. */
  wholeCount = 0;
  /** Bytes of the body that the whole ones stand for. */
  consumed = 0;

  private readonly streams = [new StreamState(), new StreamState(), new StreamState()];

  /** `isLast`: nothing will follow, so that what is open ends here. */
  group(lines: Lines, rule: MultilineRule, isLast: boolean): void {
    this.count = 0;
    for (const state of this.streams) state.reset();
    for (let line = 0; line < lines.count; line++) this.line(lines, line, rule);
    this.wholeCount = this.count;
    this.consumed = lines.end;
    if (!isLast) this.holdBack(lines, rule);
  }

  private line(lines: Lines, line: number, rule: MultilineRule): void {
    const state = this.streams[lines.stream[line]];
    const isEmpty = lines.textStart[line] === lines.textEnd[line];
    if (state.event !== NONE && state.partial === 1) {
      this.last[state.event] = line;
    } else if (state.event !== NONE && state.lines < EVENT_LINES_MAX && goesOn(state, lines, line, rule, isEmpty)) {
      this.last[state.event] = line;
      state.lines++;
    } else if (isEmpty && lines.partial[line] === 0) {
      if (rule.kind === 'auto') state.trace.blank();
      return;
    } else {
      this.begin(lines, line, state, rule);
    }
    state.partial = lines.partial[line];
  }

  private begin(lines: Lines, line: number, state: StreamState, rule: MultilineRule): void {
    const event = this.count++;
    if (event === this.first.length) this.grow();
    this.first[event] = line;
    this.last[event] = line;
    this.isTrace[event] = 0;
    state.event = event;
    state.lines = 1;
    if (rule.kind === 'auto' && state.trace.begin(lines.text, lines.textStart[line], lines.textEnd[line])) {
      this.isTrace[event] = 1;
    }
  }

  /**
   * Finds the events that may go on behind the body, and cuts before the first of them. An event that stands across
   * the cut, as where stdout and stderr alternate, moves the cut to its own beginning.
   */
  private holdBack(lines: Lines, rule: MultilineRule): void {
    let cut = lines.end;
    for (const { event, partial } of this.streams) {
      if (event === NONE || (partial === 0 && !mayGoOn(lines, this.first[event], rule))) continue;
      cut = Math.min(cut, lines.start[this.first[event]]);
    }
    if (cut === lines.end) return;
    let whole = this.count;
    for (let event = this.count - 1; event >= 0; event--) {
      const start = lines.start[this.first[event]];
      if (start < cut && lines.start[this.last[event]] >= cut) cut = start;
      if (start >= cut) whole = event;
    }
    this.wholeCount = whole;
    this.consumed = cut;
  }

  private grow(): void {
    const longer = (column: Int32Array<ArrayBuffer>) => {
      const grown = new Int32Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    this.first = longer(this.first);
    this.last = longer(this.last);
    const traces = new Uint8Array(this.isTrace.length * 2);
    traces.set(this.isTrace);
    this.isTrace = traces;
  }
}

class StreamState {
  event = NONE;
  lines = 0;
  partial = 0;
  readonly trace = new Trace();

  reset(): void {
    this.event = NONE;
    this.lines = 0;
    this.partial = 0;
  }
}

function goesOn(state: StreamState, lines: Lines, line: number, rule: MultilineRule, isEmpty: boolean): boolean {
  if (rule.kind === 'off') return false;
  if (rule.kind === 'start') return isEmpty || !matches(rule.patterns, lines, line);
  return !isEmpty && state.trace.goesOn(lines.text, lines.textStart[line], lines.textEnd[line]);
}

function matches(patterns: readonly RegExp[], { text, textStart, textEnd }: Lines, line: number): boolean {
  const start = textStart[line];
  const head = text.toString('utf8', start, Math.min(textEnd[line], start + SEARCHED_BYTES_MAX));
  return patterns.some((pattern) => pattern.test(head));
}

/** Whether a line behind the body may belong to the event. A JSON line is whole: waiting would only delay it. */
function mayGoOn(lines: Lines, first: number, rule: MultilineRule): boolean {
  if (rule.kind === 'off') return false;
  return rule.kind === 'start' || lines.text[lines.textStart[first]] !== 0x7b;
}
