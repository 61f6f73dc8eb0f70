import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';
import { TOP_DIMENSIONS } from '../../query/top-sql.ts';

const timeText = z.string().meta({ description: 'ISO 8601, UTC.' });
const count = z.int().min(0);

/** Events of every severity, zeros too. */
export const severityCounts = z
  .strictObject(
    Object.fromEntries(SEVERITIES.map((name) => [name, count])) as Record<(typeof SEVERITIES)[number], typeof count>,
  )
  .meta({ id: 'SeverityCounts' });

export const histogramSchema = z
  .strictObject({
    from: timeText,
    to: timeText.meta({ description: 'The end that was asked for, otherwise now.' }),
    interval_ms: z.int().meta({ description: 'Length of a bucket. Buckets start at multiples of it since the epoch.' }),
    buckets: z
      .array(z.strictObject({ time: timeText, events: count, by_severity: severityCounts }))
      .meta({ description: 'Every bucket of the range, oldest first, also those without events.' }),
    total: count,
  })
  .meta({ id: 'Histogram' });

const number = z.number().nullable();

export const distributionSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(['field', 'attribute']),
    events: count.meta({ description: 'Events with a number there.' }),
    min: number.meta({ description: 'Null, as the others, when no event has a number.' }),
    max: number,
    avg: number,
    p50: number,
    p95: number,
    p99: number,
    scale: z
      .enum(['linear', 'log'])
      .meta({ description: 'Bins of one width, or of one ratio where numbers differ widely.' }),
    bins: z.array(z.strictObject({ from: z.number(), to: z.number(), events: count })).meta({
      description: 'Each from `from` up to `to`, exclusive but for the last.',
    }),
    events_read: count,
    complete: z
      .boolean()
      .meta({ description: 'False: only the newest events were read, there are more than the limit.' }),
  })
  .meta({ id: 'Distribution' });

export const topSchema = z
  .strictObject({
    by: z.enum(TOP_DIMENSIONS),
    values: z
      .array(
        z.strictObject({
          value: z.string(),
          events: count,
          errors: count.meta({ description: 'Of severity error and critical.' }),
          bytes: count.meta({ description: 'Bytes of message and attributes.' }),
          cost: number.meta({ description: 'Sum; null when no event has one.' }),
          p95_ms: number.meta({ description: 'Of `duration_ms`; null when no event has one.' }),
        }),
      )
      .meta({ description: 'Most events first. Events without a value are left out.' }),
  })
  .meta({ id: 'Top' });

export const operationsSchema = z
  .strictObject({
    operations: z
      .array(
        z.strictObject({
          service: z.string(),
          log_type: z.string(),
          event_type: z.string(),
          action: z.string(),
          events: count,
          errors: count.meta({ description: 'Of severity error and critical.' }),
          p50_ms: z.number(),
          p95_ms: z.number(),
          p99_ms: z.number(),
          max_ms: z.number(),
          slowest_event_id: z.string(),
        }),
      )
      .meta({ description: 'Kinds of events with `duration_ms`, the slowest p95 first.' }),
  })
  .meta({ id: 'Operations' });
