import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFrame } from '../../batch/frame.ts';
import { frameLetterId, type Letter } from '../../dead-letters/letter.ts';
import { DeadLetterStore } from '../../dead-letters/store.ts';
import type { JournalFrame } from '../../journal/journal.ts';
import { PermanentError } from '../../runtime/errors.ts';

/** The letters of frames that the event store refused. None goes for another: their events were acknowledged. */
export function openFrameLetters(dir: string, expand: (body: Buffer, bytesMax: number) => Buffer): DeadLetterStore {
  return new DeadLetterStore({ dir, orgBytesMax: Number.POSITIVE_INFINITY, expand });
}

/** For the thread that only writes them. */
const notRead = (): Buffer => {
  throw new PermanentError('internal', 'letters are not read here');
};

/**
 * Returns what keeps a frame that the store refuses for good as a dead letter. One that cannot be read belongs to nobody
 * that we know of: it becomes a file, `<position>.frame`, and `<position>.json` says why. Durable when it resolves.
 */
export function createSetAside(dir: string, node: number) {
  const letters = openFrameLetters(dir, notRead);
  return async (frame: JournalFrame, error: PermanentError): Promise<void> => {
    if (error.code === 'internal') await keepFile(dir, frame, error);
    else await letters.keep(letterOf(frame, error, node));
  };
}

async function keepFile(dir: string, { position, payload }: JournalFrame, { message }: PermanentError): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const name = join(dir, position.toString().padStart(16, '0'));
  await writeDurably(`${name}.frame`, payload);
  await writeDurably(`${name}.json`, JSON.stringify({ position, error: message }));
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

/** Its events were redacted before they were journaled, so nothing is masked. */
function letterOf({ position, payload }: JournalFrame, error: PermanentError, node: number): Letter {
  const { orgId, receiver, rows, receivedAtMs } = decodeFrame(payload);
  return {
    id: frameLetterId(receivedAtMs, position),
    atMs: receivedAtMs,
    orgId,
    receiver,
    code: error.code,
    reason: `the event store refused the events: ${error.message}`,
    rejectedCount: rows,
    bytes: payload.length,
    notKept: null,
    decoder: '',
    format: '',
    query: '',
    params: {},
    rejections: [],
    indexes: null,
    frame: { node, position },
    body: payload,
  };
}
