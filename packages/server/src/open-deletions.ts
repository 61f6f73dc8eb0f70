import { setTimeout as delay } from 'node:timers/promises';
import { type DeleteRequest, finishDeleteRequest, takeDeleteRequest } from './control/delete-requests.ts';
import { JournalProgress } from './journal/disk/progress.ts';
import type { Parts } from './parts.ts';
import { deleteEvents } from './query/logql/delete-events.ts';
import { RetryableError } from './runtime/errors.ts';

/** Between two looks for delete requests, and before another try when the store failed. */
const LOOK_MS = 1_000;
const RETRY_MS = 5_000;
const STORED_TIMEOUT_MS = 30_000;

/** Carries out delete requests, one after another, for as long as the server runs. */
export function openDeletions(parts: Parts): void {
  const stopping = new AbortController();
  const running = run(parts, stopping.signal);
  parts.runner.defer('delete requests', async () => {
    stopping.abort();
    await running;
  });
}

async function run(parts: Parts, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => delay(ms, undefined, { signal, ref: false }).catch(() => {});
  while (!signal.aborted) {
    try {
      const request = await takeDeleteRequest(parts.control);
      if (request === null) await pause(LOOK_MS);
      else await carryOut(parts, request, signal);
    } catch (error) {
      if (signal.aborted) return;
      parts.log.warn({ err: error }, 'a delete request could not be carried out, trying again');
      await pause(RETRY_MS);
    }
  }
}

/** What was acknowledged before the request is stored first, or it would come back. */
async function carryOut(parts: Parts, request: DeleteRequest, signal: AbortSignal): Promise<void> {
  const { control, orgs, store, log } = parts;
  const { id, orgId, query, startMs, endMs } = request;
  const last = new JournalProgress(parts.ingest.progress).read().next - 1;
  if (!(await parts.writer()?.waitStored(last, STORED_TIMEOUT_MS))) {
    throw new RetryableError('store_unavailable', 'the event store is behind, and deletes only what it has', RETRY_MS);
  }
  try {
    const org = await orgs.get(orgId);
    const span = { startNs: BigInt(startMs) * 1_000_000n, endNs: BigInt(endMs) * 1_000_000n + 1n };
    await deleteEvents({ orgId, query, ...span, settings: org!.settings.loki }, store.store, signal);
  } catch (error) {
    if (error instanceof RetryableError || signal.aborted) throw error;
    // It was checked when it came; what is refused now is refused for good, and must not hold up the others.
    log.error({ err: error, delete_request: id }, 'a delete request cannot be carried out');
  }
  await finishDeleteRequest(control, id, Date.now());
}
