/** Growable arrays of numbers: the fixed-width columns. `data` is replaced when it grows, so never hold on to it. */

export class U32Column {
  data = new Uint32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  /** Makes room for `count` more values. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.data.length) return;
    const grown = new Uint32Array(Math.max(this.data.length * 2, needed));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  /** Appends `count` times `value`. */
  fill(value: number, count: number): void {
    this.reserve(count);
    this.data.fill(value, this.length, this.length + count);
    this.length += count;
  }
}

export class U8Column {
  data = new Uint8Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.data.length) this.reserve(1);
    this.data[this.length++] = value;
  }

  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.data.length) return;
    const grown = new Uint8Array(Math.max(this.data.length * 2, needed));
    grown.set(this.data.subarray(0, this.length));
    this.data = grown;
  }

  append(values: Uint8Array): void {
    this.reserve(values.length);
    this.data.set(values, this.length);
    this.length += values.length;
  }

  fill(value: number, count: number): void {
    this.reserve(count);
    this.data.fill(value, this.length, this.length + count);
    this.length += count;
  }
}

/** 64-bit integers as pairs of 32-bit words, low word first: no BigInt on the ingest path. `length` counts integers. */
export class I64Column {
  data = new Uint32Array(2048);
  length = 0;

  push(low: number, high: number): void {
    if (this.length * 2 === this.data.length) this.reserve(1);
    this.data[this.length * 2] = low;
    this.data[this.length * 2 + 1] = high;
    this.length++;
  }

  reserve(count: number): void {
    const needed = (this.length + count) * 2;
    if (needed <= this.data.length) return;
    const grown = new Uint32Array(Math.max(this.data.length * 2, needed));
    grown.set(this.data.subarray(0, this.length * 2));
    this.data = grown;
  }

  /** Appends `count` times the same non-negative integer (exact up to 2^53). */
  fillNumber(value: number, count: number): void {
    this.reserve(count);
    const low = value >>> 0;
    const high = Math.floor(value / 4294967296) >>> 0;
    for (let i = 0; i < count; i++) this.push(low, high);
  }

  /** Appends integers from their little-endian bytes. */
  appendBytes(bytes: Uint8Array): void {
    const count = bytes.length >>> 3;
    this.reserve(count);
    new Uint8Array(this.data.buffer).set(bytes, this.length * 8);
    this.length += count;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, 0, this.length * 8);
  }

  /** Value as BigInt, signed. */
  at(index: number): bigint {
    return BigInt.asIntN(64, (BigInt(this.data[index * 2 + 1]) << 32n) | BigInt(this.data[index * 2]));
  }
}

/** Numbers that may be absent. */
export class NullableF64Column {
  nulls = new U8Column();
  data = new Float64Array(1024);

  get length(): number {
    return this.nulls.length;
  }
  set length(value: number) {
    this.nulls.length = value;
  }

  push(value: number): void {
    this.reserve(1);
    this.data[this.nulls.length] = value;
    this.nulls.push(0);
  }

  pushNull(): void {
    this.reserve(1);
    this.data[this.nulls.length] = 0;
    this.nulls.push(1);
  }

  reserve(count: number): void {
    const needed = this.nulls.length + count;
    if (needed <= this.data.length) return;
    const grown = new Float64Array(Math.max(this.data.length * 2, needed));
    grown.set(this.data.subarray(0, this.nulls.length));
    this.data = grown;
  }

  /** Appends from null flags and the little-endian bytes of the values. */
  appendBytes(nulls: Uint8Array, values: Uint8Array): void {
    this.reserve(nulls.length);
    new Uint8Array(this.data.buffer).set(values, this.nulls.length * 8);
    this.nulls.append(nulls);
  }

  at(index: number): number | null {
    return this.nulls.data[index] === 1 ? null : this.data[index];
  }

  valueBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, 0, this.nulls.length * 8);
  }
}
