import { z } from 'zod';

const attemptSchema = z
  .strictObject({
    time: z.string().meta({ description: 'ISO 8601, UTC, milliseconds.' }),
    receiver: z.string(),
    org_id: z.string().nullable().meta({ description: 'Null when no valid key came with it.' }),
    remote: z.string().meta({ description: 'Address that the connection came from.' }),
    path: z.string().meta({ description: 'Path of the request, or the name of the listener.' }),
    status: z.int().nullable().meta({ description: 'HTTP status answered; null where the protocol has none.' }),
    code: z.string(),
    reason: z.string(),
    rejected_events: z
      .int()
      .nullable()
      .meta({ description: 'Events refused of a request whose others were taken; null when nothing was taken.' }),
    first_bytes: z
      .string()
      .meta({ description: 'Beginning of the body, secrets replaced; empty when it was not read.' }),
  })
  .meta({ id: 'Attempt' });

export const attemptListSchema = z.strictObject({ attempts: z.array(attemptSchema) }).meta({ id: 'AttemptList' });
