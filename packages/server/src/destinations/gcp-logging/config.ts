import { z } from 'zod';
import { connectionFields, httpUrl } from '../util/http.ts';
import { payloadMappingSchema } from '../util/payload.ts';

const labels = z.record(z.string().min(1).max(100), z.string().max(1024)).default({});

export const config = z.strictObject({
  project: z
    .string()
    .regex(/^(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'a project ID')
    .meta({ description: 'ID of the project that the log is in.' }),
  log_id: z
    .string()
    .regex(/^[\w/.-]{1,400}$/, 'letters, digits and / _ - .')
    .default('tailwater')
    .meta({ description: 'Log: projects/PROJECT/logs/LOG_ID.' }),
  resource_type: z
    .string()
    .regex(/^[a-z0-9_./-]{1,100}$/)
    .default('global')
    .meta({ description: 'Monitored resource of the entries, such as global, generic_node or k8s_container.' }),
  resource_labels: labels.meta({ description: 'Labels of the monitored resource, as its type asks for.' }),
  labels: labels.meta({ description: 'Labels of every entry; those of the event are added.' }),
  endpoint: httpUrl.default('https://logging.googleapis.com').meta({ description: 'URL of the API.' }),
  payload: payloadMappingSchema('platform'),
  ...connectionFields,
});

export type Config = z.output<typeof config>;
