const NEWLINE = 0x0a;
const EQUALS = 0x3d;
/** More than any name has, so that noise is not searched for its line's end. */
const NAME_BYTES_MAX = 64;
const CUT = -1;
const UNREADABLE = -2;

/**
 * Where the last whole event of an export ends, in bytes; 0 when there is none yet. It follows fields as `decodeExport`
 * does, because values may hold the empty line that ends an event. What cannot be read ends an event too: all bytes when
 * it comes first, so that `decodeExport` is asked and says what is wrong.
 */
export function lastEventEnd(bytes: Buffer): number {
  let whole = 0;
  for (let p = 0; p < bytes.length; ) {
    if (bytes[p] === NEWLINE) {
      whole = ++p;
      continue;
    }
    const lineEnd = bytes.indexOf(NEWLINE, p);
    if (lineEnd < 0) return whole;
    let equals = p;
    while (equals < lineEnd && bytes[equals] !== EQUALS) equals++;
    p = equals < lineEnd ? lineEnd + 1 : binaryFieldEnd(bytes, p, lineEnd);
    if (p === CUT) return whole;
    if (p === UNREADABLE) return whole > 0 ? whole : bytes.length;
  }
  return whole;
}

/** The position behind a value that is written with its size. */
function binaryFieldEnd(bytes: Buffer, nameStart: number, nameEnd: number): number {
  if (nameEnd - nameStart > NAME_BYTES_MAX) return UNREADABLE;
  if (!/^\w+$/.test(bytes.toString('latin1', nameStart, nameEnd))) return UNREADABLE;
  if (nameEnd + 9 > bytes.length) return CUT;
  const end = nameEnd + 9 + Number(bytes.readBigUInt64LE(nameEnd + 1));
  if (end >= bytes.length) return CUT;
  return bytes[end] === NEWLINE ? end + 1 : UNREADABLE;
}
