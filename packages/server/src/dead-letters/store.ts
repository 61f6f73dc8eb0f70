import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { firstLetterId, isLetterId, type Letter, type LetterDetail, type LetterSummary } from './letter.ts';

export interface DeadLetterOptions {
  dir: string;
  /** Bytes of the files of one org; beyond it the oldest go. Infinity for letters that are nowhere else. */
  orgBytesMax: number;
  /** Undoes zstd; never beyond `bytesMax`. */
  expand(body: Buffer, bytesMax: number): Buffer;
}

export interface ListOptions {
  receiver?: string | undefined;
  limit: number;
  /** Only those older than the letter of this id. */
  before?: string | undefined;
}

const SUFFIX = '.json';
const UNFINISHED_SUFFIX = '.tmp';
/** The summary is the first line, and it is read without the rest. */
const SUMMARY_BYTES_MAX = 8 << 10;
export const REASON_CHARACTERS_MAX = 1000;
/** Letters of one org: file systems get slow with more in one directory. */
const ORG_LETTERS_MAX = 10_000;
/** How far the oldest are cleared once an org is over its limit, so that this is not done for every letter. */
const CLEARED_TO = 0.9;
const ORG_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

interface Use {
  letters: number;
  bytes: number;
}

/**
 * Dead letters as files, one each, in a directory an org: a line of summary, a line of detail, the body in zstd. A
 * worker keeps, the main thread reads and removes; both see the directory, nothing else is shared.
 */
export class DeadLetterStore {
  private readonly options: DeadLetterOptions;
  /** What an org has, by the last look at its directory and what was kept since: never less than there is. */
  private readonly uses = new Map<string, Use>();

  constructor(options: DeadLetterOptions) {
    this.options = options;
  }

  /** Durable when it resolves. Resolves with how many old letters had to go for it; rejects when it cannot be written. */
  async keep(letter: Letter): Promise<number> {
    const dir = this.orgDir(letter.orgId);
    const content = encode(letter);
    const use = this.uses.get(letter.orgId) ?? (await this.look(letter.orgId));
    const made = await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeDurably(dir, letter.id, content);
    if (made !== undefined) await syncDir(this.options.dir);
    this.uses.set(letter.orgId, use);
    use.letters++;
    use.bytes += content.length;
    if (!this.isOver(use)) return 0;
    return this.clearOldest(letter.orgId);
  }

  /** Newest first. */
  async list(orgId: string, { receiver, limit, before }: ListOptions): Promise<LetterSummary[]> {
    const found: LetterSummary[] = [];
    for (const id of (await this.ids(orgId)).reverse()) {
      if (found.length >= limit) break;
      if (before !== undefined && id >= before) continue;
      const summary = await this.summary(orgId, id);
      if (summary !== null && (receiver === undefined || summary.receiver === receiver)) found.push(summary);
    }
    return found;
  }

  /** Null when the org has no such letter, or its file is damaged. */
  async get(orgId: string, id: string): Promise<Letter | null> {
    if (!isLetterId(id)) return null;
    const content = await readFile(this.path(orgId, id)).catch(nullWhenMissing);
    if (content === null) return null;
    const summaryEnd = content.indexOf(10);
    const detailEnd = content.indexOf(10, summaryEnd + 1);
    const summary = parseLine<LetterSummary>(content.subarray(0, summaryEnd));
    const detail = parseLine<LetterDetail>(content.subarray(summaryEnd + 1, detailEnd));
    if (summary === null || detail === null) return null;
    const kept = content.subarray(detailEnd + 1);
    const body = summary.notKept === null ? this.options.expand(kept, Math.max(1, summary.bytes)) : null;
    return { ...summary, ...detail, body };
  }

  /** False when the org has no such letter. */
  async remove(orgId: string, id: string): Promise<boolean> {
    if (!isLetterId(id)) return false;
    const gone = await rm(this.path(orgId, id)).catch(nullWhenMissing);
    if (gone === null) return false;
    await syncDir(this.orgDir(orgId));
    return true;
  }

  /** Removes what a crash left half written. To be called before anything is kept. */
  async removeUnfinished(): Promise<void> {
    for (const orgId of await this.orgIds()) {
      const dir = this.orgDir(orgId);
      const unfinished = (await readdir(dir)).filter((name) => name.endsWith(UNFINISHED_SUFFIX));
      for (const name of unfinished) await rm(join(dir, name), { force: true });
    }
  }

  /** Removes all letters older than `beforeMs`. Resolves with how many, by org. */
  async expire(beforeMs: number): Promise<Map<string, number>> {
    const first = firstLetterId(beforeMs);
    const expired = new Map<string, number>();
    for (const orgId of await this.orgIds()) {
      let removed = 0;
      for (const id of await this.ids(orgId)) {
        if (id >= first) break;
        if ((await rm(this.path(orgId, id)).catch(nullWhenMissing)) !== null) removed++;
      }
      if (removed > 0) expired.set(orgId, removed);
    }
    return expired;
  }

  private async summary(orgId: string, id: string): Promise<LetterSummary | null> {
    const handle = await open(this.path(orgId, id), 'r').catch(nullWhenMissing);
    if (handle === null) return null;
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SUMMARY_BYTES_MAX), 0, SUMMARY_BYTES_MAX, 0);
      return parseLine(buffer.subarray(0, buffer.subarray(0, bytesRead).indexOf(10)));
    } finally {
      await handle.close();
    }
  }

  private async orgIds(): Promise<string[]> {
    const names = (await readdir(this.options.dir).catch(nullWhenMissing)) ?? [];
    return names.filter((name) => ORG_ID.test(name));
  }

  private isOver({ bytes, letters }: Use): boolean {
    const { orgBytesMax } = this.options;
    return orgBytesMax !== Number.POSITIVE_INFINITY && (bytes > orgBytesMax || letters > ORG_LETTERS_MAX);
  }

  /** Oldest first. */
  private async ids(orgId: string): Promise<string[]> {
    const names = (await readdir(this.orgDir(orgId)).catch(nullWhenMissing)) ?? [];
    const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length));
    return ids.filter(isLetterId).sort();
  }

  private async look(orgId: string): Promise<Use> {
    const sizes = await Promise.all((await this.ids(orgId)).map((id) => this.sizeOf(orgId, id)));
    return { letters: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  }

  private async sizeOf(orgId: string, id: string): Promise<number> {
    return (await stat(this.path(orgId, id)).catch(nullWhenMissing))?.size ?? 0;
  }

  private async clearOldest(orgId: string): Promise<number> {
    const use = await this.look(orgId);
    this.uses.set(orgId, use);
    let removed = 0;
    for (const id of this.isOver(use) ? await this.ids(orgId) : []) {
      // The newest stays: it fits by itself.
      if (use.letters <= 1) break;
      if (use.bytes <= this.options.orgBytesMax * CLEARED_TO && use.letters <= ORG_LETTERS_MAX * CLEARED_TO) break;
      const size = await this.sizeOf(orgId, id);
      if (await this.remove(orgId, id)) removed++;
      use.letters--;
      use.bytes -= size;
    }
    return removed;
  }

  private orgDir(orgId: string): string {
    if (!ORG_ID.test(orgId)) throw new Error('no id of an org');
    return join(this.options.dir, orgId);
  }

  private path(orgId: string, id: string): string {
    return join(this.orgDir(orgId), id + SUFFIX);
  }
}

function encode(letter: Letter): Buffer {
  const { id, atMs, orgId, receiver, code, rejectedCount, bytes, notKept } = letter;
  const reason = letter.reason.slice(0, REASON_CHARACTERS_MAX);
  const summary: LetterSummary = { id, atMs, orgId, receiver, code, reason, rejectedCount, bytes, notKept };
  const { decoder, format, query, params, rejections, indexes, frame } = letter;
  const detail: LetterDetail = { decoder, format, query, params, rejections, indexes, frame };
  const head = Buffer.from(`${JSON.stringify(summary)}\n${JSON.stringify(detail)}\n`);
  return letter.body === null ? head : Buffer.concat([head, zstdCompressSync(letter.body)]);
}

/** The name appears only once all of it is on the disk, and is on the disk itself when this resolves. */
async function writeDurably(dir: string, id: string, content: Buffer): Promise<void> {
  const unfinished = join(dir, id + UNFINISHED_SUFFIX);
  try {
    const handle = await open(unfinished, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(unfinished, join(dir, id + SUFFIX));
    await syncDir(dir);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw error;
  }
}

async function syncDir(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
}

/** Our own JSON, null when the disk changed it: one file must not take the list with it. */
function parseLine<Line>(line: Buffer): Line | null {
  try {
    return JSON.parse(line.toString()) as Line;
  } catch {
    return null;
  }
}

function nullWhenMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
