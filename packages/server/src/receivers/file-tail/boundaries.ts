import { Groups, type MultilineRule } from './grouping.ts';
import { Lines } from './lines.ts';

/** Bytes before the end that are looked at: an event that begins further up is cut wherever a line ends. */
const WINDOW_BYTES = 128 << 10;
const LINES_MAX = 50_000;
const NEWLINE = 0x0a;

/**
 * Finds, without decoding a body, where its last whole event ends: so the next body can be read and sent before the
 * present one is decoded.
 */
export class Boundaries {
  private readonly lines = new Lines();
  private readonly groups = new Groups();

  /** `end` is behind a newline. Returns `start` when no event surely ends in the window. */
  lastEventEnd(bytes: Buffer, start: number, end: number, rule: MultilineRule): number {
    const { lines, groups } = this;
    const windowStart = end - WINDOW_BYTES;
    const from = windowStart <= start ? start : bytes.indexOf(NEWLINE, windowStart) + 1;
    if (from >= end) return start;
    try {
      lines.read(bytes.subarray(from, end), LINES_MAX);
      if (!lines.isWhole) return start;
      groups.group(lines, rule, false);
      return groups.consumed === 0 ? start : from + groups.consumed;
    } finally {
      lines.release();
    }
  }
}
