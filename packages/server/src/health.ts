import type { HealthProviders } from './api/deps.ts';
import { DEFAULT_ORG_ID, getOrg } from './control/orgs.ts';
import type { Parts } from './parts.ts';

/** What /readyz shows. Never throws: a part that cannot be asked is not ready. */
export function healthOf({ ingest, store, writer, control }: Parts): HealthProviders {
  return {
    journal: () => ({ ready: ingest.journalFault === null, fault: ingest.journalFault }),
    store: () => {
      const { ready, detail, restarts } = store.status();
      const { frames = 0, journalBytes = 0 } = writer()?.backlog ?? {};
      const error = writer()?.error ?? null;
      return {
        ready: ready && error === null,
        detail: error ?? detail,
        restarts,
        backlog_frames: frames,
        journal_bytes: journalBytes,
      };
    },
    control: async () => ({
      ready: await getOrg(control, DEFAULT_ORG_ID).then(
        (org) => org !== null,
        () => false,
      ),
    }),
  };
}

/** The gauges of /metrics, read at every scrape. */
export function watchGauges({ telemetry, ingest, store, writer, logql }: Parts): void {
  telemetry.watch({
    journal_bytes: () => writer()?.backlog.journalBytes ?? 0,
    journal_backlog_frames: () => writer()?.backlog.frames ?? 0,
    journal_damaged_bytes: () => (ingest.recovery.damagedBytes ?? 0) + (writer()?.backlog.damagedBytes ?? 0),
    journal_fault: () => (ingest.journalFault === null ? 0 : 1),
    ingest_inflight_bytes: () => ingest.inflightBytes,
    store_ready: () => (store.status().ready ? 1 : 0),
    store_restarts_total: () => store.status().restarts,
    store_position: () => writer()?.position ?? 0,
    queries_running: () => logql.running,
  });
}
