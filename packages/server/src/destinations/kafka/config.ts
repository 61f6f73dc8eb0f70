import { z } from 'zod';
import { payloadMappingSchema } from '../util/payload.ts';
import { tlsFields } from '../util/tcp.ts';

/** https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/internals/Topic.java */
export const TOPIC_UNITS_MAX = 249;

export const kafkaConfig = z
  .strictObject({
    brokers: z
      .array(z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/, 'host:port'))
      .min(1)
      .max(32)
      .meta({
        description: 'Brokers to begin with, host:port. The others are learnt from them, and checked as these.',
      }),
    topic: z
      .string()
      .min(1)
      .max(TOPIC_UNITS_MAX)
      .regex(
        /^(?:[a-zA-Z0-9._-]|\{(?:org_id|log_type|event_type|service|severity)\})+$/,
        'letters, digits, . _ - and fields',
      )
      .meta({
        description:
          'Topic. `{org_id}`, `{log_type}`, `{event_type}`, `{service}` and `{severity}` stand for the field, as in `logs.{log_type}`.',
      }),
    create_topics: z
      .boolean()
      .default(false)
      .meta({ description: 'Let brokers create topics that are missing, where they are set up to do that.' }),
    key: z
      .enum(['none', 'service', 'host', 'trace_id', 'user_id', 'org_id'])
      .default('none')
      .meta({ description: 'Field that chooses the partition, as the Java client does it. `none`: batch by batch.' }),
    compression: z.enum(['gzip', 'none']).default('gzip').meta({ description: 'Compression of batches.' }),
    sasl: z
      .enum(['none', 'plain', 'scram-sha-256', 'scram-sha-512'])
      .default('none')
      .meta({ description: 'How to log in. `plain` shows the password to whoever listens, unless `tls` is on.' }),
    username: z.string().min(1).max(256).optional().meta({ description: 'User of SASL.' }),
    batch_bytes_max: z
      .int()
      .min(10_000)
      .max(16_000_000)
      .default(1_000_000)
      .meta({ description: 'Bytes of a batch before compression, at most `message.max.bytes` of the topic.' }),
    payload: payloadMappingSchema('platform'),
    ...tlsFields,
  })
  .superRefine(({ sasl, username }, context) => {
    if (sasl === 'none' || username !== undefined) return;
    context.addIssue({ code: 'custom', path: ['username'], message: 'SASL needs a user' });
  });
export type KafkaConfig = z.output<typeof kafkaConfig>;
