import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';

const count = z.int().nonnegative();
const shortText = z.string().max(200);

export const logLevelSchema = z
  .strictObject({
    service: z.string().meta({ description: 'Empty: every service.' }),
    logger: z.string().meta({ description: '`*`: every logger without a level of its own.' }),
    level: z.enum(SEVERITIES),
    set_at: z.string(),
    until: z.string().nullable().meta({ description: "When the program's own level holds again; null: never." }),
  })
  .meta({ id: 'LogLevel' });

export const logLevelListSchema = z.strictObject({ log_levels: z.array(logLevelSchema) }).meta({ id: 'LogLevelList' });

const producerSchema = z
  .strictObject({
    name: z.string().meta({ description: 'Of the program that emits: `api-7`.' }),
    id: z.string().meta({ description: 'Of one run of it.' }),
    service: z.string(),
    host: z.string(),
    sdk: z.string(),
    state: z.enum(['live', 'silent', 'ended']).meta({
      description:
        '`live`: heard of in the last 30 s. `silent`: not, and it did not say that it ends. `ended`: it said so.',
    }),
    first_seen: z.string(),
    seen_at: z.string(),
    complete_to: z.string().nullable().meta({
      description: 'Up to then every event that was emitted is here or known to be lost; null when that is not known.',
    }),
    emitted: count,
    received: count.meta({ description: 'In the journal, or rejected.' }),
    lost: z.record(z.string(), count).meta({ description: 'Events that will never come, by reason.' }),
    missing: count.meta({ description: 'Emitted, not lost, and not yet arrived.' }),
    summary: z.string().meta({ description: 'The same in words.' }),
  })
  .meta({ id: 'Producer' });

export const producerListSchema = z
  .strictObject({
    complete_to: z.string().nullable().meta({
      description:
        'The earliest of those that have not ended: before it nothing is missing but what is counted as lost.',
    }),
    lost: count,
    missing: count,
    producers: z.array(producerSchema),
  })
  .meta({ id: 'ProducerList' });

export const checkInSchema = z.strictObject({
  id: z.string().regex(/^[\w.:@-]{1,100}$/),
  name: shortText.min(1),
  service: shortText.default(''),
  host: shortText.default(''),
  sdk: shortText.default(''),
  next: count.meta({ description: 'One after the last event that was emitted, counted from 0.' }),
  complete_next: count.meta({ description: 'Every event below it was emitted by `complete_at`.' }),
  complete_at: count.meta({ description: 'Milliseconds since the epoch.' }),
  lost: z
    .record(z.string().regex(/^[a-z_]{1,40}$/), count)
    .refine((lost) => Object.keys(lost).length <= 10, 'there may be 10 reasons')
    .default({}),
  ended: z.boolean().default(false),
});

export const checkInAnswerSchema = z
  .strictObject({
    log_levels: z.array(logLevelSchema),
    next_check_in_ms: z.int(),
  })
  .meta({ id: 'CheckIn' });
