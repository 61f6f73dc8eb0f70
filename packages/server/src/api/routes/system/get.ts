import type { z } from 'zod';
import { PermanentError } from '../../../runtime/errors.ts';
import { VERSION } from '../../../runtime/version.ts';
import { POINT_INTERVAL_MS, type SystemState } from '../../../system/system-watch.ts';
import type { PartHealth } from '../../deps.ts';
import { formatMs } from '../../render-event.ts';
import { defineRoute, json } from '../../route.ts';
import { systemSchema } from '../../wire/system.ts';

export const getSystem = defineRoute({
  method: 'GET',
  path: '/api/system',
  scope: 'admin',
  resource: null,
  summary: "The server's own health and numbers, with the last hour; for keys that may select orgs",
  answers: { 200: systemSchema },
  async handle({ deps, identity }) {
    if (!identity.maySelectOrgs) {
      throw new PermanentError('forbidden', 'the numbers are of all orgs: this needs a key that may select orgs');
    }
    const [journal, store, state] = await Promise.all([deps.health.journal(), deps.health.store(), deps.system.read()]);
    const { queriesRunning, tailsOpen } = deps.system.underWay();
    return json({
      version: VERSION,
      node: process.versions.node,
      started_at: formatMs(state.startedAtMs),
      ...partsOf(journal, store, state),
      memory: { rss_bytes: state.memory.rssBytes, engine_rss_bytes: state.memory.engineRssBytes },
      disk: diskOf(state),
      ingest: {
        events_per_s: state.ingest.eventsPerS,
        bytes_per_s: state.ingest.bytesPerS,
        rejected_per_s: state.ingest.rejectedPerS,
      },
      queries_running: queriesRunning,
      tails_open: tailsOpen,
      series: { interval_ms: POINT_INTERVAL_MS, points: state.points.map(pointOf) },
    } satisfies z.output<typeof systemSchema>);
  },
});

function partsOf(journal: PartHealth, store: PartHealth, { lag }: SystemState) {
  const fault = journal.fault ?? null;
  return {
    journal: {
      ready: journal.ready,
      fault: fault === null ? null : String(fault),
      bytes: Number(store.journal_bytes ?? 0),
      backlog_frames: Number(store.backlog_frames ?? 0),
    },
    store: {
      ready: store.ready,
      detail: String(store.detail ?? ''),
      restarts: Number(store.restarts ?? 0),
      lag_events: lag.events,
      lag_ms: lag.ms,
    },
  };
}

function diskOf({ disk: { totalBytes, freeBytes, byPart } }: SystemState) {
  const { journal, store, dead_letters, undelivered, control, other } = byPart;
  const whole = (bytes: number) => Math.round(bytes);
  return {
    total_bytes: totalBytes,
    free_bytes: freeBytes,
    by_part: {
      journal: whole(journal),
      store: whole(store),
      dead_letters: whole(dead_letters),
      undelivered: whole(undelivered),
      control: whole(control),
      other: whole(other),
    },
  };
}

function pointOf({ atMs, eventsPerS, backlogBytes, rssBytes, diskFreeBytes, lagMs }: SystemState['points'][number]) {
  return {
    time: formatMs(atMs),
    events_per_s: eventsPerS,
    backlog_bytes: backlogBytes,
    rss_bytes: rssBytes,
    disk_free_bytes: diskFreeBytes,
    lag_ms: lagMs,
  };
}
