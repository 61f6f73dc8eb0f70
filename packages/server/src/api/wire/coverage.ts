import { eventContractSchema } from '@tailwater/schema/event-contract';
import { z } from 'zod';

const kind = { log_type: z.string(), event_type: z.string() };
const count = z.int().nonnegative();
const time = z.string().meta({ description: 'ISO 8601, UTC.' });

const seen = {
  events: count,
  last_seen: time,
  per_hour: z.number().meta({ description: 'Mean of the range.' }),
};
const services = z.array(z.strictObject({ service: z.string(), ...seen })).meta({ description: 'The busiest first.' });

export const coverageSchema = z
  .strictObject({
    from: z.string(),
    to: z.string().nullable(),
    contract_set_at: time.nullable().meta({ description: 'Null: no contract was set, so nothing is declared.' }),
    seen: z
      .array(z.strictObject({ ...kind, owner: z.string(), ...seen, services }))
      .meta({ description: 'Declared, and seen in the range.' }),
    never_seen: z
      .array(z.strictObject({ ...kind, owner: z.string() }))
      .meta({ description: 'Declared, and not seen in the range.' }),
    undeclared: z
      .array(z.strictObject({ ...kind, ...seen, services }))
      .meta({ description: 'Seen, and not declared.' }),
    violations: z
      .array(
        z.strictObject({
          ...kind,
          owner: z.string(),
          service: z.string(),
          attribute: z.string(),
          problem: z.string(),
          events: count,
          example_event_id: z.string().meta({ description: 'The newest of them.' }),
        }),
      )
      .meta({ description: 'Declared, seen, and not as declared; the most frequent first.' }),
  })
  .meta({ id: 'Coverage' });

export const eventContractAnswerSchema = z
  .strictObject({ set_at: time, contract: eventContractSchema })
  .meta({ id: 'EventContract' });
