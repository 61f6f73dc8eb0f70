import { z } from 'zod';
import { awsFields, checkAws } from '../util/aws-config.ts';
import { httpUrl } from '../util/http.ts';
import { payloadMappingSchema } from '../util/payload.ts';

/** Days that CloudWatch knows: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTION_DAYS = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731],
  ...[1096, 1827, 2192, 2557, 2922, 3288, 3653],
];

export const config = z
  .strictObject({
    log_group: z
      .string()
      .regex(/^[\w./#-]{1,512}$/, 'a log group name: letters, digits and _ - / . #')
      .meta({ description: 'Log group, such as /tailwater/prod.' }),
    log_stream: z
      .string()
      .regex(/^[^:*\p{Cc}]{1,400}$/u, 'a log stream name, without : and *')
      .default('{org}')
      .meta({ description: 'Log stream; {org} stands for the org.' }),
    create: z.boolean().default(true).meta({ description: 'Create group and stream where they are missing.' }),
    retention_days: z
      .int()
      .refine((days) => RETENTION_DAYS.includes(days), `one of ${RETENTION_DAYS.join(', ')}`)
      .optional()
      .meta({ description: 'Retention of a group that is created here. Default: for ever.' }),
    ...awsFields,
    endpoint: httpUrl.optional().meta({ description: 'URL of the API, where it is not that of the region.' }),
    payload: payloadMappingSchema('platform'),
  })
  .superRefine(checkAws);

export type Config = z.output<typeof config>;
