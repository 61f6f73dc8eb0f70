import { SEVERITIES } from '@tailwater/schema';
import { z } from 'zod';
import type { IntegrationFilter } from '../../consumers/destination-sender/sender.ts';

const words = z.array(z.string()).default([]);

/** As the control database keeps it. What the API takes is in api/wire/log-integrations.ts. */
export const integrationFilterSchema: z.ZodType<IntegrationFilter> = z.object({
  logTypes: words,
  eventTypes: words,
  minSeverity: z.enum(SEVERITIES).nullable().default(null),
  attributes: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  sampleRate: z.number().default(1),
});
export const NO_FILTER: IntegrationFilter = integrationFilterSchema.parse({});

const HOUR_MS = 3_600_000;

export const deliverySettingsSchema = z.object({
  eventsPerSecondMax: z.number().nullable().default(null),
  /** Null: as the server chooses by the size of its disk. */
  journalBytesMax: z.number().nullable().default(null),
  whenFull: z.enum(['skip', 'disable']).default('skip'),
  retryAgeMsMax: z
    .number()
    .nullable()
    .default(72 * HOUR_MS),
});
export type DeliverySettings = z.output<typeof deliverySettingsSchema>;
export const DEFAULT_DELIVERY: DeliverySettings = deliverySettingsSchema.parse({});
