import { CHAR, JsonScanner } from '../util/json-scanner.ts';
import { VALUE_DEPTH_MAX } from './any-value.ts';

/** Each level of an AnyValue is four of JSON (`{"kvlistValue":{"values":[{"value":`); twice what values may have. */
const JSON_DEPTH_MAX = VALUE_DEPTH_MAX * 4 * 2;

/** A scanner that holds its position: OTLP's JSON is read by a dozen small methods that hand on to one another. */
export class JsonReader extends JsonScanner {
  position = 0;
  /** The last string (without its quotes) or number read, as source[valueStart, valueEnd). */
  valueFrom = 0;
  valueTo = 0;

  override reset(source: Buffer): void {
    super.reset(source);
    this.position = 0;
  }

  override checkDepth(depth: number, position: number): void {
    if (depth > JSON_DEPTH_MAX) this.fail(`expected at most ${JSON_DEPTH_MAX} nested levels`, position);
  }

  /** Moves over white space. Returns the byte there, -1 at the end. */
  next(): number {
    const { position } = this;
    if (position < this.end) {
      const byte = this.source[position];
      if (byte > 0x20) return byte;
    }
    const p = this.skip(position);
    this.position = p;
    return p < this.end ? this.source[p] : -1;
  }

  /** Reads the string whose quote is at the position. */
  readString(): void {
    this.valueFrom = this.position + 1;
    this.valueTo = this.stringEnd(this.valueFrom);
    this.position = this.valueTo + 1;
  }

  readNumber(): void {
    this.valueFrom = this.position;
    this.valueTo = this.numberEnd(this.position);
    this.position = this.valueTo;
  }

  readLiteral(): void {
    this.position = this.literalEnd(this.position);
  }

  /** Reads a member's name and moves to its value. */
  readName(): void {
    this.valueFrom = this.nameStart(this.position);
    this.valueTo = this.stringEnd(this.valueFrom);
    this.position = this.valueStart(this.valueTo + 1);
  }

  /** Moves behind any value; returns where it starts. */
  skipValue(): number {
    const start = this.skip(this.position);
    this.position = this.valueEnd(start, 0);
    return start;
  }

  /** Moves over the comma or the closing bracket behind a value; whether it was a comma. */
  hasMore(close: number): boolean {
    this.position = close === CHAR.closeBrace ? this.memberEnd(this.position) : this.elementEnd(this.position);
    return this.source[this.position - 1] === CHAR.comma;
  }
}
