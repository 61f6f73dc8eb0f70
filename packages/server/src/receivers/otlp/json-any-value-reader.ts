import { CHAR } from '../util/json-scanner.ts';
import {
  type AnyEntry,
  type AnyValue,
  renderJson,
  scalarOf,
  tooDeep,
  tooLong,
  VALUE,
  VALUE_DEPTH_MAX,
} from './any-value.ts';
import { KEY, type Key } from './json-keys.ts';
import { JsonValueReader } from './json-value-reader.ts';

/** Reads AnyValues: scalars into the register, arrays and maps as trees. */
export class JsonAnyValueReader extends JsonValueReader {
  /** Longest text that is made a tree of. */
  eventBytesMax = 0;

  /**
   * Reads an AnyValue up to its end when it is a scalar, into the register; false then. True when it is an array or a
   * map, as the register's type says: the position is at its content, and `endValue` must be called behind that.
   */
  beginValue(): boolean {
    const { json, value } = this;
    value.type = VALUE.empty;
    if (this.isNull() || !this.openObject()) return false;
    do {
      const key = this.key();
      if (key < KEY.stringValue || key > KEY.bytesValue) json.skipValue();
      else if (!this.isNull()) {
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
    if (key === KEY.stringValue) this.string();
    else if (key === KEY.intValue) this.int64();
    else if (key === KEY.doubleValue) this.double();
    else if (key === KEY.boolValue) this.bool();
    else this.bytes();
  }

  /** Moves behind an AnyValue whose content has been read. */
  endValue(): void {
    const { json } = this;
    while (json.hasMore(CHAR.closeBrace)) {
      const key = this.key();
      if (key < KEY.stringValue || key > KEY.bytesValue) json.skipValue();
      else if (!this.isNull()) throw this.wrongValue('a value of one type');
    }
  }

  private tree(depth: number): AnyValue {
    const { value } = this;
    if (!this.beginValue()) return scalarOf(value);
    const tree = this.container(value.type === VALUE.map, depth);
    this.endValue();
    return tree;
  }

  /** The array or map that `beginValue` has found, as JSON text. `depth` maps and arrays are around it. */
  renderContainer(depth: number): string {
    const { json } = this;
    const isMap = this.value.type === VALUE.map;
    const start = json.skipValue();
    if (json.position - start > this.eventBytesMax) throw tooLong(this.field, this.eventBytesMax);
    json.position = start;
    return renderJson(this.container(isMap, depth));
  }

  /** The ArrayValue or KeyValueList at the position as a tree; `depth` maps and arrays are around it. */
  private container(isMap: boolean, depth: number): AnyValue {
    const { json } = this;
    if (depth >= VALUE_DEPTH_MAX) throw tooDeep(this.field);
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

  /** Adds the KeyValues of the array at the position. */
  entries(entries: AnyEntry[]): void {
    if (!this.openArray()) return;
    do entries.push(this.entry(0));
    while (this.json.hasMore(CHAR.closeBracket));
  }

  private entry(depth: number): AnyEntry {
    const { json } = this;
    let name = '';
    let value: AnyValue | null = null;
    if (this.openObject()) {
      do {
        const key = this.key();
        if (key === KEY.key) name = this.isNull() ? '' : this.text();
        else if (key === KEY.value) value = this.tree(depth);
        else json.skipValue();
      } while (json.hasMore(CHAR.closeBrace));
    }
    this.value.type = VALUE.empty;
    return [name, value ?? scalarOf(this.value)];
  }

  /** Enters the `values` of the ArrayValue or KeyValueList at the position. False, and moves behind it, without any. */
  openValues(): boolean {
    const { json } = this;
    if (!this.openObject()) return false;
    do {
      if (this.key() !== KEY.values) json.skipValue();
      else if (!this.isNull() && this.openArray()) return true;
    } while (json.hasMore(CHAR.closeBrace));
    return false;
  }

  closeValues(): void {
    while (this.json.hasMore(CHAR.closeBrace)) {
      this.key();
      this.json.skipValue();
    }
  }
}
