import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isSame, keyOf, type Place, readAt } from './identity.ts';
import { isPackedContent, isPackedName } from './places.ts';

/**
 * Whether a file of the name `other` may be what rotation makes of `path`: `app.log.1`, `app.log-20261121`,
 * `0.log.20261121-080000`, `app-20261121.log`.
 */
export function isSiblingName(path: string, other: string): boolean {
  if (path === other || dirname(path) !== dirname(other) || isPackedName(other)) return false;
  const name = basename(path);
  const otherName = basename(other);
  if (otherName.startsWith(`${name}.`) || otherName.startsWith(`${name}-`)) return true;
  const extension = extname(name);
  const stem = name.slice(0, name.length - extension.length);
  return (
    extension !== '' &&
    otherName.endsWith(extension) &&
    /^[.-]/.test(otherName.slice(stem.length)) &&
    otherName.startsWith(stem)
  );
}

/** Whether rotation numbers or dates its files so: `app.log.1`, `app.log-20261121`, `0.log.20261121-080000`. */
function isRotatedName(path: string, other: string): boolean {
  if (!isSiblingName(path, other)) return false;
  const [name, otherName] = [basename(path), basename(other)];
  const stem = name.slice(0, name.length - extname(name).length);
  const added = otherName.startsWith(name)
    ? otherName.slice(name.length)
    : otherName.slice(stem.length, -extname(name).length);
  return /^[.-]\d[\d.:T_-]*$/.test(added);
}

/** An opened file with the place's content, its inode being one that nobody reads. */
export interface Sibling {
  handle: FileHandle;
  dev: string;
  ino: string;
  born: string;
}

/**
 * Finds what became of a file: itself under another name, or the copy that copytruncate made of it. Both hold, up to
 * the offset, what was read. Null when there is neither.
 */
export async function findSibling(place: Place, isKnown: (key: string) => boolean): Promise<Sibling | null> {
  const isEmpty = place.fingerprintBytes === 0;
  const dir = dirname(place.path);
  const names = await readdir(dir).catch(() => []);
  for (const name of names) {
    const path = join(dir, name);
    if (!isSiblingName(place.path, path)) continue;
    const handle = await open(path, 'r').catch(() => null);
    if (handle === null) continue;
    const sibling = await siblingOf(handle);
    // Of a file that was empty the content says nothing.
    const maybe = !isKnown(keyOf(sibling)) && (!isEmpty || keyOf(sibling) === keyOf(place));
    if (maybe && (await isSame(handle, place))) return sibling;
    await handle.close();
  }
  return null;
}

/**
 * Files that were made between two looks: rotated names of the file, born after the youngest that was known, oldest
 * first. None where the file system keeps no birth times.
 */
export async function findBetween({ path, born }: Place, isKnown: (key: string) => boolean): Promise<Sibling[]> {
  if (born === '0') return [];
  const found: Sibling[] = [];
  for (const name of await readdir(dirname(path)).catch(() => [])) {
    const other = join(dirname(path), name);
    if (!isRotatedName(path, other)) continue;
    const handle = await open(other, 'r').catch(() => null);
    if (handle === null) continue;
    const sibling = await siblingOf(handle);
    const isBetween = isOlder(born, sibling.born);
    if (isBetween && !isKnown(keyOf(sibling)) && !isPackedContent(await readAt(handle, 0, 6))) found.push(sibling);
    else await handle.close();
  }
  return found.sort((a, b) => (isOlder(a.born, b.born) ? -1 : 1));
}

/** Of two birth times. */
export function isOlder(born: string, other: string): boolean {
  return BigInt(born) < BigInt(other);
}

async function siblingOf(handle: FileHandle): Promise<Sibling> {
  const { dev, ino, birthtimeNs } = await handle.stat({ bigint: true });
  return { handle, dev: String(dev), ino: String(ino), born: String(birthtimeNs) };
}
