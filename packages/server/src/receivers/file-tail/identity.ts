import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Bytes at a file's beginning that tell it from another one on the same inode. */
const FINGERPRINT_BYTES = 256;
/** Bytes before the offset that must still be there: files with the same beginning are told apart by them. */
export const TAIL_BYTES = 1024;

/** Where reading stands in a file, and what says that it is that file. Everything that outlives the process. */
export interface Place {
  /** Of this content: a copy keeps it, a file that is cut short gets another. Marks its bodies in the journal. */
  id: string;
  dev: string;
  ino: string;
  /**
   * Birth time in ns, 0 when the file system keeps none; of a file that was cut short, that of the youngest copy whose
   * lines are accounted for.
   */
  born: string;
  /** Without symbolic links: rotated files are looked for beside it. */
  path: string;
  /** The name that it was found by, maybe a link whose name says more. */
  listed: string;
  offset: number;
  /** Bytes that `fingerprint` is of: fewer than 256 while the file was shorter. */
  fingerprintBytes: number;
  fingerprint: number;
  /** CRC-32 of the up to 1024 bytes before the offset. */
  tail: number;
}

export function keyOf({ dev, ino }: { dev: string | bigint; ino: string | bigint }): string {
  return `${dev}:${ino}`;
}

/** Reads up to `length` bytes; fewer only where the file ends. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** The CRC-32 of the last up to 1024 of the bytes before `end`. */
export function tailOf(bytes: Buffer, end: number): number {
  return crc32(bytes.subarray(Math.max(0, end - TAIL_BYTES), end));
}

/** Notes the beginning from the first `end` bytes of the file, unless as much of it is known. */
export function noteHead(place: Place, bytes: Buffer, end: number): void {
  const known = Math.min(FINGERPRINT_BYTES, end);
  if (place.fingerprintBytes >= known) return;
  place.fingerprintBytes = known;
  place.fingerprint = crc32(bytes.subarray(0, known));
}

export function newPlaceId(): string {
  return `file:${randomBytes(9).toString('base64url')}`;
}

/** Notes how the file begins, so that it can be found again when it is rotated before anything of it was read. */
export async function noteBeginning(handle: FileHandle, place: Place): Promise<void> {
  const head = await readAt(handle, 0, FINGERPRINT_BYTES);
  place.fingerprintBytes = head.length;
  place.fingerprint = crc32(head);
}

/** Puts the place there, without reading what is before it. */
export async function skipTo(handle: FileHandle, place: Place, offset: number): Promise<void> {
  const head = await readAt(handle, 0, Math.min(FINGERPRINT_BYTES, offset));
  place.fingerprintBytes = head.length;
  place.fingerprint = crc32(head);
  place.tail = await tailAt(handle, offset);
  place.offset = offset;
}

export async function tailAt(handle: FileHandle, end: number): Promise<number> {
  const bytes = Math.min(TAIL_BYTES, end);
  return crc32(await readAt(handle, end - bytes, bytes));
}

/** Whether the file begins as the one of the place did, as far as it goes. */
export async function beginsSame(handle: FileHandle, place: Place): Promise<boolean> {
  const head = await readAt(handle, 0, place.fingerprintBytes);
  return head.length < place.fingerprintBytes || crc32(head) === place.fingerprint;
}

/** Whether the file holds, up to the offset of the place, what was read there. */
export async function isSame(handle: FileHandle, place: Place): Promise<boolean> {
  const { size } = await handle.stat();
  if (size < place.offset) return false;
  const head = await readAt(handle, 0, place.fingerprintBytes);
  if (head.length < place.fingerprintBytes || crc32(head) !== place.fingerprint) return false;
  return place.offset === 0 || (await tailAt(handle, place.offset)) === place.tail;
}
