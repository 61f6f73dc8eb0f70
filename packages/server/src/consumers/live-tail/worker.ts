import { parentPort, workerData } from 'node:worker_threads';
import { renderEvent } from '../../api/render-event.ts';
import { JournalProgress } from '../../journal/disk/progress.ts';
import { openDiskJournalReader } from '../../journal/disk/reader.ts';
import { compileMatcher } from '../../query/match.ts';
import { TailFollower } from './follower.ts';
import { renderStoredRow } from './stored-row.ts';
import { compileTailSelector } from './tail-selector.ts';
import type { TailWorkerOptions, ToTail } from './wire.ts';

/** The thread that follows the journal for live tail, so that matching and rendering never hold up a socket. */
const { journalDir, progress, node, limits } = workerData as TailWorkerOptions;
const port = parentPort!;

const follower = new TailFollower({
  reader: openDiskJournalReader({ dir: journalDir, progress: new JournalProgress(progress) }),
  node,
  limits,
  compile: compileMatcher,
  compileSelector: compileTailSelector,
  render: (event, form) => (form === 'row' ? renderStoredRow(event) : renderEvent(event)),
  send: (message) => port.postMessage(message),
  onFault: (error) => {
    // Ends the worker: the main thread closes all subscriptions, and their readers come back to a new one.
    setImmediate(() => {
      throw error;
    });
  },
});

port.on('message', (message: ToTail) => {
  if (message.kind !== 'close') follower.receive(message);
  else void follower.close().then(() => port.close());
});

follower.start();
