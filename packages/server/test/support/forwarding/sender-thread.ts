import { parentPort, workerData } from 'node:worker_threads';
import { runSenderThread } from '../../../src/consumers/destination-sender/thread.ts';
import type { SenderWorkerOptions } from '../../../src/consumers/destination-sender/wire.ts';
import { createEgress } from '../../../src/runtime/egress/create-egress.ts';
import { ndjsonDestination } from './ndjson-destination.ts';

/** The sender's thread with the destination of the tests. */
const options = workerData as SenderWorkerOptions;
runSenderThread(parentPort!, options, {
  types: [ndjsonDestination],
  egress: createEgress({ ...options.egress, ownPorts: () => [] }),
});
