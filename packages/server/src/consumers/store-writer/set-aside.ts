import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { JournalFrame } from '../../journal/journal.ts';
import type { PermanentError } from '../../runtime/errors.ts';

/**
 * Keeps a frame that the store refuses for good as a file of its own, so that it is neither lost nor in the way:
 * `<position>.frame` is the journal frame's payload, `<position>.json` says why. Durable when it resolves.
 */
export async function setFrameAside(dir: string, frame: JournalFrame, error: PermanentError): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const name = join(dir, frame.position.toString().padStart(16, '0'));
  await writeDurably(`${name}.frame`, frame.payload);
  await writeDurably(
    `${name}.json`,
    JSON.stringify({ position: frame.position, code: error.code, error: error.message }),
  );
  const handle = await open(dir, 'r');
  await handle.sync().finally(() => handle.close());
}

async function writeDurably(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
