import { z } from 'zod';

const count = z.int().nonnegative();

export const storageSchema = z
  .strictObject({
    events: count.meta({ description: 'Of the org, kept now.' }),
    oldest: z.string().nullable().meta({ description: 'Arrival of the oldest of them.' }),
    newest: z.string().nullable(),
    by_retention: z
      .array(z.strictObject({ retention_days: count, events: count }))
      .meta({ description: 'The same, by how long they are kept.' }),
    bytes_per_event: z.number().nonnegative().nullable().meta({
      description:
        'Bytes on disk of an event, indexes included: the mean over the whole store, since orgs share its files. Null while it is empty.',
    }),
    store: z
      .strictObject({
        events: count,
        bytes: count.meta({ description: 'On disk, indexes included.' }),
        by_org: z.array(z.strictObject({ org_id: z.string(), events: count })),
      })
      .nullable()
      .meta({ description: 'Of all orgs; null for keys that may not select orgs.' }),
  })
  .meta({ id: 'Storage' });
