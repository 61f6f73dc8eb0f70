import type { ApiDeps } from './api/deps.ts';
import { JournalProgress } from './journal/disk/progress.ts';
import type { Parts } from './parts.ts';
import { SystemWatch } from './system/system-watch.ts';

/** Starts to watch the server's own numbers. */
export function openSystem(
  { paths, ingest, telemetry, store, writer, logql, log, runner }: Parts,
  tailsOpen: () => number,
): ApiDeps['system'] {
  const progress = new JournalProgress(ingest.progress);
  const watch = new SystemWatch({
    dataDir: paths.dataDir,
    readings: () => ({
      ...telemetry.totals,
      journalNext: progress.read().next,
      storedNext: writer()?.position ?? null,
      enginePid: store.status().pid,
    }),
    onFault: (error) => log.warn({ err: error }, 'the space on the disk cannot be read'),
  });
  watch.start();
  runner.defer('system watch', () => watch.stop());
  return { read: () => watch.read(), underWay: () => ({ queriesRunning: logql.running, tailsOpen: tailsOpen() }) };
}
