import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '@tailwater/schema';
import { z } from 'zod';
import type { PrefixMemory, TakenPrefix } from './resumption.ts';

/** Beyond it the oldest is forgotten: what it was of is taken twice if it comes again. */
const PREFIXES_MAX = 1000;
const EXTENSION = '.json';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
const count = z.int().nonnegative();
const prefixSchema = z.object({
  bytes: count,
  digest: z.string(),
  receipt: z.object({
    accepted: count,
    rejectedCount: count,
    rejections: z.array(z.object({ index: count, code: z.enum(codes), field: z.string(), error: z.string() })),
    position: count.nullable(),
  }),
});

/**
 * Prefixes of bodies that broke off, a file each. Not synced: a file that is lost, or not written for want of space, costs
 * duplicates and no event. `onFault` is told of those.
 */
export class PrefixStore implements PrefixMemory {
  private readonly dir: string;
  private readonly onFault: (error: unknown) => void;
  private readonly prefixes = new Map<string, TakenPrefix>();

  constructor(dir: string, onFault: (error: unknown) => void) {
    this.dir = dir;
    this.onFault = onFault;
    if (!existsSync(dir)) return;
    for (const name of readdirSync(dir)) if (name.endsWith(EXTENSION)) this.load(name);
  }

  recall(key: string): TakenPrefix | null {
    return this.prefixes.get(key) ?? null;
  }

  async keep(key: string, prefix: TakenPrefix): Promise<void> {
    // The map is in the order of what was kept last.
    this.prefixes.delete(key);
    this.prefixes.set(key, prefix);
    const path = join(this.dir, key + EXTENSION);
    try {
      await mkdir(this.dir, { recursive: true, mode: 0o700 });
      await writeFile(`${path}.part`, JSON.stringify(prefix), { mode: 0o600 });
      await rename(`${path}.part`, path);
    } catch (error) {
      this.onFault(error);
    }
    const [oldest] = this.prefixes.keys();
    if (this.prefixes.size > PREFIXES_MAX) await this.forget(oldest);
  }

  async forget(key: string): Promise<void> {
    if (!this.prefixes.delete(key)) return;
    await rm(join(this.dir, key + EXTENSION), { force: true }).catch(this.onFault);
  }

  private load(name: string): void {
    try {
      const prefix = prefixSchema.parse(JSON.parse(readFileSync(join(this.dir, name), 'utf8')));
      this.prefixes.set(name.slice(0, -EXTENSION.length), prefix);
    } catch (error) {
      this.onFault(error);
    }
  }
}
