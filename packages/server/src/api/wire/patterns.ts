import { z } from 'zod';
import { severityCounts } from './charts.ts';

const timeText = z.string().meta({ description: 'ISO 8601, UTC.' });
const count = z.int().min(0);

export const patternSchema = z
  .strictObject({
    id: z.string().meta({ description: 'The same for the same template.' }),
    template: z.string().meta({ description: 'With <*> for what differs between messages.' }),
    events: count.meta({ description: 'An estimate unless the answer is complete, as are the other counts.' }),
    share: z.number().meta({ description: 'Of all events that were read, 0 to 1.' }),
    by_severity: severityCounts,
    services: z.array(z.string()).meta({ description: 'Up to ten, most events first.' }),
    log_types: z.array(z.string()).meta({ description: 'Up to ten, most events first.' }),
    first: timeText,
    last: timeText,
    trend: z.array(count).meta({ description: 'Events per interval, oldest first.' }),
    is_new: z.boolean().meta({
      description: 'No event like it in the 24 hours before `from`, though there were others that the filters find.',
    }),
    example_message: z.string().meta({ description: 'The newest that was read, at most 4,000 characters.' }),
    example_event_id: z.string(),
    q: z.string().meta({ description: 'Search text that finds its events. Empty where nothing tells them apart.' }),
    exclude_q: z
      .string()
      .meta({ description: 'Search text that leaves its events out, by the longest text they share.' }),
  })
  .meta({ id: 'Pattern' });

export const patternsSchema = z
  .strictObject({
    from: timeText,
    to: timeText,
    interval_ms: z.int().meta({ description: 'Of `trend`, which starts at the last multiple of it up to `from`.' }),
    patterns: z.array(patternSchema).meta({ description: 'Most events first.' }),
    patterns_total: count.meta({ description: 'Patterns that were found.' }),
    events_read: count,
    events_total: count.meta({ description: 'Events that the filters find.' }),
    events_before: count.meta({ description: 'Events that they find in the 24 hours before `from`.' }),
    complete: z.boolean().meta({ description: 'False: of more events than the limit every so manieth was read.' }),
  })
  .meta({ id: 'Patterns' });
