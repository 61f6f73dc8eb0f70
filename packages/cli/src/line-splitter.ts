const NEWLINE = 0x0a;
/** A line is cut here: a program that never ends one must not fill the memory. The server takes events of 1 MiB. */
const LINE_BYTES_MAX = 256 << 10;

/** Cuts a stream of bytes into lines, without their ends. */
export class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      this.end();
      start = end + 1;
    }
    // Copied: what is left would keep the whole chunk.
    if (start < chunk.length) this.#add(Buffer.from(chunk.subarray(start)));
  }

  /** What follows the last line end is a line too, when there is something. */
  end(): void {
    if (this.#restBytes === 0) return;
    const line = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#restBytes = 0;
    this.#onLine(line.toString());
  }

  #add(bytes: Buffer): void {
    let left = bytes;
    while (this.#restBytes + left.length > LINE_BYTES_MAX) {
      const room = LINE_BYTES_MAX - this.#restBytes;
      this.#rest.push(left.subarray(0, room));
      this.#restBytes = LINE_BYTES_MAX;
      this.end();
      left = left.subarray(room);
    }
    if (left.length === 0) return;
    this.#rest.push(left);
    this.#restBytes += left.length;
  }
}
