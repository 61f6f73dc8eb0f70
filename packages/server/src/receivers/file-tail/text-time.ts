/**
 * Where the ISO 8601 time that a text line begins with ends; `start` when it begins with none. `2026-11-21T08:00:00Z`,
 * `2026-11-21 08:00:00,123` (Java, Python), with a zone or without.
 */
export function timeEndOf(source: Buffer, start: number, lineEnd: number): number {
  const isIso =
    lineEnd - start >= 19 && source[start + 4] === 0x2d && source[start + 7] === 0x2d && source[start + 13] === 0x3a;
  if (!isIso || source[start + 16] !== 0x3a) return start;
  let p = start + 19;
  if (source[p] === 0x2e || source[p] === 0x2c) {
    p++;
    while (p < lineEnd && source[p] >= 0x30 && source[p] <= 0x39) p++;
  }
  if (source[p] === 0x5a) return p + 1;
  if (source[p] !== 0x2b && source[p] !== 0x2d) return p;
  const zone = /^[+-]\d\d(:?\d\d)?/.exec(source.toString('latin1', p, Math.min(p + 6, lineEnd)));
  return zone === null ? p : p + zone[0].length;
}
