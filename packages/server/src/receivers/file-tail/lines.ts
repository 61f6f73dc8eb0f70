import { CHAR, JSON_SYNTAX_ERROR, JsonScanner, VALUE } from '../util/json-scanner.ts';
import { JsonUnescaper } from '../util/json-string.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const BACKSLASH = 0x5c;

/** The output that a line was written to, where the container runtime says. */
export const STREAM = { none: 0, stdout: 1, stderr: 2 } as const;

/**
 * The lines of a body, out of the container runtime's envelopes. Columns, one element a line, used again and again.
 * `text` holds the lines one behind the other with the newlines that belong between them, so that neighbours of one
 * stream are one slice of it; of plain files it is the body itself.
 */
export class Lines {
  count = 0;
  /** Whether the last line is in `text` or the count of lines was at its limit before. */
  isWhole = true;
  text: Buffer = NO_BYTES;
  source: Buffer = NO_BYTES;
  /** Where the line begins in the body. */
  start = new Int32Array(1 << 13);
  textStart = new Int32Array(1 << 13);
  textEnd = new Int32Array(1 << 13);
  stream = new Uint8Array(1 << 13);
  /** 1 when the runtime cut the line there and the next of the stream goes on. */
  partial = new Uint8Array(1 << 13);
  /** Where the runtime's time is in the body; empty when there is none. */
  timeStart = new Int32Array(1 << 13);
  timeEnd = new Int32Array(1 << 13);

  private scratch: Buffer = NO_BYTES;
  private used = 0;
  private readonly scanner = new JsonScanner();
  private readonly unescaper = new JsonUnescaper();

  /** Splits the body; at most `linesMax` lines of it. */
  read(body: Buffer, linesMax: number): void {
    this.source = body;
    this.count = 0;
    this.used = 0;
    const isEnveloped =
      body[0] === CHAR.openBrace ? looksLikeDocker(body) : criTextStart(body, 0, lineEnd(body, 0)) > 0;
    if (isEnveloped && this.scratch.length < body.length) this.scratch = Buffer.allocUnsafeSlow(body.length);
    this.text = isEnveloped ? this.scratch : body;
    this.scanner.reset(body);
    let position = 0;
    while (position < body.length && this.count < linesMax) {
      const end = lineEnd(body, position);
      if (isEnveloped) this.unwrap(position, end);
      else this.plain(position, end);
      position = end + 1;
    }
    this.isWhole = position >= body.length;
    if (isEnveloped) this.text = this.scratch.subarray(0, this.used);
  }

  /** Where the line behind the last one begins. */
  get end(): number {
    return this.isWhole ? this.source.length : lineEnd(this.source, this.start[this.count - 1]) + 1;
  }

  /** Lets go of the body. */
  release(): void {
    this.source = NO_BYTES;
    this.text = NO_BYTES;
    this.scanner.release();
    if (this.scratch.length > 1 << 22) this.scratch = NO_BYTES;
  }

  private plain(start: number, end: number): void {
    const { source } = this;
    let first = start;
    // A writer that does not append leaves a hole where the file was cut short by copytruncate.
    while (first < end && source[first] === 0) first++;
    const last = end > first && source[end - 1] === 0x0d ? end - 1 : end;
    this.push(start, first, last, STREAM.none, 0, 0, 0);
  }

  private unwrap(start: number, end: number): void {
    const { source } = this;
    if (source[start] === CHAR.openBrace) {
      if (this.docker(start, end)) return;
    } else {
      const textStart = criTextStart(source, start, end);
      if (textStart > 0) {
        this.cri(start, textStart, end);
        return;
      }
    }
    this.copy(start, source, start, end, STREAM.none, 0, 0, 0);
  }

  /** `<RFC 3339> stdout|stderr <tags> <text>`; the first tag is P for a part of a line, F for its end. */
  private cri(start: number, textStart: number, end: number): void {
    const { source } = this;
    const timeEnd = source.indexOf(SPACE, start);
    const stream = source[timeEnd + 4] === 0x6f ? STREAM.stdout : STREAM.stderr;
    const partial = source[timeEnd + 8] === 0x50 ? 1 : 0;
    this.copy(start, source, textStart, end, stream, partial, start, timeEnd);
  }

  /** `{"log":"…\n","stream":"stdout","time":"…"}`. A `log` that does not end in a newline is a part. */
  private docker(start: number, end: number): boolean {
    try {
      return this.dockerMembers(start, end);
    } catch (error) {
      if (error !== JSON_SYNTAX_ERROR) throw error;
      return false;
    }
  }

  private dockerMembers(start: number, lineEndsAt: number): boolean {
    const { scanner, unescaper, source } = this;
    let stream: number = STREAM.none;
    let log = -1;
    let logEnd = 0;
    let escaped = false;
    let time = 0;
    let timeEnd = 0;
    let p = start + 1;
    do {
      const name = scanner.nameStart(p);
      const nameEnd = scanner.stringEnd(name);
      const value = scanner.valueStart(nameEnd + 1);
      p = scanner.valueEnd(value, 1);
      if (scanner.kindAt(value) === VALUE.string) {
        const letter = source[name];
        const length = nameEnd - name;
        if (letter === 0x6c && length === 3) {
          log = value + 1;
          logEnd = p - 1;
          escaped = scanner.escaped;
        } else if (letter === 0x73 && length === 6) {
          stream = source[value + 4] === 0x6f ? STREAM.stdout : STREAM.stderr;
        } else if (letter === 0x74 && length === 4) {
          time = value + 1;
          timeEnd = p - 1;
        }
      }
      p = scanner.memberEnd(p);
    } while (source[p - 1] === CHAR.comma);
    if (log < 0 || p > lineEndsAt) return false;
    if (!escaped) {
      this.copy(start, source, log, logEnd, stream, 1, time, timeEnd);
      return true;
    }
    // Mostly the newline at the end is the only escape.
    if (source.indexOf(BACKSLASH, log) === logEnd - 2 && source[logEnd - 1] === 0x6e) {
      this.copy(start, source, log, logEnd - 2, stream, 0, time, timeEnd);
      return true;
    }
    unescaper.unescape(source, log, logEnd);
    const isEnd = unescaper.bytes[unescaper.length - 1] === NEWLINE;
    const textEnd = isEnd ? unescaper.length - 1 : unescaper.length;
    this.copy(start, unescaper.bytes, 0, textEnd, stream, isEnd ? 0 : 1, time, timeEnd);
    return true;
  }

  private copy(
    start: number,
    bytes: Buffer,
    from: number,
    to: number,
    stream: number,
    partial: number,
    timeStart: number,
    timeEnd: number,
  ): void {
    const end = partial === 0 && to > from && bytes[to - 1] === 0x0d ? to - 1 : to;
    const textStart = this.used;
    bytes.copy(this.scratch, textStart, from, end);
    const textEnd = textStart + end - from;
    this.used = textEnd;
    if (partial === 0 && this.used < this.scratch.length) this.scratch[this.used++] = NEWLINE;
    this.push(start, textStart, textEnd, stream, partial, timeStart, timeEnd);
  }

  private push(
    start: number,
    textStart: number,
    textEnd: number,
    stream: number,
    partial: number,
    timeStart: number,
    timeEnd: number,
  ): void {
    const i = this.count++;
    if (i === this.start.length) this.grow();
    this.start[i] = start;
    this.textStart[i] = textStart;
    this.textEnd[i] = textEnd;
    this.stream[i] = stream;
    this.partial[i] = partial;
    this.timeStart[i] = timeStart;
    this.timeEnd[i] = timeEnd;
  }

  private grow(): void {
    const longer = (column: Int32Array<ArrayBuffer>) => {
      const grown = new Int32Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    const bytes = (column: Uint8Array<ArrayBuffer>) => {
      const grown = new Uint8Array(column.length * 2);
      grown.set(column);
      return grown;
    };
    this.start = longer(this.start);
    this.textStart = longer(this.textStart);
    this.textEnd = longer(this.textEnd);
    this.timeStart = longer(this.timeStart);
    this.timeEnd = longer(this.timeEnd);
    this.stream = bytes(this.stream);
    this.partial = bytes(this.partial);
  }
}

const NO_BYTES = Buffer.alloc(0);

/** Where the newline that ends the line is; the body's end when there is none. */
function lineEnd(source: Buffer, position: number): number {
  const newline = source.indexOf(NEWLINE, position);
  return newline < 0 ? source.length : newline;
}

/** Whether the first line is Docker's: its `json-file` driver writes `log` first and always names the stream. */
function looksLikeDocker(body: Buffer): boolean {
  if (body.toString('latin1', 0, 7) !== '{"log":') return false;
  const end = lineEnd(body, 0);
  const tail = body.toString('latin1', Math.max(0, end - 4096), end);
  return /"stream":"std(out|err)"/.test(tail) && tail.includes('"time":"');
}

/** Where the text of a CRI line begins, 0 when it is none. */
function criTextStart(source: Buffer, start: number, end: number): number {
  if (source[start + 4] !== 0x2d || source[start + 10] !== 0x54) return 0;
  const space = source.indexOf(SPACE, start + 19);
  // 2026-11-21T08:00:00Z to 2026-11-21T08:00:00.123456789+01:00, then ` stdout F`
  if (space < 0 || space > start + 36 || space + 9 > end) return 0;
  const isStd = source[space + 1] === 0x73 && source[space + 2] === 0x74 && source[space + 3] === 0x64;
  const isName = isStd && (source[space + 4] === 0x6f || source[space + 4] === 0x65) && source[space + 7] === SPACE;
  const tag = source[space + 8];
  if (!isName || (tag !== 0x50 && tag !== 0x46)) return 0;
  let p = space + 9;
  if (p < end && source[p] === 0x3a) while (p < end && source[p] !== SPACE) p++;
  if (p === end) return end;
  return source[p] === SPACE ? p + 1 : 0;
}
