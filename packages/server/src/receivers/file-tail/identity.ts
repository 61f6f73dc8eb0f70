import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Bytes at a file's beginning that tell it from another one on the same inode. */
const FINGERPRINT_BYTES = 256;
/** Bytes before the offset that must still be there: files with the same beginning are told apart by them. */
export const TAIL_BYTES = 1024;

/** Where reading stands in a file, and what says that it is that file. Everything that outlives the process. */
export interface Place {
  dev: string;
  ino: string;
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

/**
 * The place `consumed` bytes further. `bytes` is what was read from up to 1024 bytes (`before` many) before the offset:
 * a file that is cut short meanwhile must not be recognized by what it holds now.
 */
export function advance(place: Place, bytes: Buffer, before: number, consumed: number): void {
  const end = before + consumed;
  place.offset += consumed;
  place.tail = crc32(bytes.subarray(Math.max(0, end - TAIL_BYTES), end));
  // Up to 1024 bytes, `before` is all of the file up to the offset.
  if (place.fingerprintBytes >= Math.min(FINGERPRINT_BYTES, end) || end !== place.offset) return;
  place.fingerprintBytes = Math.min(FINGERPRINT_BYTES, end);
  place.fingerprint = crc32(bytes.subarray(0, place.fingerprintBytes));
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
  const tailBytes = Math.min(TAIL_BYTES, offset);
  place.tail = crc32(await readAt(handle, offset - tailBytes, tailBytes));
  place.offset = offset;
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
  const tailBytes = Math.min(TAIL_BYTES, place.offset);
  if (tailBytes === 0) return true;
  return crc32(await readAt(handle, place.offset - tailBytes, tailBytes)) === place.tail;
}
