import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';

const text = (description: string) => z.string().meta({ description });
const severity = z.enum(SEVERITIES);

/** What renderEvent writes. */
export const eventSchema = z
  .strictObject({
    event_id: text('Its place in the journal, 22 hex digits: unique, and sorts as events were accepted.'),
    timestamp: text('ISO 8601, UTC, nine digits of a second.'),
    received_at: text('ISO 8601, UTC, milliseconds.'),
    log_type: text('gateway, auth, agent, … `app` when none was given.'),
    event_type: z.string(),
    severity,
    severity_number: z.int().min(0).max(24).meta({ description: 'The number of OpenTelemetry, 1 to 24.' }),
    message: z.string(),
    service: z.string(),
    host: z.string(),
    logger: z.string(),
    user_id: z.string(),
    resource_id: z.string(),
    resource_type: z.string(),
    action: z.string(),
    trace_id: z.string(),
    span_id: z.string(),
    request_id: z.string(),
    duration_ms: z.number().nullable(),
    cost: z.number().nullable(),
    metadata: z
      .record(z.string(), z.json())
      .meta({ description: 'Attributes by their dotted names. Values have the type and the digits that came in.' }),
    labels: z
      .record(z.string(), z.string())
      .meta({ description: 'Loki stream labels, OpenTelemetry resource attributes.' }),
    receiver: text('The protocol it came in by.'),
    client_event_id: text('The id that the sender gave, if any.'),
    org_id: z.string(),
  })
  .meta({ id: 'Event', description: 'Every field is there; text that was not given is empty.' });

export const eventCounts = z.record(severity, z.int().min(0));

const timeText = z.string().meta({ description: 'ISO 8601, UTC, nine digits of a second.' });

export const eventPageSchema = z
  .strictObject({
    events: z.array(eventSchema),
    next_cursor: z
      .string()
      .nullable()
      .meta({ description: 'Send it as `cursor` for the next page. Null on the last one.' }),
    page: z.int().optional(),
    page_size: z.int(),
    total: z.int().optional().meta({ description: 'Events that match; only with `count=true`.' }),
    from: timeText,
    to: timeText.nullable().meta({ description: 'Null: no end.' }),
  })
  .meta({ id: 'EventPage' });

export const eventContextSchema = z
  .strictObject({
    before: z.array(eventSchema).meta({ description: 'The events before it, oldest first.' }),
    event: eventSchema,
    after: z.array(eventSchema).meta({ description: 'The events after it, oldest first.' }),
  })
  .meta({ id: 'EventContext' });

export const traceSchema = z
  .strictObject({
    trace_id: z.string(),
    events: z.array(eventSchema).meta({ description: 'Oldest first.' }),
    event_count: z.int(),
    truncated: z.boolean().meta({ description: 'The trace has more events than these; the numbers speak of these.' }),
    first: timeText,
    last: timeText,
    duration_ms: z.number(),
    by_severity: eventCounts,
    services: z.array(
      z.strictObject({
        service: z.string(),
        first: timeText,
        last: timeText,
        duration_ms: z.number(),
        event_count: z.int(),
        by_severity: eventCounts,
      }),
    ),
    spans: z.array(
      z.strictObject({
        span_id: z.string(),
        service: z.string(),
        first: timeText,
        last: timeText,
        duration_ms: z.number(),
        event_count: z.int(),
      }),
    ),
  })
  .meta({ id: 'Trace' });
