import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { newPlaceId, type Place } from './identity.ts';

const count = z.int().nonnegative();
const placeSchema = z.object({
  id: z.string().default(newPlaceId),
  dev: z.string(),
  ino: z.string(),
  born: z.string().regex(/^\d+$/).default('0'),
  path: z.string(),
  listed: z.string(),
  offset: count,
  fingerprintBytes: count,
  fingerprint: count,
  tail: count,
});
const savedSchema = z.object({ version: z.literal(1), files: z.array(placeSchema) });

const NAME = 'checkpoints.json';
/** While bodies come one after another: what is not saved yet is found in the journal after a crash. */
const SAVE_INTERVAL_MS = 100;

/**
 * The places of all files, in one file that is replaced as a whole: written beside it, fsynced, renamed over it. Who
 * asks for a save while one is under way shares the next one.
 */
export class Checkpoints {
  /** Whether the last save failed: until one succeeds nothing more should be handed over. */
  isFailing = false;
  private readonly dir: string;
  private readonly places: () => readonly Place[];
  private readonly onFault: (error: unknown) => void;
  private running: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;

  /** `places` answers what is to be saved, at the moment of saving. `onFault` is told when a save begins to fail. */
  constructor(dir: string, places: () => readonly Place[], onFault: (error: unknown) => void) {
    this.dir = dir;
    this.places = places;
    this.onFault = onFault;
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

  /** Saves in a while. */
  saveSoon(): void {
    this.timer ??= setTimeout(() => void this.save().catch(() => {}), SAVE_INTERVAL_MS);
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
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    try {
      await this.replace(JSON.stringify({ version: 1, files: this.places() }));
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.onFault(error);
      this.isFailing = true;
      throw error;
    }
  }

  private async replace(text: string): Promise<void> {
    const path = join(this.dir, NAME);
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
