import { parentPort, workerData } from 'node:worker_threads';
import { DESTINATIONS } from '../../destinations/registry.ts';
import { createEgress } from '../../runtime/egress/create-egress.ts';
import { runSenderThread } from './thread.ts';
import type { SenderWorkerOptions } from './wire.ts';

/** The thread that speaks to destinations: what they cost delays neither ingest nor the API. */
const options = workerData as SenderWorkerOptions;
const { ownPorts, ...policy } = options.egress;
runSenderThread(parentPort!, options, {
  types: DESTINATIONS,
  egress: createEgress({ ...policy, ownPorts: () => ownPorts }),
});
