import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';
import type { IntegrationFilter } from '../../consumers/destination-sender/sender.ts';
import type { IntegrationDraft } from '../../control/integrations/integrations.ts';
import type { DeliverySettings } from '../../control/integrations/settings.ts';

const WORDS_MAX = 100;
const MIB = 2 ** 20;
const TIB = 2 ** 40;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const timeText = z.string().meta({ description: 'ISO 8601, UTC, milliseconds.' });
const count = z.int().nonnegative();
const words = (of: string) =>
  z
    .array(z.string().min(1).max(200))
    .max(WORDS_MAX)
    .meta({ description: `Only events of these ${of}. Empty: all.` });

const filterShape = {
  log_types: words('log types'),
  event_types: words('event types'),
  min_severity: z.enum(SEVERITIES).nullable().meta({ description: 'This severity or a graver one.' }),
  attributes: z
    .record(z.string().min(1).max(256), z.string().max(1024))
    .refine((attributes) => Object.keys(attributes).length <= WORDS_MAX, `expected at most ${WORDS_MAX} attributes`)
    .meta({ description: 'Only events with all of these attributes, by their exact text.' }),
  sample_rate: z
    .number()
    .gt(0)
    .max(1)
    .meta({ description: 'Share of the events, chosen by event id: the same event is always in or always out.' }),
};
const filterSchema = z.strictObject(filterShape).meta({ id: 'LogIntegrationFilter' });
const filterBody = z
  .strictObject({
    log_types: filterShape.log_types.default([]),
    event_types: filterShape.event_types.default([]),
    min_severity: filterShape.min_severity.default(null),
    attributes: filterShape.attributes.default({}),
    sample_rate: filterShape.sample_rate.default(1),
  })
  .prefault({})
  .meta({ description: 'Which events are forwarded. Default: all of the org.' });

const deliveryShape = {
  events_per_second_max: z
    .int()
    .min(1)
    .max(1_000_000)
    .nullable()
    .meta({ description: 'Null: as fast as the destination takes them.' }),
  journal_bytes_max: z
    .int()
    .min(64 * MIB)
    .max(64 * TIB)
    .nullable()
    .meta({
      description:
        'How much of the journal (of all orgs) is kept for this integration while its destination is away. Null: a quarter of the disk, at most 10 GiB.',
    }),
  when_full: z.enum(['skip', 'disable']).meta({
    description: 'Beyond it: `skip` leaves the oldest events out and counts them, `disable` disables the integration.',
  }),
  retry_age_max_ms: z
    .int()
    .min(MINUTE_MS)
    .max(365 * DAY_MS)
    .nullable()
    .meta({ description: 'Events older than this become dead letters while the destination fails. Null: never.' }),
};
const deliverySchema = z.strictObject(deliveryShape).meta({ id: 'LogIntegrationDelivery' });
const deliveryBody = z
  .strictObject({
    events_per_second_max: deliveryShape.events_per_second_max.default(null),
    journal_bytes_max: deliveryShape.journal_bytes_max.default(null),
    when_full: deliveryShape.when_full.default('skip'),
    retry_age_max_ms: deliveryShape.retry_age_max_ms.default(3 * DAY_MS),
  })
  .prefault({})
  .meta({ description: 'How it is forwarded.' });

const draftShape = {
  type: z.string().meta({ description: 'Of those that `GET /api/log-integrations/types` lists.' }),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'Settings by the JSON Schema of the type. Secrets are not among them.' }),
  secrets: z
    .record(z.string(), z.string().nullable())
    .default({})
    .meta({ description: 'Write-only. What is left out stays as it is, null removes it.' }),
  filter: filterBody,
  delivery: deliveryBody,
  enabled: z.boolean().default(true),
};

export const integrationBodySchema = z
  .strictObject({ name: z.string(), ...draftShape })
  .meta({ id: 'NewLogIntegration' });

export const integrationTestBodySchema = z
  .strictObject({
    id: z
      .string()
      .optional()
      .meta({ description: 'Of a saved integration: secrets that are left out are taken from it.' }),
    name: z.string().default('test'),
    ...draftShape,
  })
  .meta({ id: 'LogIntegrationTestBody', description: 'As it would be saved.' });

export function draftOf(body: z.output<typeof integrationBodySchema>): IntegrationDraft {
  const { name, type, config, secrets, filter, delivery, enabled } = body;
  return { name, type, config, secrets, filter: filterOf(filter), delivery: deliveryOf(delivery), enabled };
}

function filterOf(filter: z.output<typeof filterBody>): IntegrationFilter {
  return {
    logTypes: filter.log_types,
    eventTypes: filter.event_types,
    minSeverity: filter.min_severity,
    attributes: Object.entries(filter.attributes).map(([name, value]) => ({ name, value })),
    sampleRate: filter.sample_rate,
  };
}

function deliveryOf(delivery: z.output<typeof deliveryBody>): DeliverySettings {
  return {
    eventsPerSecondMax: delivery.events_per_second_max,
    journalBytesMax: delivery.journal_bytes_max,
    whenFull: delivery.when_full,
    retryAgeMsMax: delivery.retry_age_max_ms,
  };
}

const stepSchema = z
  .strictObject({
    name: z.string().meta({ description: '`address`, `connection`, `credentials`, `permissions`, `event` …' }),
    ok: z.boolean(),
    detail: z.string().meta({ description: 'What was tried and what came back.' }),
    field: z.string().optional().meta({ description: 'When it failed: the setting at fault.' }),
    advice: z.string().optional().meta({ description: 'When it failed: how to mend it.' }),
    took_ms: z.int().nonnegative().optional().meta({ description: 'Since the step before.' }),
  })
  .meta({ id: 'LogIntegrationTestStep' });

export const testOutcomeSchema = z
  .strictObject({
    status: z.enum(['ok', 'failed']),
    tested_at: timeText,
    steps: z.array(stepSchema).meta({ description: 'As they were done; the first that fails is the last.' }),
  })
  .meta({ id: 'LogIntegrationTest' });

const statusSchema = z
  .strictObject({
    state: z.enum(['idle', 'delivering', 'retrying', 'paused', 'disabled', 'stopped']).meta({
      description:
        '`idle`: everything is delivered. `retrying`: the destination fails. `paused`: it refuses credentials or settings. `disabled`: by whom, `disabled_reason` says. `stopped`: its settings cannot be used, `last_error` says why.',
    }),
    lag_events: count.meta({ description: 'Events that wait; beyond those at hand the filter is not counted in.' }),
    lag_bytes: count,
    lag_seconds: z.number().nonnegative().meta({ description: 'Since the oldest event that waits was received.' }),
    delivered: count.meta({ description: 'Events since the start of the server, as the next two.' }),
    rejected: count.meta({ description: 'Refused by the destination for good: they are dead letters.' }),
    skipped: count.meta({ description: 'Left out at the journal limit.' }),
    last_error: z.string().nullable(),
    last_delivery_at: timeText.nullable(),
    next_attempt_at: timeText.nullable(),
    circuit: z.enum(['closed', 'open', 'half-open']),
  })
  .meta({ id: 'LogIntegrationStatus' });

export const replayProgressSchema = z
  .strictObject({
    state: z.enum(['running', 'done', 'cancelled', 'failed']),
    from: timeText,
    to: timeText,
    started_at: timeText,
    ended_at: timeText.nullable(),
    total: count.nullable().meta({ description: 'Events of the range, sampling aside; null until they are counted.' }),
    delivered: count,
    rejected: count,
    reached: timeText.nullable().meta({ description: 'Time of the last event that was delivered.' }),
    error: z.string().nullable(),
  })
  .meta({ id: 'LogIntegrationReplay' });

export const integrationSchema = z
  .strictObject({
    id: z.string(),
    type: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    disabled_reason: z.string().nullable().meta({ description: 'Why the server disabled it; null when a user did.' }),
    managed_by: z
      .enum(['api', 'environment'])
      .meta({ description: '`environment`: LOG_DESTINATION describes it, and the API does not change it.' }),
    config: z.record(z.string(), z.unknown()),
    secrets: z
      .record(z.string(), z.strictObject({ set: z.boolean(), updated_at: timeText.nullable() }))
      .meta({ description: 'Whether each is set. Values are never answered.' }),
    filter: filterSchema,
    delivery: deliverySchema,
    status: statusSchema,
    replay: replayProgressSchema.nullable().meta({ description: 'Of the last replay of history.' }),
    last_test_status: z.enum(['ok', 'failed']).nullable(),
    last_test_at: timeText.nullable(),
    last_test_steps: z.array(stepSchema),
    created_at: timeText,
    updated_at: timeText,
  })
  .meta({ id: 'LogIntegration' });

export const integrationListSchema = z
  .strictObject({ integrations: z.array(integrationSchema) })
  .meta({ id: 'LogIntegrationList' });

export const integrationTypesSchema = z
  .strictObject({
    types: z.array(
      z.strictObject({
        type: z.string(),
        title: z.string(),
        config_schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of `config`.' }),
        secrets: z.array(
          z.strictObject({
            name: z.string(),
            title: z.string(),
            description: z.string(),
            required: z.boolean(),
            multiline: z.boolean(),
          }),
        ),
      }),
    ),
    payload_presets: z
      .array(z.strictObject({ name: z.string(), title: z.string() }))
      .meta({ description: 'Shapes of an event’s JSON, as `payload.preset` takes them where a type has `payload`.' }),
  })
  .meta({ id: 'LogIntegrationTypes' });

export const deliveryListSchema = z
  .strictObject({
    deliveries: z
      .array(
        z.strictObject({
          time: timeText,
          events: count,
          bytes_sent: count,
          status: z.string().meta({ description: 'The destination’s own, or an error code of ours.' }),
          latency_ms: z.number().nonnegative(),
          error: z.string().nullable(),
          attempt: z.int().min(1),
          replay: z.boolean().meta({ description: 'Whether it was history.' }),
        }),
      )
      .meta({ description: 'The last 100 batches since the start of the server, newest first.' }),
  })
  .meta({ id: 'LogIntegrationDeliveries' });

export const replayBodySchema = z.strictObject({
  from: z.string().meta({ description: 'Start, inclusive: ISO 8601, an epoch, or relative (`-24h`).' }),
  to: z.string().default('now').meta({ description: 'End, exclusive, in the same forms.' }),
});

export const rotationSchema = z
  .strictObject({
    key_id: z.string().meta({ description: 'Of the key that seals now.' }),
    made_key: z.boolean().meta({ description: 'Whether a key was made: not where `secrets.keys` is configured.' }),
    resealed: count.meta({ description: 'Integrations whose secrets were sealed again.' }),
    failed: z
      .array(z.strictObject({ org_id: z.string(), integration_id: z.string(), reason: z.string() }))
      .meta({ description: 'Those that could not be opened, or were being changed: they are as they were.' }),
  })
  .meta({ id: 'SecretRotation' });
