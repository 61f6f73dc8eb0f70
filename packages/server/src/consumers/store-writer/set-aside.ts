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

/** Returns what keeps a frame that the store refuses for good as a dead letter. Durable when it resolves. */
export function createSetAside(dir: string, node: number) {
  const letters = openFrameLetters(dir, notRead);
  return async (frame: JournalFrame, error: PermanentError): Promise<void> => {
    await letters.keep(letterOf(frame, error, node));
  };
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
