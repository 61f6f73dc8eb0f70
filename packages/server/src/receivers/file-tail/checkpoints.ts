import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Place } from './identity.ts';

const placeSchema = z.object({
  dev: z.string(),
  ino: z.string(),
  path: z.string(),
  listed: z.string(),
  offset: z.int().nonnegative(),
  fingerprintBytes: z.int().nonnegative(),
  fingerprint: z.int().nonnegative(),
  tail: z.int().nonnegative(),
});
const savedSchema = z.object({ version: z.literal(1), files: z.array(placeSchema) });

const NAME = 'checkpoints.json';

/**
 * The places of all files, in one file that is replaced as a whole: written beside it, fsynced, renamed over it. Who
 * asks for a save while one is under way shares the next one.
 */
export class Checkpoints {
  private readonly dir: string;
  private readonly places: () => readonly Place[];
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;

  /** `places` answers what is to be saved, at the moment of saving. */
  constructor(dir: string, places: () => readonly Place[]) {
    this.dir = dir;
    this.places = places;
  }

  /** Null when there are none yet. @throws Error when there is a file that cannot be read as such. */
  async load(): Promise<Place[] | null> {
    await mkdir(this.dir, { recursive: true });
    let text: string;
    try {
      text = await readFile(join(this.dir, NAME), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
    return savedSchema.parse(JSON.parse(text)).files;
  }

  /** Resolves when all places as they are now are durable. Rejects as the disk does. */
  save(): Promise<void> {
    this.next ??= this.running
      .catch(() => {})
      .then(() => {
        this.next = null;
        this.running = this.write();
        return this.running;
      });
    return this.next;
  }

  private async write(): Promise<void> {
    const path = join(this.dir, NAME);
    const text = JSON.stringify({ version: 1, files: this.places() });
    const file = await open(`${path}.tmp`, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
    const dir = await open(this.dir, 'r');
    try {
      await dir.sync();
    } finally {
      await dir.close();
    }
  }
}
