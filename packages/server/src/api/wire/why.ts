import { z } from 'zod';

export const forwardedSchema = z
  .strictObject({
    integration_id: z.string(),
    name: z.string(),
    type: z.string(),
    state: z.enum(['delivered', 'waiting', 'not_selected', 'refused', 'unknown']).meta({
      description:
        'refused: a dead letter has it. unknown: the integration is disabled. Live events only, replays aside.',
    }),
    detail: z.string().nullable().meta({ description: 'Why, in words.' }),
  })
  .meta({ id: 'Forwarded' });

export const whySchema = z
  .strictObject({
    event_id: z.string(),
    received: z.strictObject({
      at: z.string(),
      receiver: z.string(),
      client_event_id: z.string().meta({ description: "The sender's own id, empty when it sent none." }),
    }),
    processors: z
      .array(z.strictObject({ processor: z.string(), effect: z.string() }))
      .meta({ description: 'What the processors did to it, as far as the event shows it.' }),
    redactions: z
      .array(z.strictObject({ rule: z.string(), count: z.int(), fields: z.array(z.string()) }))
      .meta({ description: 'Secrets that were replaced, here or at the source, by rule.' }),
    sampling: z.strictObject({
      decision: z.literal('kept'),
      rule: z.string().nullable().meta({ description: 'Null: no sampling rule was applied by the server.' }),
    }),
    journal: z.strictObject({ node: z.int(), position: z.string(), index: z.int() }),
    stored: z.strictObject({
      at: z.string(),
      after_ms: z.int().meta({ description: 'From its arrival to the insert.' }),
      retention_days: z.int(),
      expires_at: z.string(),
    }),
    forwarded: z.array(forwardedSchema).meta({ description: "The org's integrations, and what became of it there." }),
  })
  .meta({ id: 'Why' });
