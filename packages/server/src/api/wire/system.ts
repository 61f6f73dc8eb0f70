import { z } from 'zod';

const count = z.int().min(0);
const rate = z.number().min(0);
const bytes = z.int().min(0);
const timeText = z.string().meta({ description: 'ISO 8601, UTC.' });

const systemPointSchema = z
  .strictObject({
    time: timeText,
    events_per_s: rate,
    backlog_bytes: bytes.meta({ description: 'Of what waits in the journal for the event store, about.' }),
    rss_bytes: bytes,
    disk_free_bytes: bytes,
    lag_ms: count.nullable(),
  })
  .meta({ id: 'SystemPoint' });

export const systemSchema = z
  .strictObject({
    version: z.string(),
    node: z.string().meta({ description: 'Version of Node.js.' }),
    started_at: timeText,
    journal: z.strictObject({
      ready: z.boolean(),
      fault: z.string().nullable(),
      bytes: bytes.meta({ description: 'Of all segments, also of what is stored already.' }),
      backlog_frames: count.meta({ description: 'Frames that wait for the event store.' }),
    }),
    store: z.strictObject({
      ready: z.boolean(),
      detail: z.string(),
      restarts: count,
      lag_events: count.nullable().meta({ description: 'Events that wait, about; null where that is not known.' }),
      lag_ms: count.nullable().meta({ description: 'How long the oldest of them has waited, to the second.' }),
    }),
    memory: z.strictObject({
      rss_bytes: bytes,
      engine_rss_bytes: bytes.nullable().meta({ description: 'Of the embedded event store; null without one.' }),
    }),
    disk: z
      .strictObject({
        total_bytes: bytes,
        free_bytes: bytes,
        by_part: z
          .strictObject({
            journal: bytes,
            store: bytes,
            dead_letters: bytes,
            undelivered: bytes,
            control: bytes,
            other: bytes,
          })
          .meta({ description: 'Of the data directory, up to half a minute old.' }),
      })
      .meta({ description: 'Of the file system of the data directory.' }),
    ingest: z
      .strictObject({ events_per_s: rate, bytes_per_s: rate, rejected_per_s: rate })
      .meta({ description: 'Over the last ten seconds.' }),
    queries_running: count.meta({ description: 'LogQL queries and pattern searches.' }),
    tails_open: count,
    series: z
      .strictObject({ interval_ms: z.int(), points: z.array(systemPointSchema) })
      .meta({ description: 'The last hour since the start, oldest first.' }),
  })
  .meta({ id: 'System', description: 'Numbers of the whole server, all orgs together.' });
