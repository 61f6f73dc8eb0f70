import { z } from 'zod';
import { severityCounts } from './charts.ts';

const timeText = z.string().meta({ description: 'ISO 8601, UTC, nine digits of a second.' });
const count = z.int().min(0);

export const traceListSchema = z
  .strictObject({
    from: timeText,
    to: timeText.nullable().meta({ description: 'Null: no end.' }),
    traces: z.array(
      z.strictObject({
        trace_id: z.string(),
        first: timeText,
        last: timeText,
        duration_ms: z.number().meta({ description: 'From its first event to its last.' }),
        events: count.meta({ description: 'In the range, also those that the filters leave out.' }),
        errors: count.meta({ description: 'Of severity error and critical.' }),
        by_severity: severityCounts,
        services: z.array(z.string()).meta({ description: 'Up to ten.' }),
        root: z
          .strictObject({
            service: z.string(),
            message: z.string().meta({ description: 'At most 500 characters.' }),
            event_type: z.string(),
          })
          .meta({ description: 'Its first event.' }),
      }),
    ),
    complete: z
      .boolean()
      .meta({ description: 'False: only the newest events were looked through, there are more than the limit.' }),
  })
  .meta({ id: 'TraceList' });
