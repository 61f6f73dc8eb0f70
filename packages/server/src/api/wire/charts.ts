import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';

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
