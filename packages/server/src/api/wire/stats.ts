import { z } from 'zod';

const timeText = z.string().meta({ description: 'ISO 8601, UTC.' });
const count = z.int().min(0);
const bytes = z.int().min(0).meta({ description: 'Bytes of message and attributes.' });

export const statsSchema = z
  .strictObject({
    from: timeText,
    to: timeText.nullable(),
    granularity: z.enum(['minute', 'hourly', 'daily']),
    group_by: z.array(z.string()),
    source: z.enum(['view', 'live']).meta({
      description: 'Where the numbers come from: pre-computed hours, or the events. top_errors is always live.',
    }),
    total: z.strictObject({ events: count, bytes }),
    series: z.array(z.object({ time: timeText, events: count, bytes }).catchall(z.string())).meta({
      description: 'Oldest first; a value of each `group_by` beside the numbers. Times without events are left out.',
    }),
    by_log_type: z.array(z.strictObject({ log_type: z.string(), events: count, bytes })),
    by_severity: z.array(z.strictObject({ severity: z.string(), events: count, bytes })),
    top_errors: z
      .array(
        z.strictObject({
          message: z
            .string()
            .meta({ description: 'With <n>, <hex>, <uuid> and <str> for what differs between events.' }),
          events: count,
          services: z.array(z.string()).meta({ description: 'Up to ten.' }),
          first: timeText,
          last: timeText,
          example_event_id: z.string(),
        }),
      )
      .meta({ description: 'Events of severity error and critical, grouped by what their messages have in common.' }),
    top_errors_complete: z
      .boolean()
      .meta({ description: 'False: only the newest errors were grouped, there are more than the limit.' }),
  })
  .meta({ id: 'Stats' });

export const fieldListSchema = z
  .strictObject({
    fields: z
      .array(z.strictObject({ name: z.string(), type: z.enum(['string', 'number', 'time', 'severity']) }))
      .meta({ description: "The event's own fields." }),
    attributes: z.array(
      z.strictObject({
        name: z.string(),
        types: z.array(z.enum(['string', 'number', 'bool', 'json'])),
        events: count,
      }),
    ),
    labels: z.array(z.strictObject({ name: z.string(), events: count })),
    events_read: count,
    complete: z
      .boolean()
      .meta({ description: 'False: only the newest events were read, there are more than the limit.' }),
  })
  .meta({ id: 'FieldList' });

export const fieldValuesSchema = z
  .strictObject({
    name: z.string(),
    kind: z.enum(['field', 'attribute', 'label']),
    values: z.array(z.strictObject({ value: z.string(), events: count })).meta({ description: 'Most frequent first.' }),
    events_read: count,
    complete: z
      .boolean()
      .meta({ description: 'False: only the newest events were read, there are more than the limit.' }),
  })
  .meta({ id: 'FieldValues' });

const part = z.object({ ready: z.boolean() }).catchall(z.union([z.boolean(), z.number(), z.string(), z.null()]));

export const readinessSchema = z
  .strictObject({
    status: z
      .enum(['ready', 'degraded', 'not_ready'])
      .meta({ description: 'degraded: events are accepted, but the event store does not answer.' }),
    parts: z.strictObject({ journal: part, store: part, control: part }),
  })
  .meta({ id: 'Readiness' });
